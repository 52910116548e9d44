"""What is being started has its place, until its engine tells what became of that."""

from __future__ import annotations

import pytest

from swarmd.cluster.starts import GRACE
from swarmd.cluster.state import State
from swarmd.core.container.container_state import Container
from tests.cluster.fleet import GIB, full_id, happened, inspect, inspected, item, join, listed

ID = full_id(1)


class Case:
    """One engine with one container that asks for 1 GiB, by a clock that the test sets."""

    def __init__(self, state: str = "created") -> None:
        self.now = 10.0
        self.state = State(lambda: self.now)
        self.engine = join(self.state)
        words = {"State": state, "Status": "Up 5 minutes" if state == "running" else "Created"}
        listed(self.state, 1, item(1, **words), at=1.0)
        body = inspect(1, State__Status=state, HostConfig__Memory=GIB)
        inspected(self.state, 1, body, at=2.0)

    @property
    def container(self) -> Container:
        return self.state.containers[ID]

    @property
    def held(self) -> int:
        return self.engine.tally.up.memory

    def listed(self, state: str, at: float) -> None:
        listed(self.state, 1, item(1, State=state, Status="Created"), at=at)


def test_it_counts_from_the_call_on() -> None:
    case = Case()
    assert case.held == 0
    case.state.begin_start(ID)
    assert case.held == GIB and case.container.starting
    case.listed("created", at=11.0)
    assert case.held == GIB, "a list says nothing as long as the engine is at it"
    case.state.end_start(ID, done=False)
    assert case.held == 0 and not case.container.starting


def test_an_acknowledged_start_counts_until_newer_news() -> None:
    case = Case()
    case.state.begin_start(ID)
    case.now = 12.0
    case.state.end_start(ID, done=True)
    case.listed("created", at=11.0)
    assert case.held == GIB
    case.listed("exited", at=13.0)
    assert case.held == 0 and not case.container.starting


@pytest.mark.parametrize("early", [True, False])
def test_its_event_comes_before_or_after_the_answer(early: bool) -> None:
    case = Case()
    case.state.begin_start(ID)
    if early:
        happened(case.state, 1, "start", at=11.0)
    case.now = 12.0
    case.state.end_start(ID, done=True)
    if not early:
        happened(case.state, 1, "start", at=13.0)
    assert case.held == GIB and case.container.running and not case.container.starting


def test_a_short_life_before_the_answer() -> None:
    case = Case()
    case.state.begin_start(ID)
    happened(case.state, 1, "start", at=11.0)
    happened(case.state, 1, "die", at=11.5)
    case.now = 12.0
    case.state.end_start(ID, done=True)
    assert case.held == 0


def test_an_answer_that_was_lost_counts_for_a_while() -> None:
    case = Case()
    case.state.begin_start(ID)
    case.state.end_start(ID, done=None)
    case.listed("created", at=case.now + GRACE)
    assert case.held == GIB
    case.listed("created", at=case.now + GRACE + 1)
    assert case.held == 0


def test_a_restart_never_lets_go() -> None:
    case = Case("running")
    case.state.begin_start(ID, again=True)
    for verb, at in (("die", 11.0), ("start", 12.0), ("die", 13.0)):
        happened(case.state, 1, verb, at=at)
        assert case.held == GIB, verb
    case.now = 14.0
    case.state.end_start(ID, done=True)
    happened(case.state, 1, "die", at=15.0)
    assert case.held == 0


def test_one_that_is_gone_meanwhile() -> None:
    case = Case()
    case.state.begin_start(ID)
    happened(case.state, 1, "destroy", at=11.0)
    case.state.end_start(ID, done=True)
    assert case.held == 0 and ID not in case.state.containers
    case.state.begin_start("f" * 64)
    case.state.end_start("f" * 64, done=False)


def test_what_could_not_start_holds_nothing_until_the_next_start() -> None:
    case = Case()
    assert case.engine.tally.memory == GIB, "what was created is about to start"
    case.state.begin_start(ID)
    case.state.end_start(ID, done=False)
    assert case.engine.tally.memory == case.engine.tally.active == 0
    case.listed("created", at=11.0)
    assert case.engine.tally.memory == 0
    case.state.begin_start(ID)
    assert case.engine.tally.memory == case.held == GIB
    case.state.refuse_start(ID, "no room")
    assert case.engine.tally.memory == case.held == 0


def test_why_a_start_was_refused_is_known_until_the_next() -> None:
    case = Case("exited")
    case.state.refuse_start(ID, "port is taken")
    case.listed("exited", at=11.0)
    assert case.state.catalogue.start_error(ID) == "port is taken"
    case.state.begin_start(ID)
    assert case.state.catalogue.start_error(ID) == ""
    case.state.refuse_start(ID, "port is taken")
    case.listed("running", at=12.0)
    assert case.state.catalogue.start_error(ID) == "", "somebody else has started it"


def test_an_engine_keeps_the_exit_code_of_a_start_that_failed() -> None:
    case = Case()
    body = inspect(1, State__Status="created", State__ExitCode=127, HostConfig__Memory=GIB)
    inspected(case.state, 1, body, at=3.0)
    assert case.engine.tally.memory == 0
    case.listed("created", at=11.0)
    assert case.engine.tally.memory == 0


def test_a_restart_that_is_refused_ends_nothing() -> None:
    case = Case("running")
    case.state.begin_start(ID, again=True)
    case.state.end_start(ID, done=False)
    assert case.engine.tally.memory == case.held == GIB
    case.state.refuse_start(ID, "no room")
    case.listed("running", at=11.0)
    assert case.held == GIB and not case.container.refused
