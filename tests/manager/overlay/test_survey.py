from __future__ import annotations

import pytest

from swarmd.core.errors import BadParameter
from swarmd.manager.overlay.plan import is_orphan
from swarmd.manager.overlay.standing import ADDRESS_LABEL
from tests.manager.overlay.engines import Swarms
from tests.manager.rig import result_of

ORPHAN = {
    "LocalNodeState": "active",
    "NodeID": "old",
    "RemoteManagers": [{"Addr": "10.0.0.1:2377"}],
}


def test_who_does_not_answer_is_in_the_table_with_the_reason() -> None:
    swarms = Swarms(2)
    swarms.rig.lose(2)
    first, second = result_of(swarms.overlay._surveyor.table())
    assert first.outside and first.address == "10.0.0.1"
    assert second.problem == "does not answer: no answer"


def test_a_label_tells_where_other_nodes_reach_it() -> None:
    swarms = Swarms(1)
    swarms.rig.validate(1, labels={ADDRESS_LABEL: "192.168.7.1"})
    (one,) = result_of(swarms.overlay._surveyor.table())
    assert one.address == "192.168.7.1"


def test_constraints_that_cannot_be_read_are_refused() -> None:
    with pytest.raises(BadParameter):
        result_of(Swarms(1).overlay._surveyor.table(["zone=="]))


def test_who_may_still_have_a_manager_is_no_orphan() -> None:
    swarms = Swarms(2)
    swarms.members = {2: False}
    swarms.rig.wire(2).on("GET", "/info", (200, {"Swarm": ORPHAN}))
    table = result_of(swarms.overlay._surveyor.table())
    assert not table[1].served and is_orphan(table[1], table)
    swarms.closed["10.0.0.1"] = ("2377/tcp is taken by another program",)
    table = result_of(swarms.overlay._surveyor.table())
    assert table[1].served and not is_orphan(table[1], table)
