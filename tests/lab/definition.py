"""Docker's own definition of its API, where it lies beside the project: see ``available``."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft4Validator

# It is not ours to hand on, so it is not in this tree.
FOLDER = Path(
    os.environ.get(
        "SWARMD_API_DEFINITIONS", Path(__file__).resolve().parents[2].parent / "shared/docker-api"
    )
)
_METHODS = ("get", "post", "put", "delete", "head")


def available() -> str:
    """Why there is no definition here; "" if there is."""
    return "" if any(FOLDER.glob("v1.*.yaml")) else f"no definitions of the API in {FOLDER}"


def newest() -> str:
    """The newest version, as "1.55"."""
    names = (path.stem.removeprefix("v") for path in FOLDER.glob("v1.*.yaml"))
    return max(names, key=lambda name: int(name.partition(".")[2]))


def routes(version: str) -> Iterator[tuple[str, str]]:
    """Each method and path, "GET" and "/containers/{id}/json"."""
    for path, methods in _read(version)["paths"].items():
        yield from ((method.upper(), path) for method in methods if method in _METHODS)


def query_of(version: str, method: str, path: str) -> list[str]:
    """Names of the parameters in the query of a route."""
    given = _read(version)["paths"][path][method.lower()].get("parameters", ())
    return [one["name"] for one in given if one.get("in") == "query"]


def violations(version: str, method: str, path: str, status: int, body: Any) -> set[str]:
    """Where an answer is not what its definition says, as "field/of/field: required"."""
    document = _read(version)
    said = document["paths"][path][method.lower()]["responses"].get(status)
    if said is None:
        return {f"{status}: is not among the answers"}
    schema = {"allOf": [said.get("schema", {})], "definitions": document["definitions"]}
    return {_words(error) for error in Draft4Validator(schema).iter_errors(body)}


def _words(error: Any) -> str:
    """Positions in lists count alike, for no two hosts list the same."""
    where = "/".join("*" if isinstance(part, int) else str(part) for part in error.absolute_path)
    what = error.message if error.validator == "required" else type(error.instance).__name__
    return f"{where}: {error.validator} {what}"


@lru_cache
def _read(version: str) -> dict[str, Any]:
    with open(FOLDER / f"v{version}.yaml", encoding="utf-8") as file:
        document: dict[str, Any] = yaml.load(file, yaml.CSafeLoader)
    return document
