"""The placement benchmark, small enough for every run; the best of many runs defies noise."""

import time

import pytest

from swarmd.core.container.container_state import Container
from swarmd.core.index.engine_index import EngineIndex
from swarmd.scheduler.place import rank
from swarmd.scheduler.placement import Placement
from tests.bench import placement


def fastest(wanted: Placement, engines: EngineIndex) -> float:
    times = []
    for _ in range(25):
        before = time.process_time()
        rank(wanted, engines, placement.POLICY)
        times.append(time.process_time() - before)
    return min(times)


@pytest.mark.parametrize("name", ["tenth", "all equal", "port taken"])
def test_cost_hardly_grows_with_engines(name: str) -> None:
    wanted = placement.WISHES[name]
    few = fastest(wanted, placement.fleet(100))
    assert fastest(wanted, placement.fleet(2000)) < 5 * few


def test_cost_does_not_grow_with_containers() -> None:
    few, many = placement.fleet(100), placement.fleet(100)
    for engine in many.engines(many.everyone):
        for number in range(500):
            engine.tally.add(Container(f"more-{number}", engine.key, (f"more-{number}",)))
        many.touch(engine)
    wanted = placement.WISHES["tenth"]
    assert fastest(wanted, many) < 3 * fastest(wanted, few)


def test_it_prints_growth(capsys: pytest.CaptureFixture[str]) -> None:
    placement.main(sizes=(10, 20), runs=1)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["wish", "10", "20", "engines,", "ms", "CPU"]
    assert len(lines) == len(placement.WISHES) + 2
