from __future__ import annotations

from swarmd.manager.usage.sampler import TURN
from tests.api.operators.test_nodes import Rig


def test_who_asks_waits_for_the_numbers_of_all() -> None:
    rig = Rig()
    made = rig.fleet.make(2, {"Image": "busybox"}, "web")
    rig.fleet.there[2][made]["State"] = {"Status": "running", "Running": True}
    rig.fleet.listing(2)
    client = rig.client("GET", "/swarmd/usage")
    rig.fleet.clock.advance(TURN)
    (call,) = rig.fleet.calls
    assert call.path == f"containers/{made}/stats" and client.received == b""
    numbers = {"cpu_stats": {"cpu_usage": {"total_usage": 0}}, "memory_stats": {"usage": 100}}
    call.answer(200, numbers)
    rig.fleet.clock.advance(TURN)
    status, nodes = client.answer()
    assert status == 200 and [one["Name"] for one in nodes] == ["node-1", "node-2", "node-3"]
    keys = ("Running", "Measured", "UsedCPUs", "UsedMemory", "Memory", "Status")
    assert [nodes[1][key] for key in keys] == [1, 1, 0, 100, 1000, "Healthy"]
    assert nodes[0]["Running"] == nodes[0]["Measured"] == 0
