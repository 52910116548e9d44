from __future__ import annotations

import pytest

from swarmd.core.errors import ApiError, Unavailable
from swarmd.manager.images.targets import engines_for
from tests.manager.rig import Rig


def test_constraints() -> None:
    rig = Rig(3)
    chosen = engines_for(rig.fleet, ["node!=node-2"])
    assert [engine.name for engine in chosen] == ["node-1", "node-3"]
    assert len(engines_for(rig.fleet, [])) == 3
    assert len(engines_for(rig.fleet, ["node==~nowhere"])) == 3, "soft"
    with pytest.raises(ApiError, match="node==nowhere"):
        engines_for(rig.fleet, ["node==nowhere"])
    with pytest.raises(Unavailable):
        engines_for(Rig(0).fleet, [])
