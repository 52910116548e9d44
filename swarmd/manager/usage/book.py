"""What was measured of containers: smoothed, and forgotten when it is old. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

from swarmd.core.container.container_state import Container
from swarmd.core.container.stats import Stats
from swarmd.core.index.usage import assumed

OLD = 600.0  # seconds after which a measurement says nothing any more
_SHARE = 0.5  # of the newest in what is smoothed
_SHORTEST = 0.05  # seconds between two readings that tell a rate


class UsageSample(NamedTuple):
    """What is known of one container.

    Attributes:
        cpus: Nano-CPUs.
        memory: Bytes.
        cpu_time: Of the last reading.
        at: Its moment, in monotonic seconds.
    """

    cpus: float
    memory: float
    cpu_time: int
    at: float


class UsageBook:
    """The samples of all containers."""

    def __init__(self) -> None:
        self._samples: dict[str, UsageSample] = {}  # by the container's ID

    def put(self, container_id: str, stats: Stats, now: float, age: float, cpus: int) -> None:
        """Adds a reading.

        Args:
            age: Seconds since the container's start: the first reading is the mean since then.
            cpus: Nano-CPUs of its engine: more is no rate.
        """
        before = self._samples.get(container_id)
        if before is not None and now - before.at < _SHORTEST:
            return
        again = before is None or stats.cpu_time < before.cpu_time  # started anew
        since, span = (0, age) if again or before is None else (before.cpu_time, now - before.at)
        rate = min(float(cpus), (stats.cpu_time - since) / max(span, 1.0 if again else span))
        memory = float(stats.memory)
        if before is not None and not again:
            rate = _smoothed(before.cpus, rate)
            memory = _smoothed(before.memory, memory)
        self._samples[container_id] = UsageSample(rate, memory, stats.cpu_time, now)

    def sampled_at(self, container_id: str) -> float | None:
        found = self._samples.get(container_id)
        return None if found is None else found.at

    def use_of(self, container: Container, now: float) -> tuple[float, float]:
        """Nano-CPUs and bytes; what is not measured, or long ago, counts as it is assumed."""
        sample = self._samples.get(container.id)
        if not container.running:
            return assumed(container.demand) if container.holds else (0.0, 0.0)
        if sample is None or now - sample.at > OLD:
            return assumed(container.demand)
        return sample.cpus, sample.memory

    def sums(self, containers: Iterable[Container], now: float) -> tuple[float, float]:
        used = [self.use_of(one, now) for one in containers]
        return sum(cpus for cpus, _ in used), sum(memory for _, memory in used)

    def fresh(self, containers: Iterable[Container], now: float) -> int:
        """How many of them are measured."""
        ats = (self.sampled_at(one.id) for one in containers if one.running)
        return sum(at is not None and now - at <= OLD for at in ats)

    def keep(self, ids: Collection[str]) -> None:
        """Forgets all others."""
        self._samples = {key: one for key, one in self._samples.items() if key in ids}

    def __len__(self) -> int:
        return len(self._samples)


def _smoothed(before: float, newest: float) -> float:
    return before + _SHARE * (newest - before)
