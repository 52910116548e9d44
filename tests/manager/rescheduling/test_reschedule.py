from __future__ import annotations

from pathlib import Path

import pytest

from swarmd.cluster import actions as news
from swarmd.core.container.create_request import KINDS
from swarmd.core.container.personal_labels import PROOF, REPLACES
from swarmd.core.errors import Conflict
from swarmd.core.names import IDENTITY
from swarmd.manager.nodes.operator_state import OperatorState
from swarmd.manager.rescheduling.absent_nodes import Rules
from tests.cluster.fleet import key_of, spec
from tests.manager.rescheduling.rig import GRACE, ON, Rig
from tests.manager.rig import result_of


def test_made_again_after_the_grace() -> None:
    rig = Rig()
    rig.lose(wait=GRACE - 0.1)
    assert rig.fleet.calls == []
    rig.fleet.clock.advance(0.2)
    assert rig.fleet.obey() == ["POST 2 create", "POST 2 start"]
    assert rig.fleet.names(2) == {"web": "running"}
    (new,) = rig.fleet.there[2].values()
    identity = {IDENTITY: new["Config"]["Labels"][IDENTITY]}
    proof = {PROOF: new["Config"]["Labels"][PROOF]}
    assert new["Config"]["Labels"] == {**ON, **identity, **proof, REPLACES: rig.old}
    assert rig.operator_state.book.tombstones[rig.old].replacement == new["Id"]
    assert rig.operator_state.book.losses == {}
    (event,) = rig.events
    assert event["Action"] == "reschedule" and event["Actor"]["ID"] == new["Id"]
    assert event["Actor"]["Attributes"]["old.id"] == rig.old


def test_what_ended_with_its_engine_runs_again() -> None:
    """A host that is shut down stops its containers first."""
    rig = Rig()
    rig.happened(rig.old, "kill", "die")
    rig.lose()
    assert rig.fleet.obey() == ["POST 2 create", "POST 2 start"]


def test_one_that_comes_back_in_time_changes_nothing() -> None:
    rig = Rig()
    rig.lose(wait=GRACE / 2)
    rig.fleet.bring_back(1)
    rig.fleet.clock.advance(GRACE)
    assert (
        rig.fleet.calls == [] and rig.rescheduler.waiting(rig.fleet.state.engines[key_of(1)]) == []
    )


def test_taken_off_the_list_is_not_lost() -> None:
    rig = Rig()
    rig.fleet.lose(1)
    rig.fleet.unlist(1)
    rig.fleet.clock.advance(10 * GRACE)
    assert rig.fleet.calls == [] and rig.events == []


@pytest.mark.parametrize("default", [False, True])
def test_who_says_nothing_follows_the_default(default: bool) -> None:
    rig = Rig(Rules(default=default, grace=GRACE))
    rig.run("quiet", {})
    rig.run("never", {KINDS["reschedule"]: '["off"]'})
    rig.lose()
    rig.fleet.obey()
    moved = {name for number in (2, 3) for name in rig.fleet.names(number)}
    assert moved == ({"web", "quiet"} if default else {"web"})


def test_only_an_operator_may_say_so() -> None:
    rig = Rig(Rules(grace=GRACE, confirm=True))
    engine = rig.fleet.state.engines[key_of(1)]
    with pytest.raises(Conflict):
        result_of(rig.rescheduler.declare_lost(engine))
    rig.lose(wait=10 * GRACE)
    assert rig.fleet.calls == [] and rig.rescheduler.waiting(engine) == ["web"]
    assert result_of(rig.rescheduler.declare_lost(engine)) == ["web"]
    rig.fleet.obey()
    assert rig.fleet.names(2) == {"web": "running"}


def test_losses_and_tombstones_outlive_a_restart(tmp_path: Path) -> None:
    rig = Rig(folder=tmp_path)
    for number in (2, 3):
        rig.fleet.dispatch(news.EngineCordoned(key_of(number), True))
    rig.lose()
    assert list(OperatorState(str(tmp_path)).book.losses) == [rig.old]
    rig.rescheduler.stopService()
    assert rig.fleet.clock.getDelayedCalls() == []


def test_shows_what_would_be_made_again() -> None:
    rig = Rig()
    rig.run("quiet", {})
    engine = rig.fleet.state.engines[key_of(1)]
    assert rig.rescheduler.reschedulable(engine) == ["web"]


def _says(rig: Rig, what: str) -> None:
    """The first engine says something, but nothing that makes it usable."""
    key, now = key_of(1), rig.fleet.now()
    said: dict[str, news.Action] = {
        "no": news.EngineFailed(key, "its certificate has expired", now, fatal=True, silent=False),
        "403": news.EngineFailed(key, "HTTP 403: go away", now, limit=1, silent=False),
        "too new": news.EngineRejected(key, "it is too new", now),
        "who it is": news.EngineValidated(key, spec(1), now),
    }
    rig.fleet.dispatch(said[what])


SAID = ["no", "403", "too new", "who it is"]


@pytest.mark.parametrize("what", SAID)
def test_who_says_anything_is_not_lost(what: str) -> None:
    """Refusals are asked anew every now and then; after a silence the grace is a whole one."""
    rig = Rig()
    engine = rig.fleet.state.engines[key_of(1)]
    rig.lose(wait=GRACE / 2)
    for _ in range(10):
        _says(rig, what)
        rig.fleet.clock.advance(GRACE)
    assert rig.fleet.calls == [] and rig.events == []
    assert rig.rescheduler.waiting(engine) == ["web"] and rig.rescheduler.held(engine)
    rig.lose(wait=GRACE - 0.1)
    assert rig.fleet.calls == [] and not rig.rescheduler.held(engine)
    rig.fleet.clock.advance(0.2)
    assert rig.fleet.obey() == ["POST 2 create", "POST 2 start"]


@pytest.mark.parametrize("what", ["no", "403"])
def test_who_was_well_and_says_no_is_not_lost(what: str) -> None:
    rig = Rig()
    engine = rig.fleet.state.engines[key_of(1)]
    _says(rig, what)
    rig.fleet.clock.advance(10 * GRACE)
    assert not engine.healthy and rig.rescheduler.held(engine)
    assert rig.fleet.calls == [] and rig.rescheduler.waiting(engine) == ["web"]
    assert result_of(rig.rescheduler.declare_lost(engine)) == ["web"]
    assert rig.fleet.obey() == ["POST 2 create", "POST 2 start"]


@pytest.mark.parametrize("what", SAID)
def test_a_word_in_the_midst_of_it_stops_it(what: str) -> None:
    rig = Rig()
    for number in (2, 3):
        rig.fleet.dispatch(news.EngineCordoned(key_of(number), True))
    rig.lose()
    _says(rig, what)
    for number in (2, 3):
        rig.fleet.dispatch(news.EngineCordoned(key_of(number), False))
    rig.fleet.clock.advance(10 * GRACE)
    assert rig.fleet.obey() == [] and rig.operator_state.book.losses == {}
    rig.lose(wait=GRACE + 0.1)
    assert rig.fleet.obey() == ["POST 2 create", "POST 2 start"]


@pytest.mark.parametrize("what", SAID)
def test_a_word_while_the_new_one_is_made_undoes_it(what: str) -> None:
    rig = Rig()
    rig.lose()
    _says(rig, what)
    made, undone = rig.fleet.obey()
    assert made == "POST 2 create" and undone.startswith("DELETE 2 ")
    assert rig.fleet.names(2) == {}


@pytest.mark.parametrize("what", ["no", "403", "too new"])
def test_an_operators_word_outweighs_the_nodes(what: str, tmp_path: Path) -> None:
    """Also after a restart of swarmd."""
    rig = Rig(folder=tmp_path)
    for number in (2, 3):
        rig.fleet.dispatch(news.EngineCordoned(key_of(number), True))
    _says(rig, "no")
    result_of(rig.rescheduler.declare_lost(rig.fleet.state.engines[key_of(1)]))
    _says(rig, what)
    (loss,) = OperatorState(str(tmp_path)).book.losses.values()
    assert loss.declared and rig.operator_state.book.losses[loss.id].declared
    rig.rescheduler.stopService()
    again = Rig()
    _says(again, "no")
    result_of(again.operator_state.lose({loss.id: loss}))
    again.rescheduler._absent.end(key_of(1))
    again.rescheduler.listed(again.fleet.state.engines[key_of(1)])
    _says(again, what)
    again.fleet.clock.advance(GRACE + 0.1)
    assert again.fleet.obey() == ["POST 2 create", "POST 2 start"]


# Rules that change while it runs


def test_a_shorter_grace_counts_for_a_node_that_is_away() -> None:
    rig = Rig()
    rig.lose(wait=GRACE / 2)
    rig.rescheduler.change(Rules(grace=GRACE / 2))
    assert rig.fleet.calls == []
    rig.fleet.clock.advance(0.0)
    assert rig.fleet.obey() == ["POST 2 create", "POST 2 start"]


def test_whoever_may_say_that_a_node_is_lost_may_change() -> None:
    rig = Rig()
    rig.lose(wait=GRACE / 2)
    rig.rescheduler.change(Rules(grace=GRACE, confirm=True))
    rig.fleet.clock.advance(10 * GRACE)
    assert rig.fleet.calls == []
    rig.rescheduler.change(Rules(grace=GRACE))
    rig.fleet.clock.advance(GRACE)
    assert rig.fleet.obey() == ["POST 2 create", "POST 2 start"]


def test_a_new_default_counts_for_containers_that_are_there() -> None:
    rig = Rig()
    rig.run("quiet", {})
    rig.rescheduler.change(Rules(default=True, grace=GRACE))
    rig.fleet.clock.advance(1)
    engine = rig.fleet.state.engines[key_of(1)]
    assert rig.rescheduler.reschedulable(engine) == ["quiet", "web"]
    rig.lose(wait=GRACE / 2)
    assert sorted(rig.rescheduler.waiting(engine)) == ["quiet", "web"]
    rig.rescheduler.change(Rules(grace=GRACE))
    assert rig.rescheduler.waiting(engine) == ["web"]
    rig.fleet.clock.advance(GRACE)
    assert rig.fleet.obey() == ["POST 2 create", "POST 2 start"]
