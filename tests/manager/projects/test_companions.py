"""Where a container of a Compose project had best go."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from swarmd.cluster.actions import ContainerInspected
from swarmd.core.container.container_state import Container
from swarmd.core.request.scope import Scope
from swarmd.manager.projects.companions import companions
from swarmd.manager.projects.companions import near as best
from swarmd.manager.projects.compose_labels import NUMBER, ONE_OFF, PROJECT, SERVICE
from tests.cluster.fleet import inspect
from tests.manager.containers.test_create import order
from tests.manager.rig import Rig

BRIDGE = {"NetworkMode": "bridge"}


def labels(service: str, number: int = 1, **more: str) -> dict[str, str]:
    return {PROJECT: "p", SERVICE: service, NUMBER: str(number), ONE_OFF: "False", **more}


def near(rig: Rig, wish: dict[str, str], **body: Any) -> list[str]:
    keys = companions(rig.state, order("new", Labels=wish, **body))
    return [rig.state.engines[key].name for key in keys]


def has(rig: Rig, node: int, letter: str, service: str, number: int = 1, **host: Any) -> None:
    """A container of the project, and that it is tied to what ``host`` says."""
    name, marks = f"p_{service}_{number}", labels(service, number)
    body = inspect(1, name, Id=letter * 64, Config__Labels=marks, HostConfig={**BRIDGE, **host})
    rig.has_container(node, letter * 64, name, Labels=marks)
    rig.clock.advance(1)
    now = rig.clock.seconds()
    rig.fleet.dispatch(ContainerInspected(rig.engine(node).key, body, now))


def test_the_first_ones_on_the_bridge_go_where_most_of_them_are() -> None:
    rig = Rig(3)
    assert near(rig, labels("db"), HostConfig=BRIDGE) == []
    has(rig, 2, "a", "db")
    has(rig, 3, "b", "cache")
    has(rig, 3, "c", "queue")
    for mode in (BRIDGE, {}, {"NetworkMode": "default"}):
        assert near(rig, labels("web"), HostConfig=mode) == ["node-3", "node-2"]


def test_further_ones_of_a_service_draw_nobody() -> None:
    rig = Rig(2)
    has(rig, 2, "a", "worker", 2)
    assert near(rig, labels("web"), HostConfig=BRIDGE) == []


@pytest.mark.parametrize("mode", ["host", "none", "net", "container:" + "a" * 64])
def test_other_networks_say_where_to_go_or_that_it_is_all_the_same(mode: str) -> None:
    rig = Rig(2)
    has(rig, 2, "a", "db")
    assert near(rig, labels("web"), HostConfig={"NetworkMode": mode}) == []


def test_who_asks_for_something_else() -> None:
    rig = Rig(2)
    has(rig, 2, "a", "db")
    other, spread = {PROJECT: "q"}, {"com.docker.swarm.spread": "zone"}
    assert near(rig, {**labels("web"), **other}, HostConfig=BRIDGE) == []
    assert near(rig, {**labels("web"), **spread}, HostConfig=BRIDGE) == []
    assert near(rig, {**labels("web"), ONE_OFF: "True"}, HostConfig=BRIDGE) == []
    assert near(rig, {}, HostConfig=BRIDGE) == []


TIES = [
    {"Links": ["/p_db_1:/p_web_1/db"]},
    {"VolumesFrom": ["a" * 64 + ":rw"]},
    {"NetworkMode": "container:" + "a" * 64},
    {"IpcMode": "container:" + "a" * 12},
    {"PidMode": "container:p_db_1"},
]


@pytest.mark.parametrize("tie", TIES, ids=lambda tie: next(iter(tie)))
def test_a_further_one_of_a_service_that_is_used_goes_to_the_first(tie: dict[str, Any]) -> None:
    rig = Rig(3)
    has(rig, 2, "a", "db")
    has(rig, 3, "b", "other")
    assert near(rig, labels("db", 2), HostConfig=BRIDGE) == []
    has(rig, 2, "c", "web", **tie)
    assert near(rig, labels("db", 2), HostConfig=BRIDGE) == ["node-2"]
    assert near(rig, labels("db", 2), HostConfig={"NetworkMode": "host"}) == ["node-2"]
    assert near(rig, labels("other", 2), HostConfig=BRIDGE) == []


def test_what_a_list_does_not_tell_stays_known() -> None:
    rig = Rig(2)
    has(rig, 2, "a", "db")
    has(rig, 2, "b", "web", **TIES[0])
    rig.has_container(2, "b" * 64, "p_web_1", Labels=labels("web"))
    assert near(rig, labels("db", 2)) == ["node-2"]


def test_those_that_are_just_being_made_count() -> None:
    rig = Rig(2)
    rig.state.reserve(
        Container("pending-1", rig.engine(2).key, ("p_db_1",), labels=labels("db"), pending=True)
    )
    assert near(rig, labels("cache"), HostConfig=BRIDGE) == ["node-2"]


def test_not_to_a_node_that_is_lost_or_must_be_left() -> None:
    rig = Rig(2)
    has(rig, 2, "a", "db")
    wish = order("p_db_1", Labels=labels("web"), HostConfig=BRIDGE)
    old = rig.state.containers["a" * 64]
    assert companions(rig.state, replace(wish, replaces=old)) == []
    rig.lose(2)
    assert companions(rig.state, wish) == []


def test_home_goes_before_company() -> None:
    rig = Rig(3)
    has(rig, 2, "a", "db")
    wish = order("web", Labels=labels("web"), HostConfig=BRIDGE)
    assert best(rig.state, wish) == [rig.engine(2).key]
    rig.has_container(3, "b" * 64, "web", Mounts=[{"Type": "bind", "Source": "/srv"}])
    old = rig.state.containers["b" * 64]
    rig.state.catalogue.remove(rig.engine(3), old.id)
    assert best(rig.state, wish) == [rig.engine(3).key, rig.engine(2).key]
    assert best(rig.state, replace(wish, replaces=old)) == [rig.engine(2).key], "it must move"


def test_within_a_scope_only_its_own_are_company() -> None:
    rig = Rig(2)
    has(rig, 2, "a", "db")
    wish = order("new", Labels=labels("web"), HostConfig=BRIDGE)
    assert companions(rig.state, wish) and not companions(
        rig.state, replace(wish, scope=Scope("team", "ml"))
    )
