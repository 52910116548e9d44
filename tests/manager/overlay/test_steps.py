from __future__ import annotations

import pytest

from swarmd.core.errors import Unavailable
from swarmd.manager.overlay.plan import SwarmStep, Verb
from swarmd.manager.overlay.steps import StepTaker
from tests.manager.overlay.engines import Swarms
from tests.manager.overlay.rig import member, swarm
from tests.manager.rig import result_of


def test_a_node_changes_its_role_and_an_entry_of_the_past_goes() -> None:
    swarms = Swarms(1)
    swarms.up()
    table = result_of(swarms.overlay._surveyor.table())
    home, wire, steps = table[0].swarm, swarms.rig.wire(1), StepTaker(swarms.rig.fleet)
    node = {"Version": {"Index": 7}, "Spec": {"Role": "worker", "Availability": "active"}}
    wire.on("GET", "/nodes/id2", (200, node))
    wire.on("POST", "/nodes/id2/update", (200, b""))
    wire.on("DELETE", "/nodes/id2", (404, {"message": "not found"}))
    for verb in (Verb.PROMOTE, Verb.REMOVE):
        result_of(steps.take(SwarmStep(verb, "", "node-2", member(2)), home, table, ()))
    promoted, gone = [target for method, target in wire.asked if method in ("POST", "DELETE")][-2:]
    assert promoted.endswith("/nodes/id2/update?version=7") and gone.endswith("?force=1")
    assert {"Role": "manager", "Availability": "active"} in wire.bodies


def test_without_a_manager_that_answers_nothing_can_be_changed() -> None:
    with pytest.raises(Unavailable, match="no manager"):
        StepTaker(Swarms(1).rig.fleet).manager_of(swarm((1,)), [])
