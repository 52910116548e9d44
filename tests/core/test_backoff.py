from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarmd.core.backoff import backoff


@pytest.mark.parametrize(
    ("attempt", "jitter", "seconds"),
    [(1, 0.0, 0.5), (1, 0.5, 0.75), (2, 0.0, 1.0), (4, 0.5, 6.0), (5, 0.0, 5.0), (99, 0.5, 7.5)],
)
def test_waits_double_up_to_the_ceiling(attempt: int, jitter: float, seconds: float) -> None:
    assert backoff(attempt, base=1.0, ceiling=10.0, jitter=lambda: jitter) == seconds


@given(st.integers(1, 10**9), st.floats(0, 1, exclude_max=True))
def test_a_wait_is_never_nothing_and_never_beyond_the_ceiling(attempt: int, jitter: float) -> None:
    assert 0.5 <= backoff(attempt, base=1.0, ceiling=30.0, jitter=lambda: jitter) <= 30.0
