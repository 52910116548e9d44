"""Single steps; the whole is in tests/authz/test_ways_around.py."""

from __future__ import annotations

from typing import Any

from swarmd.api.access.scoping import Scoping
from swarmd.authz.rights import Right
from swarmd.cluster.scoped.sight import Sight
from swarmd.manager.fleet.scoped_fleet import ScopedFleet
from tests.authz.rig import ML, GuardedRig


def scoping() -> Scoping:
    rig = GuardedRig()
    role = rig.guard.policy.roles["ml"]
    assert role.scope is not None
    return Scoping(role, rig.fleet, ScopedFleet(rig.fleet, Sight(role.scope)))


def test_links_keep_the_alias_that_their_name_is() -> None:
    body: dict[str, Any] = {"Image": "busybox", "HostConfig": {"Links": ["mine", "mine:db"]}}
    scoping().apply(Right("containers", "run"), "create", {}, body)
    assert body["HostConfig"]["Links"] == [f"{ML}:mine", f"{ML}:db"]


def test_own_images() -> None:
    assert scoping().is_own("mine/app:1")
    assert not scoping().is_own("busybox") and not scoping().is_own("nowhere")


def test_builds_and_imports_are_labelled() -> None:
    query = {"t": ["mine/app:2"]}
    scoping().apply(Right("images", "build"), "build", query, None)
    assert query["labels"] == ['{"team": "ml"}']
    query = {"fromSrc": ["-"], "repo": ["mine/x"]}
    scoping().apply(Right("images", "pull"), "create", query, None)
    assert query["changes"] == ['LABEL "team"="ml"']
