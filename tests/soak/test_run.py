"""A short soak on the fleet of the other tests, so that the long one works when it is wanted."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lab.engines import Fleet
from tests.soak.harm import Lab
from tests.soak.plan import Round
from tests.soak.run import Soak

_WORK = ("run", "list", "exec", "rename", "remove", "create", "inspect", "client leaves", "events")


@pytest.fixture
def lab(fleet: Fleet, tmp_path: Path) -> Lab:
    return Lab(fleet, tmp_path / "swarmd")


def test_two_rounds(lab: Lab, tmp_path: Path) -> None:
    try:
        lab.start()
        soak = Soak(lab, tmp_path, seed=1)
        for number, fault in enumerate(("refuse", "kill swarmd"), start=1):
            soak.round(Round(number, fault, 1, 1.0, (_WORK, _WORK)))
        lab.clear()
    finally:
        lab.close()
    assert soak.report.wrong == []
    assert soak.report.rounds == 2 and soak.report.acknowledged > 0
