from __future__ import annotations

from pathlib import Path

from tests.soak.leaks import ENGINES, IDLE, SIZE, prepared


def test_nothing_is_held_after_faults(tmp_path: Path) -> None:
    with prepared(tmp_path, seed=1) as leaks:
        leaks.rounds(5)
        before = leaks.held()
        leaks.rounds(25)
        after = leaks.held()
    assert after.containers >= ENGINES * SIZE
    assert after.clients <= 1 and after.reserved == 0
    assert after.descriptors <= before.descriptors + ENGINES * IDLE
    assert after.memory <= before.memory + 8
