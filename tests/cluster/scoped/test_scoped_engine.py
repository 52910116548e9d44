"""Of an engine a scope sees its part, and nothing that nobody thought of."""

from __future__ import annotations

from swarmd.cluster.scoped.scoped_engine import ScopedEngine
from swarmd.cluster.scoped.sight import Sight
from swarmd.core.model import Engine, NodeUsage
from swarmd.core.request.scope import Scope
from tests.authz.rig import ML, WEB, GuardedRig
from tests.cluster.protocols import members, reachable


def test_it_has_what_the_protocol_names_and_nothing_else() -> None:
    engine = next(iter(GuardedRig().state.engines.values()))
    assert reachable(ScopedEngine(engine, Sight(Scope("team", "ml")))) == members(Engine)


def test_the_node_is_seen_and_of_its_content_a_part() -> None:
    state = GuardedRig().state
    for engine in state.engines.values():
        engine.usage = NodeUsage(1, 2, 3, 4)
        seen = ScopedEngine(engine, Sight(Scope("team", "ml")))
        content = {"containers", "images", "image_refs", "networks", "volumes", "tally", "usage"}
        for name in members(Engine) - content:
            assert getattr(seen, name) == getattr(engine, name), name
        assert seen.usage is None  # of all containers there, whoever's they are
        assert WEB not in seen.containers
        assert seen.tally.running == len(seen.containers) == (ML in engine.containers)
