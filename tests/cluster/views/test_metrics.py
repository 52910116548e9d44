from __future__ import annotations

from swarmd.cluster.actions import EngineCordoned, EngineFailed, EngineListed
from swarmd.cluster.state import State
from swarmd.cluster.views.metrics import families
from tests.cluster.fleet import NOW, fleet, inspect, inspected, item, key_of, listed


def values(state: State) -> dict[tuple[str, ...], float]:
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in families(state)
        for sample in family.samples
    }


def test_nodes_and_what_is_on_them() -> None:
    state = fleet(2)
    listed(state, 1, item(1, State="running"), item(2, State="exited"))
    body = inspect(1, HostConfig__Memory=5 << 20, HostConfig__NanoCpus=1_500_000_000)
    inspected(state, 1, body, at=1.0)
    state.dispatch(EngineCordoned(key_of(2), True))
    seen = values(state)
    assert seen[("swarmd_nodes", "healthy")] == 2 and seen[("swarmd_nodes", "unhealthy")] == 0
    assert seen[("swarmd_node_up", "node-1")] == 1
    assert seen[("swarmd_node_containers", "node-1", "running")] == 1
    assert seen[("swarmd_node_containers", "node-1", "exited")] == 1
    assert seen[("swarmd_node_memory_reserved_bytes", "node-1")] == 5 << 20
    assert seen[("swarmd_node_cpus_reserved", "node-1")] == 1.5
    assert seen[("swarmd_node_memory_bytes", "node-2")] == 8 << 30
    assert (seen[("swarmd_node_cordoned", "node-1")], seen[("swarmd_node_cordoned", "node-2")]) == (
        0,
        1,
    )


def test_what_is_not_well() -> None:
    state = fleet(1)
    state.dispatch(EngineFailed(key_of(1), "no answer", NOW + 5, fatal=True))
    state.dispatch(EngineListed("10.0.0.9:2375", "10.0.0.9:2375"))
    seen = values(state)
    assert seen[("swarmd_nodes", "unhealthy")] == 1 and seen[("swarmd_nodes", "pending")] == 1
    assert seen[("swarmd_node_up", "node-1")] == 0
    assert seen[("swarmd_node_health_change_timestamp_seconds", "node-1")] == NOW + 5
    assert seen[("swarmd_node_up", "10.0.0.9:2375")] == 0
