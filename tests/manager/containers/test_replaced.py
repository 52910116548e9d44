"""Which containers a new one takes the place of."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from swarmd.core.request.scope import Scope
from swarmd.manager.containers.create_order import CreateOrder
from swarmd.manager.containers.replaced import RECENT, replaced
from tests.cluster.fleet import seen
from tests.manager.containers.test_create import order
from tests.manager.rig import Rig

OLD = "a" * 64
C = "com.docker.compose."
SERVICE = {f"{C}project": "p", f"{C}service": "web", f"{C}container-number": "1"}
ONE = {**SERVICE, f"{C}oneoff": "False"}


def found(rig: Rig, wish: CreateOrder) -> list[str]:
    return [one.name for one in replaced(rig.state, wish)]


@pytest.mark.parametrize(
    ("changed", "is_replaced"),
    [
        ({}, True),
        ({f"{C}container-number": "2"}, False),
        ({f"{C}service": "db"}, False),
        ({f"{C}project": "q"}, False),
        ({f"{C}oneoff": "True"}, False),
        ({f"{C}container-number": "2", f"{C}replace": "p-web-1"}, True),
        ({f"{C}container-number": "2", f"{C}replace": OLD}, True),
        ({f"{C}project": "q", f"{C}replace": "p-web-1"}, False),
        ({f"{C}container-number": "2", f"{C}replace": ""}, False),
    ],
)
def test_the_same_one_of_a_compose_service(changed: dict[str, str], is_replaced: bool) -> None:
    rig = Rig(2)
    rig.has_container(2, OLD, "p-web-1", Labels=ONE)
    rig.has_container(2, "b" * 64, "p-db-1", Labels={**ONE, f"{C}service": "x"})
    wish = order("aaaa_p-web-1", Labels={**ONE, **changed})
    assert found(rig, wish) == (["p-web-1"] if is_replaced else [])


def test_labels_of_no_project_mean_nothing() -> None:
    rig = Rig(1)
    rig.has_container(1, OLD, "web")
    assert found(rig, order("new")) == []
    assert found(rig, order("new", Labels={f"{C}replace": "web"})) == []


def rename(rig: Rig, name: str) -> None:
    engine = rig.engine(1)
    record: dict[str, Any] = {
        "Type": "container",
        "Action": "rename",
        "Actor": {"ID": OLD, "Attributes": {"name": name}},
    }
    rig.fleet.dispatch(seen(engine.key, record, rig.clock.seconds(), rig.now))


def test_who_was_renamed_away_a_moment_ago() -> None:
    rig = Rig(2)
    rig.has_container(1, OLD, "web", State="exited")
    assert found(rig, order("web")) == []
    rig.clock.advance(1)
    rename(rig, "web-old")
    assert found(rig, order("web")) == ["web-old"] and found(rig, order("db")) == []
    rig.clock.advance(RECENT + 1)
    assert found(rig, order("web")) == []


def test_a_name_that_came_back() -> None:
    rig = Rig(1)
    rig.has_container(1, OLD, "web")
    for name in ("aside", "web"):
        rig.clock.advance(1)
        rename(rig, name)
    assert found(rig, order("web")) == [] and found(rig, order("aside")) == ["web"]


def test_within_a_scope_only_its_own() -> None:
    """Else whoever forges a project's labels gets its ports, and a place where none is left."""
    rig = Rig(1)
    rig.has_container(1, OLD, "p-web-1", Labels={**ONE, "team": "web"})
    by_instance, by_id = order("new", Labels=ONE), order("x", Labels={**ONE, f"{C}replace": OLD})
    rig.clock.advance(1)
    rename(rig, "p-web-old")
    for wish in (by_instance, by_id, order("p-web-1")):
        assert found(rig, replace(wish, scope=Scope("team", "web"))) == ["p-web-old"]
        assert found(rig, replace(wish, scope=Scope("team", "ml"))) == []
