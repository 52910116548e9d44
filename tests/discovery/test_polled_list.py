"""A list that somebody else has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from swarmd.discovery.polled_list import INTERVAL, ListUnknown, PolledList


class Rig:
    """Attributes:
    lines: The answer; an exception is raised.
    lists: The addresses of each list that was given.
    """

    def __init__(self) -> None:
        self.clock = Clock()
        self.lines: Mapping[str, str] | Exception | Deferred[Mapping[str, str]] = {}
        self.lists: list[list[str]] = []
        self.problems: list[str] = []
        self.labels: dict[str, Mapping[str, str]] = {}
        self.closed = 0
        self.source = PolledList(
            self.clock,
            "etcd://lab",
            self.ask,
            self.close,
            2375,
            self.take,
            self.problems.append,
        )

    async def ask(self) -> Mapping[str, str]:
        if isinstance(self.lines, Exception):
            raise self.lines
        if isinstance(self.lines, Deferred):
            return await self.lines
        return self.lines

    async def close(self) -> None:
        self.closed += 1

    def take(self, entries: list) -> None:  # type: ignore[type-arg]
        self.lists.append([entry.address for entry in entries])
        self.labels = {entry.name or entry.address: entry.labels for entry in entries}

    def look(self, lines: Mapping[str, str] | Exception) -> None:
        self.lines = lines
        self.clock.advance(INTERVAL)


@pytest.fixture
def rig() -> Iterator[Rig]:
    rig = Rig()
    rig.lines = {"a:1": "a:1", "b": "b name=two zone=east"}
    rig.source.startService()
    yield rig
    rig.source.stopService()
    assert rig.closed == 1
    assert rig.clock.getDelayedCalls() == []


def test_engines_are_given_when_they_change(rig: Rig) -> None:
    assert rig.lists == [["a:1", "b:2375"]]
    assert rig.labels["two"] == {"zone": "east"}
    assert rig.source.listed
    rig.clock.advance(INTERVAL)
    assert len(rig.lists) == 1
    rig.look({"b": "b name=two zone=east", "c": "10.0.0.[1:2]"})
    assert rig.lists[1:] == [["b:2375", "10.0.0.1:2375", "10.0.0.2:2375"]]
    assert rig.problems == []
    assert rig.source.notices() == []


def test_who_does_not_answer_changes_nothing_and_is_reported_once(rig: Rig) -> None:
    for _ in range(3):
        rig.look(ListUnknown("etcd://lab cannot be reached"))
    assert rig.problems == ["etcd://lab cannot be reached; the 2 engines known before are kept"]
    assert len(rig.lists) == 1
    rig.look({"a:1": "a:1", "b": "b name=two zone=east"})
    assert len(rig.lists) == 2  # which says that all is well again
    rig.look(ListUnknown("etcd://lab cannot be reached"))
    assert len(rig.problems) == 2


def test_what_is_empty_all_at_once_changes_nothing(rig: Rig) -> None:
    rig.look({})
    rig.look({"x": "no engine at all"})
    assert rig.problems[0] == "etcd://lab lists no engine; the 2 engines known before are kept"
    assert "etcd://lab: x: " in rig.problems[1]
    assert len(rig.lists) == 1
    rig.look({"a:1": "a:1"})
    assert rig.lists[1:] == [["a:1"]]


def test_whose_line_went_wrong_stays_as_he_was(rig: Rig) -> None:
    rig.look({"a:1": "a:1", "b": "b name=two zone", "c": "c"})
    assert rig.lists[1:] == [["a:1", "b:2375", "c:2375"]]
    assert rig.labels["two"] == {"zone": "east"}
    assert rig.problems == ["etcd://lab: b: 'zone' is not key=value"]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("unix:///var/run/docker.sock", "an engine is HOST:PORT here"),
        ("ssh://root@c", "an engine is HOST:PORT here"),
        ("c tls=off", "an engine is HOST:PORT here"),
        ("c tlscacert=/etc/passwd", "an engine is HOST:PORT here"),
        ("b", "b:2375 is listed already"),
        ("c name=two", "name=two is listed already"),
        ("10.[0:255].[0:255].1", "more than"),
    ],
)
def test_what_a_list_may_not_say(rig: Rig, line: str, why: str) -> None:
    rig.look({"a:1": "a:1", "b": "b name=two zone=east", "c": line})
    assert len(rig.problems) == 1
    assert why in rig.problems[0]
    assert {address for each in rig.lists for address in each} == {"a:1", "b:2375"}


def test_many_problems_are_one_line(rig: Rig) -> None:
    rig.look({"a:1": "a:1", **{f"x{n}": "a b c" for n in range(9)}})
    assert rig.problems[0].count(" is not key=value") == 5
    assert rig.problems[0].endswith("and 4 more")


def test_an_error_of_ours_does_not_end_the_looks(rig: Rig) -> None:
    rig.look(RuntimeError("of the test"))
    rig.look({"c": "c"})
    assert rig.lists[1:] == [["c:2375"]]


def test_nobody_is_asked_twice_at_once(rig: Rig) -> None:
    answer: Deferred[Mapping[str, str]] = Deferred()
    rig.lines = answer
    rig.clock.advance(INTERVAL)
    rig.lines = {"c": "c"}
    rig.clock.advance(INTERVAL)
    rig.source.reread()
    assert len(rig.lists) == 1
    answer.callback({"d": "d"})
    rig.source.reread()
    assert rig.lists[1:] == [["d:2375"], ["c:2375"]]


def test_a_question_ends_with_the_service() -> None:
    rig = Rig()
    rig.lines = Deferred()
    rig.source.startService()
    assert not rig.source.listed
    rig.source.stopService()
    assert (rig.closed, rig.lists, rig.problems) == (1, [], [])
