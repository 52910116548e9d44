from __future__ import annotations

from pathlib import Path

import pytest

from swarmd.cluster import actions as news
from swarmd.core.config import KINDS
from swarmd.core.errors import Conflict
from swarmd.core.names import IDENTITY
from swarmd.core.personal_labels import PROOF, REPLACES
from swarmd.manager.nodes.intent import Intent
from swarmd.manager.nodes.reschedule import Rules
from tests.cluster.fleet import key_of
from tests.manager.nodes.rescheduling import GRACE, ON, Rig


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
    assert rig.intent.book.tombstones[rig.old].replacement == new["Id"]
    assert rig.intent.book.losses == {}
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
        rig.rescheduler.declare_lost(engine)
    rig.lose(wait=10 * GRACE)
    assert rig.fleet.calls == [] and rig.rescheduler.waiting(engine) == ["web"]
    assert rig.rescheduler.declare_lost(engine) == ["web"]
    rig.fleet.obey()
    assert rig.fleet.names(2) == {"web": "running"}


def test_losses_and_tombstones_outlive_a_restart(tmp_path: Path) -> None:
    rig = Rig(folder=tmp_path)
    for number in (2, 3):
        rig.fleet.dispatch(news.EngineCordoned(key_of(number), True))
    rig.lose()
    assert list(Intent(str(tmp_path)).book.losses) == [rig.old]
    rig.rescheduler.stopService()
    assert rig.fleet.clock.getDelayedCalls() == []


def test_shows_what_would_be_made_again() -> None:
    rig = Rig()
    rig.run("quiet", {})
    engine = rig.fleet.state.engines[key_of(1)]
    assert rig.rescheduler.reschedulable(engine) == ["web"]
