from __future__ import annotations

from tests.api.operators.test_nodes import Rig


def test_every_node_is_shown_from_the_start() -> None:
    status, nodes = Rig().ask("GET", "/swarmd/nodes")
    assert status == 200 and {node["Status"] for node in nodes} == {"Healthy"}
    assert {node["Availability"] for node in nodes} == {"active"}
