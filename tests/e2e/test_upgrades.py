"""Restarts under load: no stream that ends in time is lost, no call is answered with an error."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.registries import pushed, registry  # noqa: F401 - fixtures
from tests.e2e.upgrading import Crowd
from tests.lab.engines import Fleet
from tests.lab.unit import Unit
from tests.lab.waiting import eventually

pytestmark = pytest.mark.fleet
CLIENTS = {"create": 12, "log": 12, "attach": 10, "exec": 10, "build": 3, "pull": 3}


@pytest.fixture
def unit(fleet: Fleet, tmp_path: Path) -> Iterator[Unit]:
    unit = Unit(tmp_path / "unit", fleet, options=("--state-dir", str(tmp_path)))
    try:
        unit.start(len(fleet.engines))
        yield unit
    finally:
        unit.close()
        fleet.remove_all()


def _restarted(unit: Unit, crowd: Crowd, many: int) -> None:
    crowd.start(CLIENTS)
    try:
        for _ in range(many):
            unit.restart()
    finally:
        crowd.stop()
    print(f"{unit.starts - 1} restarts: {dict(crowd.done)}, over one: {dict(crowd.spanning)}")
    assert crowd.failures == []
    assert set(crowd.done) == set(CLIENTS)
    assert crowd.spanning["log"] and crowd.spanning["attach"] and crowd.spanning["exec"]
    eventually(lambda: unit.processes() == [unit.pid], 30, what="the end of the processes before")


def test_two_restarts_under_fifty_clients(unit: Unit, pushed: str) -> None:  # noqa: F811
    _restarted(unit, Crowd(unit.url, None, lambda: unit.starts, pushed), 2)


@pytest.mark.soak
def test_twenty_restarts_under_fifty_clients(unit: Unit, pushed: str) -> None:  # noqa: F811
    _restarted(unit, Crowd(unit.url, None, lambda: unit.starts, pushed), 20)
