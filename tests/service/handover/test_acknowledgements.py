from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from swarmd.cluster.starts import GRACE
from swarmd.cluster.state import State
from swarmd.service.handover.acknowledgements import Acknowledgements
from tests.cluster.fleet import GIB, full_id, inspect, inspected, item, join, listed


class Process:
    """A state; what is acknowledged goes to the others that are beside it in the row."""

    def __init__(self) -> None:
        self.now = 10.0
        self.state = State(lambda: self.now)
        self.sides: list[Acknowledgements] = []
        self.sent = 0

    def beside(self, other: Process) -> None:
        mine = Acknowledgements(self.state, lambda about: self._send(theirs, about))
        theirs = Acknowledgements(other.state, lambda about: other._send(mine, about))
        for process, side in ((self, mine), (other, theirs)):
            process.sides.append(side)
            side.open()

    def _send(self, side: Acknowledgements, about: Mapping[str, Any]) -> None:
        self.sent += 1
        side.hear(about)


def test_each_of_three_hears_it_once() -> None:
    row = [Process(), Process(), Process()]
    row[0].beside(row[1])
    row[1].beside(row[2])
    row[0].state.add_exec("e1", "c1")
    row[2].state.add_exec("e2", "c2")
    for process in row:
        assert (process.state.execs.get("e1"), process.state.execs.get("e2")) == ("c1", "c2")
    assert [process.sent for process in row] == [1, 2, 1]


def test_one_that_has_ended_hears_nothing() -> None:
    one, other = Process(), Process()
    one.beside(other)
    for side in one.sides * 2:
        side.close()
    one.state.add_exec("e1", "c1")
    assert other.state.execs.get("e1") is None


def two_with_a_container() -> tuple[Process, Process]:
    """Which asks for 1 GiB, and does not run."""
    one, other = Process(), Process()
    for process in (one, other):
        join(process.state)
        listed(process.state, 1, item(1, State="created", Status="Created"), at=1.0)
        body = inspect(1, State__Status="created", HostConfig__Memory=GIB)
        inspected(process.state, 1, body, at=2.0)
    one.beside(other)
    return one, other


def held(process: Process) -> int:
    (engine,) = process.state.engines.values()
    return engine.tally.up.memory


def test_a_start_under_way_there_has_its_room_here_until_it_is_refused() -> None:
    one, other = two_with_a_container()
    one.state.begin_start(full_id(1))
    assert held(other) == GIB
    one.state.end_start(full_id(1), done=False)
    assert held(other) == 0
    one.state.refuse_start(full_id(1), "no room")
    assert other.state.containers[full_id(1)].refused


def test_a_start_that_a_process_leaves_under_way_is_in_doubt_for_a_while() -> None:
    one, other = two_with_a_container()
    one.state.begin_start(full_id(1), again=True)
    other.sides[0].close()
    listed(other.state, 1, item(1, State="created", Status="Created"), at=11.0)
    assert held(other) == GIB
    late = other.now + GRACE + 1
    listed(other.state, 1, item(1, State="created", Status="Created"), at=late)
    assert held(other) == 0
