"""By every index a scope finds its own, and only that."""

from __future__ import annotations

from swarmd.cluster.images.image_lookup import engines_with_image
from swarmd.cluster.lookup import find_engine
from swarmd.cluster.scoped.scoped_state import ScopedState
from swarmd.cluster.scoped.sight import Sight
from swarmd.core.request.scope import Scope
from tests.authz.rig import ML_IMAGE, GuardedRig


def test_engines_are_one_object_each_with_their_part() -> None:
    seen = ScopedState(GuardedRig().state, Sight(Scope("team", "ml")))
    [first, second] = seen.engines.values()
    assert seen.engines[first.key] is first and find_engine(seen, "node-1") is first
    assert find_engine(seen, "ID1") is first
    assert first != second and len({first, second}) == 2 and len(seen.engines) == 2
    assert list(first.volumes) == ["mine-vol"] and first.healthy
    assert first.tally.running == 1
    assert set(first.image_refs.values()) >= {ML_IMAGE}
    assert engines_with_image(seen, "mine/app:1") == [first]
    assert engines_with_image(seen, "theirs/app:1") == []
    assert [*seen.index.images.texts("")] == ["busybox:latest", "mine/app:1"]
