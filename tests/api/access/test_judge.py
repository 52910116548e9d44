"""What is looked at, and what is not; the rules themselves are tested in tests/authz."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from swarmd.api.access.judge import Judge
from swarmd.authz.policy import Quota, Role
from swarmd.authz.rights import classify
from swarmd.manager.containers.host_access import HostAccess
from tests.authz.rig import ALICE, DAVE, ROOT, GuardedRig, create


def test_who_is_bound_by_nothing_is_not_looked_at() -> None:
    rig = GuardedRig()
    request: Any = SimpleNamespace(method=b"POST")
    right, path = classify("POST", ["containers", "create"]), ["containers", "create"]
    for role, looked_at in (
        (Role("admin", frozenset({"*"}), limits=None), False),
        (Role("admin", frozenset({"*"}), limits=None, quota=Quota(1)), True),
        (Role("bound", frozenset({"*"})), True),
    ):
        judgement = Judge(role, ROOT, rig.fleet, rig.fleet, HostAccess(rig.fleet)).of(
            request, right, path
        )
        assert (judgement is not None) == looked_at


def test_nobody_sets_whose_quota_it_counts_for() -> None:
    rig = GuardedRig()
    body = {**create(), "Labels": {"com.docker.swarm.role": "ml", "com.docker.swarm.owner": "bob"}}
    assert rig.status(DAVE, "POST", "/containers/create", body) == 201
    labels = rig.sent("POST", "/containers/create")["Labels"]
    assert (labels["com.docker.swarm.role"], labels["com.docker.swarm.owner"]) == ("strict", "dave")
    assert rig.status(ALICE, "POST", "/containers/create", body) == 201
    assert rig.sent("POST", "/containers/create")["Labels"]["com.docker.swarm.owner"] == "alice"


def test_an_update_and_an_exec_reach_the_engine_as_judged() -> None:
    rig = GuardedRig()
    assert rig.status(DAVE, "POST", "/containers/mine/update", {"memory": 1}) == 204
    assert rig.sent("POST", "/update") == {"Memory": 1}
    assert rig.status(DAVE, "POST", "/containers/mine/exec", {"cmd": ["a"]}) == 201
    assert rig.sent("POST", "/exec") == {"Cmd": ["a"]}


def test_a_network_that_names_no_driver_is_judged_as_the_one_it_gets() -> None:
    rig = GuardedRig()
    assert rig.status(DAVE, "POST", "/networks/create", {"Name": "one"}) == 201
    rig.fleet.network_driver = "overlay"
    for driver in ({}, {"Driver": ""}, {"Driver": None}):
        assert rig.status(DAVE, "POST", "/networks/create", {"Name": "two", **driver}) == 403
    assert rig.status(DAVE, "POST", "/networks/create", {"Name": "two", "Driver": "bridge"}) == 201
