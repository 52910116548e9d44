"""At a start only what runs counts, and what the container has already is its own."""

from __future__ import annotations

import pytest

from swarmd.core.container.container_state import Container, Demand
from swarmd.core.container.resources import ONE_CPU
from swarmd.core.model import Engine
from swarmd.scheduler.registry import make_policy
from swarmd.scheduler.room import advice, holders, lacking
from tests.scheduler.fleet import make_engine

POLICY = make_policy()
GIB = 1 << 30


def one(name: str, state: str, **demand: object) -> Container:
    return Container(name, "e1", (name,), state=state, demand=Demand(**demand))  # type: ignore[arg-type]


def with_(*containers: Container) -> Engine:
    """Two CPUs, 4 GiB, and GPU 0."""
    engine = make_engine("e1", cpus=2, memory=4 * GIB, resource_gpu="0")
    for container in containers:
        engine.containers[container.id] = container
        engine.tally.add(container)
    return engine


GPU = (("gpu", "0"),)


@pytest.mark.parametrize(
    ("there", "wish", "words"),
    [
        (one("a", "running", cpus=ONE_CPU), {"cpus": 2 * ONE_CPU}, "1 of 2 CPUs are free"),
        (one("a", "created", cpus=ONE_CPU), {"cpus": 2 * ONE_CPU}, ""),
        (one("a", "exited", cpus=ONE_CPU), {"cpus": 2 * ONE_CPU}, ""),
        (one("a", "paused", memory=3 * GIB), {"memory": 2 * GIB}, "1 GiB of 4 GiB of memory"),
        (one("a", "restarting", devices=GPU), {"devices": GPU}, "gpu 0 is in use"),
        (one("a", "created", devices=GPU), {"devices": GPU}, ""),
        (one("a", "running", devices=GPU), {"devices": (("gpu", "7"),)}, ""),
        (one("a", "exited")._replace(starting=True), {"cpus": 2 * ONE_CPU}, ""),
    ],
)
def test_what_runs_counts(there: Container, wish: dict[str, object], words: str) -> None:
    wanting = one("b", "exited", **wish)
    found = lacking(wanting, wanting.demand, with_(there, wanting), POLICY)
    assert found == "" if not words else words in found


def test_one_that_is_being_started_counts() -> None:
    there = one("a", "exited", cpus=ONE_CPU)._replace(starting=True)
    wanting = one("b", "exited", cpus=2 * ONE_CPU)
    assert "1 of 2" in lacking(wanting, wanting.demand, with_(there, wanting), POLICY)


def test_what_it_has_is_its_own() -> None:
    runs = one("a", "running", cpus=ONE_CPU, devices=GPU)
    there = with_(runs, one("b", "running", cpus=ONE_CPU // 2))
    assert lacking(runs, runs.demand, there, POLICY) == ""
    assert lacking(runs, Demand(cpus=ONE_CPU * 3 // 2, devices=GPU), there, POLICY) == ""
    assert "1.5 of 2 CPUs are free" in lacking(runs, Demand(cpus=2 * ONE_CPU), there, POLICY)


def test_less_than_it_has_is_never_refused() -> None:
    """Its node may be too full, by what others did behind our back."""
    runs = one("a", "running", cpus=2 * ONE_CPU)
    there = with_(runs, one("b", "running", cpus=ONE_CPU))
    assert lacking(runs, Demand(cpus=ONE_CPU), there, POLICY) == ""


def test_who_has_it() -> None:
    wanting = one("w", "created", memory=GIB, devices=GPU)
    small = one("small", "running", memory=GIB // 2)
    big = one("big", "running", memory=2 * GIB)
    device = one("device", "running", devices=GPU)
    others = [one("none", "running", cpus=1), one("made", "created", memory=GIB)]
    there = with_(wanting, small, big, device, *others)
    assert [each.name for each in holders(there, wanting)] == ["device", "big", "small"]


def test_soft_limits_start_anywhere_but_memory_is_kept() -> None:
    engine = make_engine("node-1", cpus=1, memory=GIB)
    busy = Demand(cpus=ONE_CPU, memory=GIB, least_memory=GIB // 2)
    engine.tally.add(Container("a", engine.key, state="running", demand=busy))
    other = Container("b", engine.key, state="exited", demand=busy)
    hard, soft = make_policy(), make_policy(reserve="soft")
    words = lacking(other, busy, engine, hard)
    assert words == "0 of 1 CPUs are free, 1 wanted"
    assert "swarm.reserve=soft" in advice(busy, words, hard)
    assert lacking(other, busy, engine, soft) == ""
    words = lacking(other, busy._replace(least_memory=GIB), engine, soft)
    assert "memory are free" in words and not advice(busy, words, soft)
    assert not advice(busy, "gpu 0 is in use", hard)
