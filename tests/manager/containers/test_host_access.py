from __future__ import annotations

from typing import Any

import pytest
from twisted.internet.defer import Deferred

from swarmd.core.errors import ApiError
from swarmd.manager.containers import host_access
from swarmd.manager.containers.host_access import HostAccess, standard_of
from tests.authz.rig import ML, GuardedRig, inspected


def asked(rig: GuardedRig, kept: HostAccess) -> Any:
    container = rig.fleet.state.containers[ML]
    found = Deferred.fromCoroutine(kept.container(container))
    if not found.called:
        rig.pass_time()
    if isinstance(found.result, dict):
        return found.result
    caught: list[Any] = []
    found.addErrback(caught.append)
    return caught[0].value


def test_each_container_is_asked_for_once_and_few_are_kept(monkeypatch: Any) -> None:
    rig, kept = GuardedRig(), HostAccess(GuardedRig().fleet)
    kept = HostAccess(rig.fleet)
    first = asked(rig, kept)
    assert asked(rig, kept) == first and len(rig.asked) == 1
    monkeypatch.setattr(host_access, "LARGEST_KEPT", 1)
    fresh = HostAccess(rig.fleet)
    for _ in range(2):
        asked(rig, fresh)
    assert len(rig.asked) == 3
    monkeypatch.setattr(host_access, "LARGEST_KEPT", 1 << 20)
    monkeypatch.setattr(host_access, "KEPT", 0)
    for _ in range(2):
        asked(rig, fresh)
    assert len(rig.asked) == 5


def test_a_kept_one_is_nobodys_to_change() -> None:
    rig = GuardedRig()
    kept = HostAccess(rig.fleet)
    asked(rig, kept)["HostConfig"].clear()
    assert asked(rig, kept)["HostConfig"]


@pytest.mark.parametrize("answer", [None, (500, {}), (200, {}), (200, []), (404, {})])
def test_who_does_not_tell(answer: Any) -> None:
    rig = GuardedRig()
    rig.script(1, lambda method, target: answer)
    assert isinstance(asked(rig, HostAccess(rig.fleet)), ApiError)


def test_more_volumes_than_can_be_asked_for() -> None:
    rig = GuardedRig()
    mounts = [{"Type": "volume", "Name": f"v{n}", "RW": True} for n in range(300)]
    rig.there[f"containers/{ML}/json"] = inspected(ML, "mine", Mounts=mounts)
    error = asked(rig, HostAccess(rig.fleet))
    assert error.status == 403 and len(rig.asked) == 1


def test_standards_are_read_once() -> None:
    assert standard_of(b'{"DefaultRuntime":"crun"}').runtime == "crun"
