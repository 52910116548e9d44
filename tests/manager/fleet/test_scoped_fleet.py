from __future__ import annotations

from swarmd.cluster.scoped.sight import Sight
from swarmd.core.request.scope import Scope
from swarmd.manager.fleet.event_hub import FleetEvent
from swarmd.manager.fleet.scoped_fleet import ScopedFleet
from swarmd.manager.interfaces import FleetView, HubView
from swarmd.manager.nodes.node_change import NodeChange, NodeIdentity
from tests.authz.rig import ML, WEB, GuardedRig
from tests.cluster.protocols import members, reachable


def test_it_reads_like_the_fleet_and_forgets_only_its_own() -> None:
    rig = GuardedRig()
    seen = ScopedFleet(rig.fleet, Sight(Scope("team", "ml")))
    container = seen.state.containers[ML]
    engine = seen.engine(container)
    assert seen.link(engine) is rig.fleet.link(rig.engine(1))
    assert seen.tracker(engine) is rig.fleet.tracker(rig.engine(1))
    assert seen.changes == rig.fleet.changes and seen.api_version == rig.fleet.api_version
    assert len(seen.healthy()) == 2 and seen.problem == "" and list(seen.notices()) == []
    assert seen.hub.listeners == 0
    seen.forget(WEB)
    seen.forget(ML)
    assert WEB in rig.state.containers and ML not in rig.state.containers


def test_a_scope_has_what_the_protocols_name_and_nothing_else() -> None:
    seen = ScopedFleet(GuardedRig().fleet, Sight(Scope("team", "ml")))
    assert reachable(seen) == members(FleetView)
    assert reachable(seen.hub) == members(HubView)


def test_what_happens_to_nodes_is_not_told_to_a_scope() -> None:
    rig = GuardedRig()
    hub = ScopedFleet(rig.fleet, Sight(Scope("team", "ml"))).hub
    heard: list[FleetEvent] = []
    hub.subscribe(heard.append)
    node = NodeIdentity.of(rig.engine(1))
    rig.fleet.hub.publish_own(NodeChange("down", node, {"reason": "x"}).record(5.0))
    assert heard == [] == hub.past(0, 10**11)
    assert len(rig.fleet.hub.past(0, 10**11)) == 1
