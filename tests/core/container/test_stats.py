from __future__ import annotations

from typing import Any

import pytest

from swarmd.core.container.stats import Stats, read_stats


def body(cpu: Any = 5, usage: Any = 100, **stats: Any) -> dict[str, Any]:
    return {
        "cpu_stats": {"cpu_usage": {"total_usage": cpu}},
        "memory_stats": {"usage": usage, "stats": stats},
    }


def test_what_the_kernel_can_drop_is_not_used() -> None:
    assert read_stats(body()) == Stats(5, 100)
    assert read_stats(body(inactive_file=30)) == Stats(5, 70)
    assert read_stats(body(total_inactive_file=40)) == Stats(5, 60)
    assert read_stats(body(inactive_file=300)) == Stats(5, 0)
    assert read_stats({**body(1), "memory_stats": {}}) == (1, 0)


@pytest.mark.parametrize(
    "hostile",
    [
        *(None, [], "x", {}, {"cpu_stats": 1, "memory_stats": {}}),
        *(body(-1), body(1 << 63), body(1.5), body(True), body("1"), body(None), body(1, -5)),
        *(body(1, 10**400), body(1, float("nan")), body(1, 5, inactive_file={}), {"cpu_stats": {}}),
        body("9" * 9999),
    ],
)
def test_what_is_no_reading(hostile: Any) -> None:
    with pytest.raises(ValueError) as refused:
        read_stats(hostile)
    assert len(str(refused.value)) < 100
