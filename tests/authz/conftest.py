"""What most tests of rights begin with."""

from __future__ import annotations

import pytest

from tests.authz.rig import GuardedRig


@pytest.fixture
def rig() -> GuardedRig:
    return GuardedRig()
