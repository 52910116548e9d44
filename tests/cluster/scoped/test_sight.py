"""What a scope sees is its own, and what is shared with it."""

from __future__ import annotations

from swarmd.cluster.scoped.scoped_state import ScopedState
from swarmd.cluster.scoped.sight import Sight
from swarmd.core.request.scope import Scope
from tests.authz.rig import GuardedRig


def test_strictly_nothing_is_shared() -> None:
    state = GuardedRig().state
    shared = Sight(Scope("team", "ml"), networks=lambda name: name == "shared")
    strict = Sight(Scope("team", "ml"), networks=lambda name: True, strict=True)

    def names(sight: Sight) -> set[str]:
        engine = next(iter(ScopedState(state, sight).engines.values()))
        tags = engine.image_refs
        return {one.name for one in engine.networks.values()} | set(tags)

    assert names(shared) >= {"shared", "busybox:latest"}
    assert names(strict) == {"mine-net", "bridge", "host", "mine/app:1"}
