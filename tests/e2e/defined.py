"""Reads and creates of an API, each answer held against Docker's definition of it."""

from __future__ import annotations

import json
from typing import Any

from tests.lab import definition
from tests.lab.http import Answer, Api

# Method, path in the definition, and the query or body that makes it short.
_READS = [
    ("/containers/json", "?all=1&size=1"),
    ("/containers/{id}/json", "?size=1"),
    ("/containers/{id}/top", ""),
    ("/containers/{id}/changes", ""),
    ("/images/json", "?all=1&digests=1"),
    ("/images/{name}/json", ""),
    ("/images/{name}/history", ""),
    ("/networks", ""),
    ("/networks/{id}", ""),
    ("/volumes", ""),
    ("/volumes/{name}", ""),
    ("/info", ""),
    ("/version", ""),
    ("/system/df", ""),
    ("/exec/{id}/json", ""),
]


class Things:
    """One of everything on a host, made through its API; on ``node``, where there are several.

    Attributes:
        wrong: Violations in the answers to that, by path; engines have their own.
    """

    def __init__(self, api: Api, version: str, node: str = "") -> None:
        self.api = api
        self.version = version
        create: dict[str, Any] = {"Image": "busybox", "Cmd": ["sleep", "600"], "Labels": {"a": "b"}}
        create["Env"] = [f"constraint:node=={node}"] if node else []
        at = f"{node}/" if node else ""
        self.exec = self.network = ""
        self.wrong: dict[str, set[str]] = {}
        self.container = self.do("POST", "/containers/create", "?name=web", create)["Id"]
        api.call("POST", f"/containers/{self.container}/start")
        wanted = {"Cmd": ["true"]}
        self.exec = self.do("POST", "/containers/{id}/exec", "", wanted)["Id"]
        self.network = self.do("POST", "/networks/create", "", {"Name": f"{at}net"})["Id"]
        self.do("POST", "/volumes/create", "", {"Name": f"{at}vol"})

    def reads(self) -> dict[str, tuple[int, set[str]]]:
        """Status and violations of each answer."""
        asked = {path: self.ask("GET", path, query) for path, query in _READS}
        return {path: (answer.status, wrong) for path, (answer, wrong) in asked.items()}

    def do(self, method: str, path: str, query: str, body: Any = None) -> Any:
        answer, wrong = self.ask(method, path, query, body)
        assert answer.status == 201, (path, answer.body)
        self.wrong[path] = wrong
        return answer.json

    def ask(
        self, method: str, path: str, query: str = "", body: Any = None
    ) -> tuple[Answer, set[str]]:
        answer = self.api.call(method, f"/v{self.version}{self._filled(path)}{query}", body)
        seen = json.loads(answer.body) if answer.body.strip() else None
        return answer, definition.violations(self.version, method, path, answer.status, seen)

    def _filled(self, path: str) -> str:
        if path.startswith("/exec"):
            return path.format(id=self.exec)
        if path.startswith("/networks"):
            return path.format(id=self.network)
        return path.format(id="web", name="vol" if path.startswith("/volumes") else "busybox")


def keep_to_it_as_well(
    through: Things, seen: dict[str, tuple[int, set[str]]], alone: Things
) -> None:
    """What was seen through swarmd has no violation that an engine alone has not."""
    assert through.wrong == alone.wrong
    for path, (status, known) in alone.reads().items():
        assert status == seen[path][0] == 200, path
        assert seen[path][1] <= known, path
