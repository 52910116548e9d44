from __future__ import annotations

from swarmd.core.model import Health
from swarmd.manager.nodes.readiness import Readiness
from tests.manager.rig import Rig


def test_first_contact_and_enough_healthy_nodes() -> None:
    rig, contacted = Rig(2), False
    ready = Readiness(lambda: contacted, rig.state.engines.values, 2)
    assert not ready()
    contacted = True
    assert ready()
    rig.engine(1).health = Health.UNHEALTHY
    assert not ready()
    ready.wanted = 1
    assert ready()


def test_without_a_wish_contact_is_enough() -> None:
    contacted = False
    ready = Readiness(lambda: contacted, list, 0)
    assert not ready()
    contacted = True
    assert ready()
