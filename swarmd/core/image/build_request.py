"""The query of ``POST /build``: what placement needs of it, and what the engine gets.

How much is in it was bounded when it came (``codec.query``).

Expressions come as build arguments (``--build-arg constraint:zone==a``), which are taken out, or
as JSON lists in the image's labels, which stay.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote_plus

import orjson

from swarmd.core.container.create_request import KINDS, label_list
from swarmd.core.errors import BadParameter
from swarmd.core.image.image_reference import familiar_if_valid
from swarmd.core.names import SWARM_LABELS
from swarmd.core.request.bounds import check

# Where the image is to be copied once it is built: "all", or a constraint.
DISTRIBUTE = SWARM_LABELS + "distribute"
BUILDKIT = "2"
_DIGITS = 20  # more has no number of 64 bits
UPLOAD = "upload-request:"

Query = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class BuildRequest:
    """One build.

    Attributes:
        id: The client's name for it, "" for none.
        session: The BuildKit session that belongs to it, "" for none.
        buildkit: BuildKit is to build it.
        images: References of images that make it quicker where they are: its tags, its cache.
        memory: Bytes that a step may use.
        network: Of its steps, or whose they share (``container:web``); "" for the usual one.
        constraints, affinities: Expressions as written.
        arguments: The build arguments that have a value, without expressions.
        buildargs: JSON of the build arguments without expressions; None if there were none.
    """

    id: str = ""
    session: str = ""
    buildkit: bool = False
    images: tuple[str, ...] = ()
    memory: int = 0
    network: str = ""
    platform: str = ""
    constraints: tuple[str, ...] = ()
    affinities: tuple[str, ...] = ()
    arguments: Mapping[str, str] = field(default_factory=dict)
    buildargs: str | None = None

    @property
    def uploads_for(self) -> str:
        """The ID of the build to which this request only brings the context; "" for a build."""
        return self.id.removeprefix(UPLOAD) if self.id.startswith(UPLOAD) else ""


def parse_build(query: Query) -> BuildRequest:
    """Raises BadParameter for what no engine would take."""
    arguments = _object(query, "buildargs")
    check(arguments, "buildargs")  # for they may be written anew
    labels = _object(query, "labels")
    said = {_argument(key, value): key for key, value in arguments.items()}
    expressions = {kind: _expressions(kind, said, labels) for kind in ("constraint", "affinity")}
    kept = {key: value for key, value in arguments.items() if not _kind(key)}
    return BuildRequest(
        id=_first(query, "buildid"),
        session=_first(query, "session"),
        buildkit=_first(query, "version") == BUILDKIT,
        images=tuple(map(familiar_if_valid, (*query.get("t", ()), *_list(query, "cachefrom")))),
        memory=_number(query, "memory"),
        network=_first(query, "networkmode"),
        platform=_first(query, "platform"),
        constraints=expressions["constraint"],
        affinities=expressions["affinity"],
        arguments={key: value for key, value in kept.items() if isinstance(value, str)},
        buildargs=None if len(kept) == len(arguments) else orjson.dumps(kept).decode(),
    )


def build_query(raw: bytes, build: BuildRequest, network: str) -> bytes:
    """The query for the engine: as it came, but for the expressions.

    Args:
        network: What the engine knows the build's network by.
    """
    changed = {} if build.buildargs is None else {"buildargs": build.buildargs}
    if network != build.network:
        changed["networkmode"] = network
    if not changed:
        return raw
    kept = [pair for pair in raw.split(b"&") if _name(pair) not in changed]
    new = [f"{name}={quote(value, safe='')}".encode() for name, value in changed.items()]
    return b"&".join([*kept, *new])


def _name(pair: bytes) -> str:
    """What an engine reads as the name, however it is written."""
    return unquote_plus(pair.partition(b"=")[0].decode("latin-1"))


def _argument(key: str, value: object) -> str:
    """The command line splits at the first "=": ``constraint:zone==a`` has the value "=a"."""
    return key if value is None else f"{key}={value}"


def _kind(key: str) -> str:
    """The kind of expression that a build argument is, "" for a real argument."""
    kind, colon, _ = key.partition(":")
    return kind if colon and kind in KINDS else ""


def _expressions(kind: str, said: Mapping[str, str], labels: Mapping[str, Any]) -> tuple[str, ...]:
    label = KINDS[kind]
    texts = [text.partition(":")[2] for text, key in said.items() if _kind(key) == kind]
    return tuple(dict.fromkeys([*label_list(label, labels.get(label)), *texts]))


def _first(query: Query, name: str) -> str:
    values = query.get(name) or ("",)
    return values[0]


def _decoded(query: Query, name: str, kind: type, words: str) -> Any:
    text = _first(query, name)
    try:
        value = orjson.loads(text) if text else None
    except orjson.JSONDecodeError as error:
        raise BadParameter(f"error reading {name}: {error}") from None
    if value is not None and not isinstance(value, kind):
        raise BadParameter(f"error reading {name}: {words} is expected")
    return value


def _object(query: Query, name: str) -> dict[str, Any]:
    return _decoded(query, name, dict, "an object") or {}


def _list(query: Query, name: str) -> list[str]:
    values = _decoded(query, name, list, "a list") or []
    return [value for value in values if isinstance(value, str) and value]


def _number(query: Query, name: str) -> int:
    text = _first(query, name)
    return int(text) if text.isascii() and text.isdecimal() and len(text) < _DIGITS else 0
