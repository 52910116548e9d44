from swarmd.manager.overlay.reading import standing_of, swarm_of
from swarmd.manager.overlay.standing import MARK, MARK_CONSTRAINTS


def test_what_an_engine_tells_of_itself() -> None:
    told = {
        "NodeID": "abc",
        "LocalNodeState": "active",
        "ControlAvailable": True,
        "RemoteManagers": [{"Addr": "10.0.0.1:2377"}, {"Addr": "[fd00::1]:2377"}, None, {}],
    }
    one = standing_of("k", "n", {"Swarm": told})
    assert (one.state, one.node_id, one.manager) == ("active", "abc", True)
    assert one.remotes == ("10.0.0.1", "fd00::1")
    assert standing_of("k", "n", {}).outside


def test_what_is_nonsense_is_nothing() -> None:
    for told in (None, [], {"LocalNodeState": 7, "NodeID": "../x", "RemoteManagers": {"a": 1}}):
        one = standing_of("k", "n", {"Swarm": told})
        assert one.outside and (one.node_id, one.remotes) == ("", ())
    found = swarm_of({"ID": None, "Spec": 1}, [{}, {"ID": "a/b"}, {"Spec": []}], 0)
    assert not found.ours and not found.members


def test_what_a_manager_tells_of_its_swarm() -> None:
    nodes = [
        {
            "ID": "a",
            "Version": {"Index": 5},
            "Spec": {"Role": "manager"},
            "Description": {"Hostname": "h1"},
            "Status": {"State": "ready", "Addr": "0.0.0.0"},
            "ManagerStatus": {"Reachability": "unreachable", "Addr": "10.0.0.1:2377"},
        },
        {"ID": "b", "Spec": {"Role": "worker"}, "Status": {"State": "ready", "Addr": "10.0.0.2"}},
    ]
    labels = {MARK: "swarmd", MARK_CONSTRAINTS: '["zone==a"]'}
    found = swarm_of({"ID": "S", "Spec": {"Labels": labels}}, nodes, 1)
    assert (found.id, found.ours, found.services) == ("S", True, 1)
    assert found.constraints == ("zone==a",)
    first, second = found.members.values()
    assert (first.name, first.address, first.manager, first.up, first.version) == (
        "h1", "10.0.0.1", True, False, 5,
    )  # fmt: skip
    assert (second.address, second.manager, second.up) == ("10.0.0.2", False, True)
    assert swarm_of({"Spec": {"Labels": {MARK: "", MARK_CONSTRAINTS: "{"}}}, [], 0).ours
