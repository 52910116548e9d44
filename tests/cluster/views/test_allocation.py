from __future__ import annotations

from typing import Any

import orjson
import pytest

from swarmd.cluster.views.allocation import allocations


def body(**subnets: tuple[int, int]) -> dict[str, Any]:
    ranges = {k: {"IPsInUse": a, "DynamicIPsAvailable": b} for k, (a, b) in subnets.items()}
    return {"Name": "net", "Status": {"IPAM": {"Subnets": ranges}}}


def test_a_range_of_one_name_is_another_on_each_node() -> None:
    assert allocations([body(a=(3, 10), b=(1, 2)), body(a=(4, 9))]) == {
        "Status": body(a=(7, 19), b=(1, 2))["Status"]
    }


def test_where_no_node_tells_nothing_is_told() -> None:
    assert allocations([{"Name": "net"}, {"Status": None}]) == {}
    assert allocations([{"Status": {}}, {}]) == {"Status": {}}


def test_what_cannot_be_counted_stays_at_the_most() -> None:
    most = (1 << 64) - 1
    found = allocations([body(a=(1, most)), body(a=(1, most))])
    assert orjson.loads(orjson.dumps(found)) == {"Status": body(a=(2, most))["Status"]}


@pytest.mark.parametrize("bad", [5, {"IPAM": 5}, {"IPAM": {"Subnets": [5]}}])
def test_nonsense_does_no_harm(bad: Any) -> None:
    allocations([{"Status": bad}])
    assert allocations([{"Status": {"IPAM": {"Subnets": {"a": {"IPsInUse": "x"}}}}}]) == {
        "Status": {"IPAM": {"Subnets": {"a": {"IPsInUse": 0, "DynamicIPsAvailable": 0}}}}
    }
