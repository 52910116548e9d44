"""What is in doubt is settled by the name, as the engine holds it, and by nothing else."""

from __future__ import annotations

import pytest

from swarmd.core.errors import EngineUnreachable
from swarmd.manager.containers.create import Creator
from swarmd.manager.containers.reconcile import CERTAIN, ENOUGH, PAUSE, Holding, is_certain
from tests.cluster.fleet import key_of
from tests.manager.scripted import Call, ScriptedFleet
from tests.manager.test_unknown_outcome import create, outcome

THERE, BUSY, FREE, UNCLEAR = Holding


def in_doubt(fleet: ScriptedFleet, creator: Creator, name: str = "aa") -> Call:
    """The create whose connection broke, and all questions about it."""
    work = create(creator, name, 600)
    (call,) = fleet.calls
    while fleet.calls and not work.called:
        fleet.calls.pop().break_off()
    error = outcome(work)
    assert isinstance(error, EngineUnreachable) and "is unknown" in error.message
    return call


def answer_for(fleet: ScriptedFleet, seconds: float) -> None:
    for _ in range(int(seconds / PAUSE)):
        fleet.obey()
        fleet.clock.advance(PAUSE)


def test_a_name_that_the_engine_would_give_is_free() -> None:
    fleet = ScriptedFleet(1)
    in_doubt(fleet, fleet.creator())
    assert fleet.obey() == ["GET 1 json", "POST 1 create"]
    assert fleet.state.name_taken("aa"), "the lost request may still be in the engine's buffers"
    answer_for(fleet, CERTAIN * PAUSE)
    assert not fleet.state.name_taken("aa") and not fleet.there[1]
    assert not fleet.calls and not fleet.clock.getDelayedCalls()


def test_a_list_settles_nothing() -> None:
    """It does not show what the engine is still at."""
    fleet = ScriptedFleet(1)
    fleet.busy[1]["aa"] = in_doubt(fleet, fleet.creator())
    for _ in range(3):
        fleet.listing(1)
    answer_for(fleet, 100)
    assert fleet.state.name_taken("aa")
    assert fleet.state.engines[key_of(1)].tally.memory == 600


def test_a_container_that_came_after_all_takes_the_place_of_its_claim() -> None:
    fleet = ScriptedFleet(1)
    call = in_doubt(fleet, fleet.creator())
    fleet.busy[1]["aa"] = call
    answer_for(fleet, 5)
    del fleet.busy[1]["aa"]
    made = fleet.make(1, call.body, "aa")
    answer_for(fleet, 2)
    assert fleet.state.reservations.pending == {}
    assert fleet.state.containers[made].name == "aa"
    assert fleet.state.engines[key_of(1)].tally.total == 1


def test_an_engine_that_is_away_is_asked_when_it_is_back() -> None:
    fleet = ScriptedFleet(1)
    in_doubt(fleet, fleet.creator())
    fleet.lose(1)
    answer_for(fleet, 100)
    assert fleet.state.name_taken("aa") and not fleet.calls
    fleet.bring_back(1)
    answer_for(fleet, 5)
    assert not fleet.state.name_taken("aa")


def test_another_of_that_name_settles_it_too() -> None:
    fleet = ScriptedFleet(1)
    in_doubt(fleet, fleet.creator())
    made = fleet.make(1, {"Image": "busybox"}, "aa")
    answer_for(fleet, 2)
    assert fleet.state.reservations.pending == {} and made in fleet.state.containers


def test_what_makes_what_an_engine_would_refuse_is_told_to_remove_it() -> None:
    fleet = ScriptedFleet(1)
    in_doubt(fleet, fleet.creator())
    for _ in range(CERTAIN):
        fleet.obey_one()
        probe = fleet.calls.pop()
        made = fleet.make(1, probe.body, "aa")
        probe.answer(201, {"Id": made, "Warnings": []})
        assert fleet.obey_one() == f"DELETE 1 {made}" and not fleet.there[1]
        fleet.clock.advance(PAUSE)
    assert not fleet.state.name_taken("aa")


def test_one_that_does_not_tell_is_believed_after_a_while() -> None:
    """A plugin of its own may forbid the question."""
    fleet = ScriptedFleet(1)
    in_doubt(fleet, fleet.creator())
    for _ in range(ENOUGH):
        assert fleet.state.name_taken("aa")
        fleet.obey_one()
        fleet.calls.pop().answer(403)
        fleet.clock.advance(PAUSE)
    assert not fleet.state.name_taken("aa")


def test_the_new_name_of_a_rename() -> None:
    fleet = ScriptedFleet(1)
    fleet.creator()
    made = fleet.make(1, {"Image": "busybox"}, "aa")
    fleet.listing(1)
    state = fleet.state
    state.reserve_name("bb", made)
    state.release_name("bb", made, granted=None)
    fleet.busy[1]["bb"] = Call(1, "POST", f"/v1.41/containers/{made}/rename?name=bb", None)
    answer_for(fleet, 5)
    state.reserve_name("bb", made)
    state.release_name("bb", made, granted=False)
    assert state.name_taken("bb"), "a second try that is refused tells nothing of the first"
    del fleet.busy[1]["bb"]
    fleet.there[1][made]["Name"] = "/bb"
    answer_for(fleet, 5)
    assert state.containers[made].name == "bb"
    state.reserve_name("bb", made)
    state.release_name("bb", made, granted=False)
    assert [name for name in ("aa", "bb") if state.name_taken(name)] == ["bb"]


@pytest.mark.parametrize(
    ("said", "certain"),
    [
        ([], False),
        ([THERE], True),
        ([FREE], False),
        ([FREE] * CERTAIN, True),
        ([UNCLEAR] * (ENOUGH - 1), False),
        ([UNCLEAR] * ENOUGH, True),
        ([UNCLEAR, FREE, UNCLEAR, FREE], True),
    ],
)
def test_certainty(said: list[Holding], certain: bool) -> None:
    assert is_certain(said) == certain


def test_a_fault_of_ours_is_logged_and_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    fleet = ScriptedFleet(1)
    in_doubt(fleet, fleet.creator())
    fleet.calls.pop().answer(200, [])
    fleet.bring_back(1)
    answer_for(fleet, 5)
    assert not fleet.state.name_taken("aa")
