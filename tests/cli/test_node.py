from __future__ import annotations

import json
from typing import Any

import pytest
from twisted.internet.defer import Deferred

from swarmd.cli.arguments import Arguments
from swarmd.cli.errors import CommandError
from swarmd.cli.node import node

NODE: dict[str, Any] = {
    "Name": "node-1",
    "Address": "10.0.0.1:2375",
    "Status": "Unhealthy",
    "Availability": "cordoned",
    "Running": 1,
    "Containers": 2,
    "ReservedCPUs": 1.5,
    "CPUs": 4,
    "ReservableCPUs": 4,
    "Lasting": True,
    "ReservedMemory": 1 << 30,
    "Memory": 7 << 30,
    "ReservableMemory": 8 << 30,
    "EngineVersion": "28.5.2",
    "Error": "connection refused",
    "Rescheduling": ["web"],
    "Rescheduled": ["web"],
    "OperatorLabels": {"zone": "a"},
}
LINES = [
    {"Node": "node-1", "Status": "begun", "Containers": 2},
    {"Node": "node-1", "Name": "web", "Status": "moving"},
    {"Node": "node-1", "Name": "web", "Status": "moved", "To": "node-2"},
    {"Node": "node-1", "Name": "db", "Status": "stays", "Reason": "it has a volume"},
]
END = {"Node": "node-1", "Done": True, "Moved": 1, "Stays": 1, "Failed": 0}


class Daemon:
    """Remembers what it was asked."""

    def __init__(self, *lines: dict[str, Any]) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self._lines = lines
        self.found: Any = None

    async def call(self, method: str, path: str, body: object = None) -> Any:
        self.asked.append((method, path) if body is None else (method, path, body))
        if self.found is not None:
            return self.found
        return [NODE] if path == "/swarmd/nodes" else NODE

    async def lines(self, method: str, path: str, on_line: Any) -> None:
        self.asked.append((method, path))
        for line in self._lines:
            on_line(line)


def run(daemon: Any, *words: str) -> None:
    failures: list[Any] = []
    work = Deferred.fromCoroutine(node(daemon, Arguments.parse(words)))
    work.addErrback(failures.append)
    if failures:
        raise failures[0].value


@pytest.mark.parametrize(
    ("words", "asked", "printed"),
    [
        ("cordon n", ("POST", "/swarmd/nodes/n/cordon"), "node-1 cordoned"),
        ("uncordon n", ("POST", "/swarmd/nodes/n/uncordon"), "node-1 uncordoned"),
        ("lost n", ("POST", "/swarmd/nodes/n/lost"), "rescheduling web"),
        ("forget n c", ("POST", "/swarmd/nodes/n/forget?container=c"), "c is forgotten"),
        ("inspect a:1", ("GET", "/swarmd/nodes/a:1"), '"Name": "node-1"'),
        (
            "label n a=b k-",
            ("POST", "/swarmd/nodes/n/labels", {"Add": {"a": "b"}, "Remove": ["k"]}),
            "node-1: zone=a",
        ),
    ],
)
def test_commands(
    words: str, asked: tuple[Any, ...], printed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    daemon = Daemon()
    run(daemon, *words.split())
    assert daemon.asked == [asked]
    assert printed in capsys.readouterr().out


def test_ls(capsys: pytest.CaptureFixture[str]) -> None:
    run(Daemon(), "ls")
    head, row, *notes = capsys.readouterr().out.splitlines()
    assert head.split()[0] == "NAME" and "1.5 / 4" in row and "1 GiB / 8 GiB" in row
    assert notes == ["node-1: connection refused", "node-1: to be rescheduled: web"]
    run(Daemon(), "ls", "--json")
    assert json.loads(capsys.readouterr().out) == [NODE]


def test_usage(capsys: pytest.CaptureFixture[str]) -> None:
    used = {**NODE, "Running": 3, "Measured": 2, "UsedCPUs": 0.12345, "UsedMemory": 1 << 20}
    daemon = Daemon()
    daemon.found = [used]
    run(daemon, "usage")
    assert daemon.asked == [("GET", "/swarmd/usage")]
    head, row, note = capsys.readouterr().out.splitlines()
    assert head.startswith("NAME") and row.split()[3:6] == ["0.123", "/", "4"]
    assert note == "1 container not measured yet counts by reservations"
    run(daemon, "usage", "--json")
    assert json.loads(capsys.readouterr().out) == [used]


def test_a_node_that_lives_is_not_rescheduled_without_a_word(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(NODE, "RescheduleHeld", True)
    monkeypatch.setitem(NODE, "Error", "says \x1b[31m")
    run(Daemon(), "ls")
    assert capsys.readouterr().out.splitlines()[2:] == [
        r"node-1: says \x1b[31m",
        "node-1: it answers, so only `swarmd node lost node-1` would reschedule: web",
    ]


def test_progress_of_a_drain(capsys: pytest.CaptureFixture[str]) -> None:
    run(Daemon(*LINES, END), "drain", "node-1")
    lines = capsys.readouterr().out.splitlines()
    assert lines[:3] == ["web: moving", "web: moved to node-2", "db: stays: it has a volume"]
    assert lines[3].startswith("node-1 is drained: 1 moved, 1 stay, 0 failed")
    assert lines[4:] == [
        "still there: db (why: see above)",
        "node-1 stays cordoned; `swarmd node uncordon node-1` ends that",
    ]


def test_a_drain_that_was_ended_leaves_no_cordon(capsys: pytest.CaptureFixture[str]) -> None:
    run(Daemon(*LINES, {**END, "Stopped": True}), "drain", "node-1")
    assert capsys.readouterr().out.splitlines()[-1] == "node-1 takes containers again"


def test_a_drain_that_did_not_do_all_fails() -> None:
    with pytest.raises(CommandError, match="1 container could not be moved"):
        run(Daemon(*LINES, {**END, "Failed": 1}), "drain", "node-1")
    with pytest.raises(CommandError, match="swarmd ended before"):
        run(Daemon(*LINES), "drain", "node-1")


@pytest.mark.parametrize("words", ["frob", "ls x", "cordon", "drain", "label n", "label n x"])
def test_wrong_use(words: str) -> None:
    daemon = Daemon()
    with pytest.raises(CommandError):
        run(daemon, *words.split())
    assert daemon.asked == []


def test_without_words_it_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    run(Daemon())
    assert capsys.readouterr().out.startswith("Usage: swarmd node COMMAND")


def test_what_a_restart_forgets_is_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(NODE, "Lasting", False)
    for words in ("cordon n", "label n a=b", "uncordon n"):
        run(Daemon(), *words.split())
    run(Daemon(*LINES, END), "drain", "node-1")
    lines = capsys.readouterr().out.splitlines()
    note = " (until swarmd restarts: it has no --state-dir)"
    assert lines[:3] == [f"node-1 cordoned{note}", f"node-1: zone=a{note}", "node-1 uncordoned"]
    assert lines[-1] == f"node-1 stays cordoned{note}; `swarmd node uncordon node-1` ends that"
