from __future__ import annotations

from tests.api.operators.test_nodes import Rig


def test_says_where_and_why_not_elsewhere() -> None:
    rig = Rig()
    rig.ask("POST", "/swarmd/nodes/node-1/cordon")
    body = {"Image": "busybox", "Env": ["constraint:node!=node-2"]}
    status, found = rig.ask("POST", "/swarmd/explain?name=web", body)
    assert status == 200 and found["Node"] == "node-3" and found["Error"] == ""
    nodes = {node["Name"]: node for node in found["Nodes"]}
    assert nodes["node-3"]["Place"] == 1 and nodes["node-3"]["Score"]
    assert nodes["node-1"]["Filter"] == "cordon" and nodes["node-2"]["Filter"] == "constraint"
    assert rig.fleet.calls == [] and not rig.fleet.state.name_taken("web")


def test_nowhere_is_an_answer_too() -> None:
    status, found = Rig().ask(
        "POST", "/swarmd/explain", {"Image": "busybox", "HostConfig": {"Memory": 10**6}}
    )
    assert status == 200 and found["Node"] == "" and "no resources" in found["Error"]


def test_what_no_engine_would_take_is_refused() -> None:
    assert Rig().ask("POST", "/swarmd/explain", {})[0] == 400
    wrong = {"Image": "busybox", "Env": ["constraint:node=1"]}
    assert Rig().ask("POST", "/swarmd/explain", wrong)[0] == 400
