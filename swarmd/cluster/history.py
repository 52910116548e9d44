"""The last hour of each node, what was reserved there and how it was, in rings that never grow.

Pure: who samples, and when, is in ``swarmd.manager.nodes.node_history``.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from swarmd.core.model import Engine, Health

INTERVAL = 30.0  # seconds between two samples
SPAN = 3600.0  # seconds that are kept
SLOTS = int(SPAN // INTERVAL)

_HEALTH = tuple(Health)


class Sample(NamedTuple):
    """A node at one moment.

    Attributes:
        moment: Wall-clock seconds.
        cpus: Nano-CPUs that are reserved.
        memory: Bytes that are reserved.
        devices: How many are held.
        running: Containers that run.
        health: The worst since the sample before.
    """

    moment: float
    cpus: float
    memory: float
    devices: float
    running: float
    health: Health


_FIELDS = len(Sample._fields)


class SampleRing:
    """A ring of samples, oldest first; the next one takes the place of the oldest.

    Plain numbers: as tuples, the hour of a thousand nodes would take 40 MB in place of 6.
    """

    __slots__ = ("_count", "_numbers")

    def __init__(self) -> None:
        self._numbers = array("d", bytes(8 * _FIELDS * SLOTS))
        self._count = 0

    def add(self, sample: Sample) -> None:
        start = self._count % SLOTS * _FIELDS
        *numbers, health = sample
        self._numbers[start : start + _FIELDS] = array("d", [*numbers, _HEALTH.index(health)])
        self._count += 1

    @property
    def last(self) -> Sample | None:
        return self._at(self._count - 1) if self._count else None

    def __len__(self) -> int:
        return min(self._count, SLOTS)

    def __iter__(self) -> Iterator[Sample]:
        return map(self._at, range(self._count - len(self), self._count))

    def _at(self, number: int) -> Sample:
        start = number % SLOTS * _FIELDS
        one = self._numbers[start : start + _FIELDS]
        return Sample(one[0], one[1], one[2], one[3], one[4], _HEALTH[int(one[5])])


class History:
    """The rings of all nodes, by their keys."""

    def __init__(self) -> None:
        self._rings: dict[str, SampleRing] = {}

    def record(self, engines: Iterable[Engine], now: float) -> None:
        """One sample of each; those that are not there any more are forgotten."""
        rings: dict[str, SampleRing] = {}
        for engine in engines:
            ring = rings[engine.key] = self._rings.get(engine.key) or SampleRing()
            ring.add(sample(engine, ring.last, now))
        self._rings = rings

    def of(self, engine: Engine, now: float) -> list[Sample]:
        """The last hour, up to this moment."""
        ring = self._rings.get(engine.key) or SampleRing()
        recent = [one for one in ring if now - SPAN <= one.moment <= now]
        return [*recent, sample(engine, ring.last, now)]


def sample(engine: Engine, before: Sample | None, now: float) -> Sample:
    tally = engine.tally
    held = sum(tally.devices.values())
    return Sample(now, tally.cpus, tally.memory, held, tally.running, _worst(engine, before))


def _worst(engine: Engine, before: Sample | None) -> Health:
    """One that fell and came back between two samples was away all the same."""
    if before is None or before.health is not Health.HEALTHY or not engine.healthy:
        return engine.health
    return Health.UNHEALTHY if engine.since > before.moment else Health.HEALTHY
