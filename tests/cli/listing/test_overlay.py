from __future__ import annotations

import json
from typing import Any

import pytest
from twisted.internet.defer import Deferred

from swarmd.cli.arguments import Arguments
from swarmd.cli.errors import CommandError
from swarmd.cli.listing.overlay import overlay

NODE = {"Name": "node-1", "Address": "10.0.0.1", "Role": "manager", "Reason": "", "Unsure": []}
STATUS: dict[str, Any] = {
    "Up": True,
    "Problem": "",
    "Constraints": ["zone==a"],
    "Nodes": [
        {**NODE, "Status": "in"},
        {**NODE, "Name": "node-2", "Status": "left alone", "Role": "", "Reason": "2377/tcp\x1b[0m"},
    ],
    "Others": [{"ID": "x", "Name": "", "Up": True}],
    "Networks": ["wide"],
}


class Daemon:
    """Remembers what it was asked."""

    def __init__(self, *lines: dict[str, Any], status: Any = STATUS) -> None:
        self.asked: list[Any] = []
        self._lines = lines
        self._status = status

    async def call(self, method: str, path: str) -> Any:
        assert (method, path) == ("GET", "/swarmd/overlay")
        return self._status

    async def lines(self, method: str, path: str, on_line: Any, *, body: Any) -> None:
        self.asked.append((method, path, body))
        for line in self._lines:
            on_line(line)


def run(daemon: Any, *words: str) -> None:
    done = Deferred.fromCoroutine(overlay(daemon, Arguments.parse(words, "overlay")))
    failures: list[Any] = []
    done.addErrback(failures.append)
    if failures:
        failures[0].raiseException()


def test_status_is_a_table_and_what_is_to_be_known(capsys: pytest.CaptureFixture[str]) -> None:
    run(Daemon(), "status")
    shown = capsys.readouterr().out
    assert "node-1" in shown and "Networks: wide." in shown and "\x1b" not in shown
    assert "Of nodes that fit zone==a." in shown and "none of this fleet: x" in shown
    run(Daemon(status={**STATUS, "Up": False}), "status")
    assert "There is no overlay" in capsys.readouterr().out
    run(Daemon(), "status", "--json")
    assert json.loads(capsys.readouterr().out) == STATUS


def test_up_tells_each_node_and_says_what_was_asked(capsys: pytest.CaptureFixture[str]) -> None:
    last = {"Done": True, "Nodes": 2, "Managers": 1, "LeftAlone": 1, "Failed": 0}
    daemon = Daemon({"Node": "node-3", "Status": "left alone", "Reason": "it is old"}, last)
    run(daemon, "up", "--constraint", "zone==a")
    assert daemon.asked == [("POST", "/swarmd/overlay/up", {"Constraints": ["zone==a"]})]
    shown = capsys.readouterr().out
    assert "node-3: left alone: it is old" in shown
    assert "2 nodes in the overlay, 1 manager" in shown
    run(daemon, "up")
    assert daemon.asked[-1][2] == {}


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ({"Node": "a", "Status": "joining"}, "run `swarmd overlay down` again"),
        ({"Done": True, "Error": "networks are in use"}, "networks are in use"),
        ({"Done": True, "Left": 1, "Failed": 1}, "1 node failed"),
    ],
)
def test_what_was_not_done_is_an_error(line: dict[str, Any], words: str) -> None:
    with pytest.raises(CommandError, match=words):
        run(Daemon(line), "down")


def test_other_words_are_not_understood() -> None:
    for words in (("sideways",), ("up", "node-1"), ("down", "--constraint", "a==b")):
        with pytest.raises(CommandError):
            run(Daemon(), *words)
