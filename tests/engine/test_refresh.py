"""What is listed again while an engine is well."""

from __future__ import annotations

import pytest

from swarmd.cluster.actions import ContainersListed, ImagesListed, VolumesListed
from swarmd.engine.client import containers_path
from swarmd.engine.refresh import FEW
from tests.engine.scripted import Rig, event
from tests.engine.test_session import ONE, START, TWO, steady

ONE_CONTAINER = "/v1.41/containers/json?limit=1"
EVERYTHING = ["/containers/json", "/images/json", "/networks", "/volumes"]


@pytest.mark.parametrize(("jitter", "wait"), [(0.0, 30.0), (0.5, 45.0), (0.99, 59.7)])
def test_everything_is_listed_again_now_and_then(jitter: float, wait: float) -> None:
    rig = Rig(jitter)
    script = steady(rig)
    rig.pass_time(wait - 1)
    assert "/containers/json" not in script.calls
    rig.pass_time(2)
    assert [call for call in script.targets if call != "/_ping"] == [ONE_CONTAINER]
    rig.pass_time(4 * wait + 2)
    assert [call for call in script.calls if call != "/_ping"][4:8] == EVERYTHING


def test_what_has_changed_is_listed_again_after_a_span() -> None:
    rig = Rig(jitter=0.0)
    script = steady(rig, ONE, TWO)
    script.subscription.send(event("pause", ONE, nano=START + 1))
    script.subscription.send(event("pull", "other", nano=START + 2, kind="image"))
    rig.pass_time(31.0)
    assert [target for target in script.targets if target != "/_ping"][:2] == [
        "/v1.41" + containers_path({ONE}),
        "/v1.41/images/json",
    ]
    assert (rig.engine().dirty, rig.engine().stale) == (set(), set())


def test_everything_is_listed_after_so_many_events_that_some_may_be_lost() -> None:
    rig = Rig(jitter=0.0)
    script = steady(rig, ONE)
    for number in range(FEW + 1):
        script.subscription.send(event("exec_die: x", ONE, nano=START + number))
    rig.pass_time(61.0)
    assert [call for call in script.calls if call in EVERYTHING] == [*EVERYTHING, EVERYTHING[0]]


def test_lists_that_did_not_change_are_not_told_again() -> None:
    rig = Rig(jitter=0.0)
    script = steady(rig)
    rig.pass_time(455.0)
    assert script.calls.count("/volumes") == 3
    assert len([action for action in rig.of(ContainersListed) if action.asked is None]) == 1
    assert len(rig.of(ImagesListed)) == 1
    script.lists["/volumes"] = {"Volumes": [{"Name": "v"}], "Warnings": ["slow"]}
    script.subscription.send(event("pull", "busybox", nano=START + 1, kind="image"))
    rig.pass_time(155.0)
    assert len(rig.of(ImagesListed)) == 2
    assert rig.of(VolumesListed)[-1].warnings == ["slow"]
    assert "images" not in rig.engine().stale


def test_an_engine_that_answers_pings_alone_is_lost_in_the_end() -> None:
    rig = Rig(jitter=0.0)
    script = steady(rig)
    script.held["/containers/json"] = []
    rig.pass_time(90.0)
    assert rig.engine().healthy
    rig.pass_time(31.0)
    assert not rig.engine().healthy
    assert rig.engine().error == "no answer within 10 s"
