from __future__ import annotations

import pytest

from swarmd.core.errors import Conflict
from swarmd.manager.nodes.blueprint import REPLACES
from tests.cluster.fleet import key_of
from tests.manager.nodes.rescheduling import GRACE, ON, Rig


def test_the_old_one_is_hidden_and_removed_when_it_is_back() -> None:
    rig = Rig()
    rig.lose()
    rig.fleet.obey()
    rig.fleet.bring_back(1)
    assert rig.old not in rig.fleet.state.containers
    assert rig.fleet.obey() == [f"DELETE 1 {rig.old}"]
    assert rig.everywhere() == ["web"] and rig.intent.book.tombstones == {}


def test_forgotten_ones_are_removed_when_they_are_back() -> None:
    rig = Rig()
    engine = rig.fleet.state.engines[key_of(1)]
    container = rig.fleet.state.containers[rig.old]
    with pytest.raises(Conflict):
        rig.rescheduler.forget(container, engine)
    rig.lose(wait=1.0)
    rig.rescheduler.forget(container, engine)
    assert not rig.fleet.state.name_taken("web")
    rig.fleet.clock.advance(GRACE)
    assert rig.fleet.calls == []
    rig.fleet.bring_back(1)
    assert rig.fleet.obey() == [f"DELETE 1 {rig.old}"]


def test_a_label_proves_it_where_the_tombstone_is_lost() -> None:
    """As after a restart without a state file."""
    rig = Rig()
    rig.run("web", {**ON, REPLACES: rig.old}, 2)
    rig.fleet.lose(1)
    rig.fleet.bring_back(1)
    assert rig.fleet.obey() == [f"DELETE 1 {rig.old}"]


@pytest.mark.parametrize(("name", "labels"), [("other", {**ON, REPLACES: ""}), ("web", ON)])
def test_without_proof_nothing_is_removed(name: str, labels: dict[str, str]) -> None:
    rig = Rig()
    proof = {REPLACES: rig.old} if name == "other" else {}
    rig.run(name, {**labels, **proof}, 2)
    rig.fleet.lose(1)
    rig.fleet.bring_back(1)
    assert rig.fleet.calls == []
