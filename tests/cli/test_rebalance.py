from __future__ import annotations

import json
import sys
from typing import Any

import pytest
from twisted.internet.defer import Deferred

from swarmd.cli.arguments import Arguments
from swarmd.cli.errors import CommandError, Misuse
from swarmd.cli.rebalance import rebalance, shown

SOME = {"Containers": 4, "CPUs": 0.5, "Memory": 0, "UsedCPUs": 1.23456, "UsedMemory": 1 << 20}
PLAN: dict[str, Any] = {
    "ID": "7-1",
    "Strategy": "spread",
    "More": True,
    "Moves": [{"Container": "c", "Name": "web", "From": "node-1", "To": "node-2", "Group": 1}],
    "Nodes": [{"Name": "node-1", "Before": SOME, "After": {**SOME, "Containers": 3}}],
}
LINES = [
    {"Name": "web", "Status": "moving", "To": "node-2"},
    {"Name": "web", "Status": "moved", "To": "node-2"},
]
END = {"Done": True, "Moved": 1, "Stays": 0, "Failed": 0, "Stopped": False}


class Daemon:
    def __init__(self, plan: dict[str, Any] = PLAN, *lines: dict[str, Any]) -> None:
        self.asked: list[Any] = []
        self.answer = "y"
        self._plan = plan
        self._lines = lines or (*LINES, END)

    async def call(self, method: str, path: str, body: object = None) -> Any:
        self.asked.append((method, path))
        return self._plan

    async def ask_user(self, question: str) -> str:
        self.asked.append(question)
        return self.answer

    async def lines(self, method: str, path: str, on_line: Any) -> None:
        self.asked.append((method, path))
        for line in self._lines:
            on_line(line)


def run(daemon: Any, *words: str) -> None:
    failures: list[Any] = []
    work = Deferred.fromCoroutine(rebalance(daemon, Arguments.parse(words, "rebalance")))
    work.addErrback(failures.append)
    if failures:
        raise failures[0].value


def test_a_dry_run_shows_the_plan(capsys: pytest.CaptureFixture[str]) -> None:
    daemon = Daemon()
    run(daemon, "--dry-run", "--most", "5")
    assert daemon.asked == [("POST", "/swarmd/rebalance/plan?most=5")]
    lines = capsys.readouterr().out.splitlines()
    assert [line.split() for line in lines[:2]] == [
        ["NAME", "FROM", "TO"],
        ["web", "node-1", "node-2"],
    ]
    assert lines[4].split() == ["node-1", "4", "->", "3", "0.5", "0", "B"]
    assert lines[5] == "there is more to even out: run it again"


def test_what_is_used_is_shown_where_it_counts() -> None:
    assert "1.235" in shown({**PLAN, "Strategy": "spread:usage"}) and "1.235" not in shown(PLAN)


def test_nothing_to_do_asks_nobody(capsys: pytest.CaptureFixture[str]) -> None:
    daemon = Daemon({**PLAN, "Moves": []})
    run(daemon)
    assert len(daemon.asked) == 1 and capsys.readouterr().out.startswith("nothing to move")


def test_with_yes_it_moves(capsys: pytest.CaptureFixture[str]) -> None:
    daemon = Daemon()
    run(daemon, "-y")
    assert daemon.asked[1:] == [("POST", "/swarmd/rebalance?plan=7-1")]
    assert capsys.readouterr().out.splitlines()[-3:] == [
        "web: moving to node-2",
        "web: moved to node-2",
        "rebalanced: 1 moved, 0 stay, 0 failed",
    ]


@pytest.mark.parametrize(("answer", "calls"), [("y", 3), ("YES ", 3), ("", 2), ("no", 2)])
def test_somebody_is_asked(answer: str, calls: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for stream in (sys.stdin, sys.stdout):
        monkeypatch.setattr(stream, "isatty", lambda: True)
    daemon = Daemon()
    daemon.answer = answer
    run(daemon)
    assert daemon.asked[1] == "Move them? [y/N] " and len(daemon.asked) == calls


def test_where_nobody_can_be_asked_nothing_is_moved() -> None:
    daemon = Daemon()
    with pytest.raises(CommandError, match="--yes"):
        run(daemon, "--json")
    assert len(daemon.asked) == 1


def test_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    run(Daemon(), "--json", "--yes")
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == [
        PLAN, *LINES, END,
    ]  # fmt: skip


def test_what_did_not_move_is_a_failure() -> None:
    with pytest.raises(CommandError, match="1 container could not be moved"):
        run(Daemon(PLAN, *LINES, {**END, "Failed": 1}), "-y")
    with pytest.raises(CommandError, match="ended before"):
        run(Daemon(PLAN, *LINES), "-y")


@pytest.mark.parametrize("words", [["now"], ["--most", "0"], ["--most", "x"], ["--most="]])
def test_wrong_use(words: list[str]) -> None:
    with pytest.raises(Misuse):
        run(Daemon(), *words)
