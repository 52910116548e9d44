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


def test_a_name_in_use_is_told() -> None:
    rig = Rig()
    rig.fleet.make(1, {"Image": "busybox"}, "web")
    rig.fleet.listing(1)
    status, found = rig.ask("POST", "/swarmd/explain?name=web", {"Image": "busybox"})
    assert status == 200 and found["Node"] == ""
    assert found["Error"].startswith('Conflict. The container name "/web" is already in use by ')


def test_an_unknown_network_is_told() -> None:
    body = {"Image": "busybox", "HostConfig": {"NetworkMode": "nope"}}
    status, found = Rig().ask("POST", "/swarmd/explain", body)
    assert (status, found["Node"], found["Error"]) == (200, "", "network nope not found")
    assert all("Place" in one for one in found["Nodes"])
    body = {"Image": "busybox", "HostConfig": {"NetworkMode": "host"}}
    assert Rig().ask("POST", "/swarmd/explain", body)[1]["Error"] == ""
