"""The steps that tests/authz/test_taken.py does not show from outside."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred

from swarmd.api.access.reach import Reach
from swarmd.authz.policy import Limits
from swarmd.cluster import actions
from swarmd.core.errors import Conflict
from swarmd.manager.containers.host_access import HostAccess
from tests.authz.rig import DAVE, FREE, ML, GuardedRig, create, inspected
from tests.hostile.rig import whole


def reach(rig: GuardedRig) -> Reach:
    return Reach(Limits(), rig.fleet, rig.fleet, HostAccess(rig.fleet), lambda _: False)


def test_a_name_that_goes_over_to_another_while_it_is_judged() -> None:
    rig = GuardedRig()
    shown = rig.there[f"containers/{ML}/json"]
    rig.script(1, lambda method, target: None)
    asked = Deferred.fromCoroutine(reach(rig).container("mine"))
    rig.fleet.dispatch(actions.ContainerGone(rig.engine(1).key, ML))
    rig.show(inspected("0c" * 32, "mine", Privileged=True))
    caught: list[Any] = []
    asked.addErrback(caught.append)
    rig.dialled(1).connections[-1].dataReceived(whole(200, shown))
    assert isinstance(caught[0].value, Conflict)


def test_many_networks_are_found_in_one_walk() -> None:
    """Two thousand endpoints beside two thousand networks were two thousand walks."""
    rig = GuardedRig()
    shown = [
        {"Id": f"{n:064x}", "Name": f"n{n}", "Driver": "bridge", "Scope": "local"}
        for n in range(1, 2001)
    ]
    rig.fleet.dispatch(actions.NetworksListed(rig.engine(1).key, shown, rig.clock.seconds()))
    names = [f"n{n}" for n in range(1, 2001)]
    found = Deferred.fromCoroutine(reach(rig).networks(names))
    assert found.result == []


def test_a_network_that_nobody_knows() -> None:
    rig = GuardedRig()
    body = {**create(), "NetworkingConfig": {"EndpointsConfig": {"nowhere": {}}}}
    status, said = rig.as_(DAVE, "POST", "/containers/create", body).answer()
    assert (status, said["message"]) == (400, "network nowhere not found")
    path = "/networks/nowhere/connect"
    assert rig.status(DAVE, "POST", path, {"Container": FREE}) == 404
    assert rig.changed == []
