from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from swarmd.cluster.state import State
from swarmd.service.handover.acknowledgements import Acknowledgements


class Process:
    """A state; what is acknowledged goes to the others that are beside it in the row."""

    def __init__(self) -> None:
        self.state = State(lambda: 1.0)
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
