"""The benchmark itself runs: its engines, its load and its figures, at the smallest size."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.bench import __main__ as bench
from tests.bench import streams
from tests.bench.load import repeat
from tests.bench.programs import engines, healthy, swarmd, wait_for


def test_every_workload_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with ExitStack() as stack:
        fleet = bench.start(stack, tmp_path, 2, 2)
        bench.workloads(fleet, seconds=0.05, rounds=1)
        bench.bulky(fleet, rounds=1, blocks=4)
        streams.idle(fleet.swarmd, fleet.first[0], 3)
        bench.rest(fleet, seconds=0.1)
        bench.lag(fleet, seconds=0.1)
        bench.heard(fleet, seconds=0.3)
        bench.requests(fleet, seconds=0.1)
    printed = capsys.readouterr().out
    assert "2 engines, 4 containers: healthy after" in printed
    assert all(row.name in printed for row in bench.ROWS)
    assert "at rest with 200 events/s" in printed
    assert "/_ping waited" in printed
    assert "cp, up, 8 at once" in printed
    assert "3 of 3 held" in printed
    assert "each of 10 subscribers heard" in printed
    assert "create 1.00" in printed and "rm 1.00" in printed and "start 1.00" in printed


def test_requests_for_a_container(tmp_path: Path) -> None:
    """A cycle costs its engine one call each, whatever lists and events cause besides."""
    with engines(tmp_path, 1, 1) as source, swarmd(tmp_path) as manager:
        wait_for(lambda: healthy(manager.address) == 1)
        fleet = bench.Fleet(source, manager, None, None, [], [], [])
        done = repeat(manager.address, bench.cycle(fleet), clients=1, seconds=0.05).count
        asked = bench.asked(fleet)
    assert (asked["create"], asked["start"], asked["rm"]) == (done, done, done)
    assert asked["json"] <= 6  # the sync, and an inspect of the one that was there
