from __future__ import annotations

import pytest

from swarmd.engine.limits import Timing


@pytest.mark.parametrize("heartbeat", [1.0, 2.0, 5.0, 30.0])
def test_a_hang_is_beyond_doubt_within_three_heartbeats(heartbeat: float) -> None:
    """It began just after an event, which puts the ping off by a heartbeat."""
    timing = Timing(heartbeat=heartbeat)
    checks = timing.failure_retry * timing.ping + (timing.failure_retry - 1) * timing.recheck
    assert heartbeat + checks + timing.failure_retry * timing.step <= 3 * heartbeat


def test_a_ping_never_waits_longer_than_two_seconds() -> None:
    assert [Timing(heartbeat=each).ping for each in (1.0, 5.0, 60.0)] == [0.4, 2.0, 2.0]
