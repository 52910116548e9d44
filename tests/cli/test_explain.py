from __future__ import annotations

import json
from typing import Any

import pytest
from twisted.internet.defer import Deferred

from swarmd.cli.arguments import Arguments
from swarmd.cli.errors import CommandError
from swarmd.cli.explain import explain, shown

FOUND: dict[str, Any] = {
    "Node": "node-2",
    "Error": "",
    "Nodes": [
        {"Name": "node-2", "Place": 1, "Score": {"load": 0.5, "pull": 1}},
        {"Name": "node-1", "Filter": "port", "Reason": "port 80/tcp is in use"},
    ],
    "Ignored": ["affinity image==x"],
}


class Daemon:
    def __init__(self, found: dict[str, Any]) -> None:
        self.found = found
        self.asked: list[Any] = []

    async def call(self, method: str, path: str, body: object = None) -> Any:
        self.asked.append((method, path, body))
        return self.found


def run(daemon: Any, *words: str) -> None:
    failures: list[Any] = []
    work = Deferred.fromCoroutine(explain(daemon, Arguments.parse(words)))
    work.addErrback(failures.append)
    if failures:
        raise failures[0].value


def test_in_words() -> None:
    assert shown(FOUND).splitlines() == [
        "node-2 would be taken.",
        "NODE     PLACE   WHY",
        "node-2   1       load 0.5, pull 1",
        "node-1   -       port 80/tcp is in use (port)",
        "ignored, as no node could meet it: affinity image==x",
    ]


def test_asks_what_docker_would_send(capsys: pytest.CaptureFixture[str]) -> None:
    daemon = Daemon(FOUND)
    run(daemon, "--json", "--", "docker", "run", "--name", "web", "-m", "1k", "busybox")
    ((method, path, body),) = daemon.asked
    assert (method, path) == ("POST", "/swarmd/explain?name=web")
    assert body["Image"] == "busybox" and body["HostConfig"] == {"Memory": 1024}
    assert json.loads(capsys.readouterr().out) == FOUND


def test_nowhere_is_a_failure(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(CommandError):
        run(Daemon({**FOUND, "Node": "", "Error": "no room\nnode-1: full"}), "--", "run", "x")
    assert capsys.readouterr().out.startswith("no room\n")


def test_without_a_command_there_is_nothing_to_explain() -> None:
    with pytest.raises(CommandError):
        run(Daemon(FOUND))
