"""What Prometheus is told of the fleet, read off the sums that are kept anyway."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from prometheus_client.metrics_core import GaugeMetricFamily, Metric

from swarmd.cluster.state import State
from swarmd.core.model import Engine, Health

ONE_CPU = 1_000_000_000

# Name, what it says, and its value; each has the label ``node``.
_OF_NODES: tuple[tuple[str, str, Callable[[Engine], float]], ...] = (
    ("up", "1 if the node is healthy.", lambda engine: engine.healthy),
    ("cordoned", "1 if nothing new is placed there.", lambda engine: engine.cordoned),
    (
        "health_change_timestamp_seconds",
        "When its health changed last.",
        lambda engine: engine.since,
    ),
    ("cpus", "CPUs that it has.", lambda engine: engine.spec.cpus),
    (
        "cpus_reserved",
        "CPUs that its containers reserve.",
        lambda engine: engine.tally.cpus / ONE_CPU,
    ),
    ("memory_bytes", "Memory that it has.", lambda engine: engine.spec.memory),
    (
        "memory_reserved_bytes",
        "Memory that its containers reserve.",
        lambda engine: engine.tally.memory,
    ),
    ("images", "Images on it.", lambda engine: len(engine.images)),
)


def families(state: State) -> Iterator[Metric]:
    """One by one, each with as many samples as there are nodes at most times a few."""
    engines = [engine for engine in state.engines.values() if engine.name]
    yield _health(engines)
    pending = GaugeMetricFamily("swarmd_creates_under_way", "Containers just being created.")
    pending.add_metric((), len(state.reservations.pending))
    yield pending
    for name, words, value in _OF_NODES:
        family = GaugeMetricFamily(f"swarmd_node_{name}", words, labels=("node",))
        for engine in engines:
            family.add_metric((engine.name,), float(value(engine)))
        yield family
    yield _containers(engines)


def _health(engines: Sequence[Engine]) -> Metric:
    counts = Counter(engine.health for engine in engines)
    family = GaugeMetricFamily("swarmd_nodes", "Nodes by health.", labels=("health",))
    for health in Health:
        family.add_metric((health.value.lower(),), counts[health])
    return family


def _containers(engines: Sequence[Engine]) -> Metric:
    words = "Containers on it by state, as the engine calls it."
    family = GaugeMetricFamily("swarmd_node_containers", words, labels=("node", "state"))
    for engine in engines:
        for state, count in sorted(engine.tally.states.items()):
            family.add_metric((engine.name, state), count)
    return family
