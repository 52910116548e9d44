from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from twisted.internet.defer import Deferred

from swarmd.cli.arguments import Arguments
from swarmd.cli.client import Unreachable
from swarmd.cli.errors import CommandError, Misuse
from swarmd.cli.events import NANOS, events, line

UP = {
    "Type": "node",
    "Action": "up",
    "Actor": {"ID": "x", "Attributes": {"name": "node-1", "node.id": "x", "node.ip": "::1"}},
    "timeNano": 1_000_000_000,
}
DIE = {
    "Type": "container",
    "Action": "die",
    "Actor": {
        "ID": "c" * 64,
        "Attributes": {"name": "web\x1b[2J", "exitCode": "1", "node.name": "node-1"},
    },
    "timeNano": 2 * NANOS,
}


class Daemon:
    """Each stream of events ends as the script says: with an error, or well ("")."""

    def __init__(self, *streams: tuple[Sequence[Any], str]) -> None:
        self.queries: list[dict[str, str]] = []
        self.pauses: list[float] = []
        self._streams: Iterator[tuple[Sequence[Any], str]] = iter(streams)

    async def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)

    async def lines(self, method: str, path: str, on_line: Any, on_open: Any = None) -> None:
        url = urlsplit(path)
        assert (method, url.path) == ("GET", "/events")
        self.queries.append({key: value for key, (value,) in parse_qs(url.query).items()})
        told, end = next(self._streams)
        if (told or not end) and on_open is not None:
            on_open()
        for event in told:
            on_line(event)
        if end == "no":
            raise CommandError("no right")
        if end:
            raise Unreachable(end)


def run(daemon: Any, *words: str) -> None:
    failures: list[Any] = []
    work = Deferred.fromCoroutine(events(daemon, Arguments.parse(words, "events")))
    work.addErrback(failures.append)
    if failures:
        raise failures[0].value


def test_what_is_remembered_is_shown_and_that_is_all(capsys: pytest.CaptureFixture[str]) -> None:
    daemon = Daemon(([UP, DIE], ""))
    run(daemon, "--since", "10m")
    (query,) = daemon.queries
    assert json.loads(query["filters"]) == {"type": ["node", "container"]}
    assert round(float(query["until"]) - float(query["since"])) == 600
    first, second = capsys.readouterr().out.splitlines()
    assert first.split(" ", 1)[1] == "node up node-1"
    assert second.endswith(r"container die web\x1b[2J (node=node-1, exitCode=1)")


def test_as_json_each_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    run(Daemon(([UP, DIE], "")), "--json", "--filter", "type=node", "--filter", "node=a")
    assert [json.loads(each) for each in capsys.readouterr().out.splitlines()] == [UP, DIE]


def test_a_stream_that_breaks_goes_on_where_it_was(capsys: pytest.CaptureFixture[str]) -> None:
    daemon = Daemon(([UP], "reset"), ([], "refused"), ([UP, DIE], ""), ([], "no"))
    with pytest.raises(CommandError, match="no right"):
        run(daemon, "--follow")
    said = capsys.readouterr()
    assert [each.split()[1:3] for each in said.out.splitlines()] == [
        ["node", "up"],
        ["container", "die"],
    ]
    assert said.err.splitlines() == [
        "swarmd: reset; waiting for it",
        "swarmd: connected again",
        "swarmd: swarmd has ended the stream; waiting for it",
    ]
    assert "since" not in daemon.queries[0] and "until" not in daemon.queries[0]
    assert [query["since"] for query in daemon.queries[1:]] == ["0.000000000"] * 3
    assert len(daemon.pauses) == 3 and daemon.pauses[1] >= daemon.pauses[0] / 2


def test_a_client_that_was_cut_off_asks_for_the_rest() -> None:
    daemon = Daemon(([UP, {"error": "cut off: 9 bytes were not read"}], ""), ([], "no"))
    with pytest.raises(CommandError, match="no right"):
        run(daemon, "--follow")
    assert len(daemon.queries) == 2


def test_who_was_never_there_is_not_waited_for() -> None:
    with pytest.raises(CommandError, match="refused"):
        run(Daemon(([], "refused")), "--follow")


def test_it_ends_at_until() -> None:
    daemon = Daemon(([UP], ""))
    run(daemon, "--follow", "--until", "2999-01-01")
    assert daemon.queries[0]["until"].startswith("324")


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["ls"], "what is 'ls'"),
        (["--filter", "type"], "not KEY=VALUE"),
        (["--filter", "nod=a"], "did you mean node"),
        (["--filter", "zz=a"], "there are type,"),
        (["--since", "soon"], "is no time"),
        (["--since", "1m", "--until", "2m"], "--since is after --until"),
        (["--until", "2999-01-01"], "add --follow"),
    ],
)
def test_wrong_use(words: list[str], reason: str) -> None:
    daemon = Daemon()
    with pytest.raises(Misuse, match=reason):
        run(daemon, *words)
    assert daemon.queries == []


def test_odd_events_are_shown_as_far_as_they_go() -> None:
    assert line({"Type": "node", "Actor": None}, UTC) == "1970-01-01T00:00:00.000Z node  "
