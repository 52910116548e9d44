from __future__ import annotations

import orjson
import pytest

from tests.api.operators.test_nodes import Rig


def crowded() -> Rig:
    rig = Rig()
    for number in range(3):
        made = rig.fleet.make(1, {"Image": "busybox"}, f"web{number}")
        rig.fleet.there[1][made]["State"] = {"Status": "running", "Running": True}
    rig.fleet.listing(1)
    return rig


def plan(rig: Rig, query: str = "") -> dict:
    client = rig.client("POST", f"/swarmd/rebalance/plan{query}")
    assert all(call.startswith("GET") for call in rig.fleet.obey())
    status, found = client.answer()
    assert status == 200
    return dict(found)


def test_a_plan_and_then_the_moves() -> None:
    rig = crowded()
    found = plan(rig)
    assert sorted(one["To"] for one in found["Moves"]) == ["node-2", "node-3"]
    assert found["Strategy"] == "spread" and found["Nodes"][0]["Before"]["Containers"] == 3
    client = rig.client("POST", f"/swarmd/rebalance?plan={found['ID']}")
    rig.fleet.obey()
    lines = [orjson.loads(line) for line in client.whole()[1].splitlines()]
    assert [line.get("Status") for line in lines] == ["moving", "moved", "moving", "moved", None]
    assert lines[-1] == {"Done": True, "Stopped": False, "Moved": 2, "Stays": 0, "Failed": 0}


def test_who_leaves_ends_it() -> None:
    rig = crowded()
    client = rig.client("POST", f"/swarmd/rebalance?plan={plan(rig)['ID']}")
    client.leave()
    rig.fleet.obey()
    assert [len(rig.fleet.names(number)) for number in (1, 2, 3)] in ([2, 1, 0], [2, 0, 1])


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/swarmd/rebalance", 400),
        ("/swarmd/rebalance?plan=nope", 404),
        ("/swarmd/rebalance/plan?most=x", 400),
        ("/swarmd/rebalance/plan?most=0", 400),
        ("/swarmd/rebalance/plan?most=101", 400),
        ("/swarmd/rebalance/plan?most=999999", 400),
    ],
)
def test_what_is_refused(path: str, status: int) -> None:
    assert Rig().ask("POST", path)[0] == status


def test_there_is_nothing_to_read() -> None:
    assert Rig().ask("GET", "/swarmd/rebalance")[0] in (404, 405)
