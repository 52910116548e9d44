from __future__ import annotations

from swarmd.cli.errors import DONE, FAILED, MEANINGS, MISUSED, CommandError, Misuse


def test_three_outcomes_have_three_numbers() -> None:
    assert [status for status, _ in MEANINGS] == [DONE, FAILED, MISUSED] == [0, 1, 2]
    assert (CommandError.status, Misuse.status) == (FAILED, MISUSED)
