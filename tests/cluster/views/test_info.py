from __future__ import annotations

from typing import Any

import orjson
import pytest

from swarmd.cluster.actions import (
    EngineCordoned,
    EngineFailed,
    EngineListed,
    EngineRejected,
    ImagesListed,
)
from swarmd.cluster.state import State
from swarmd.cluster.views.info import FleetIdentity, ManagersSeen, info, version
from swarmd.core.container.container_state import Container, Demand
from tests.cluster.fleet import GIB, NOW, fleet, item, join, key_of, listed

ME = FleetIdentity(
    "manager", "0.1.0", filters=("health", "port"), proxies={"HttpProxy": "http://p"}
)

EXITED = {"State": "exited", "Status": "Exited (0) 1 hour ago"}
PAUSED = {"State": "paused", "Status": "Up 1 hour (Paused)"}


@pytest.fixture
def state() -> State:
    state = fleet(2)
    listed(state, 1, item(1), item(2, **EXITED), item(3, **PAUSED))
    listed(state, 2, item(4))
    shared = {"Id": "sha256:1", "RepoTags": ["a:1"]}
    state.dispatch(ImagesListed(key_of(1), [shared, {"Id": "sha256:2"}]))
    state.dispatch(ImagesListed(key_of(2), [shared]))
    return state


def body(state: State, me: FleetIdentity = ME, **more: Any) -> dict[str, Any]:
    return info(state, me, NOW, **more)


def rows(state: State, me: FleetIdentity = ME) -> list[tuple[str, str]]:
    return [(key, value) for key, value in body(state, me)["SystemStatus"]]


def test_sums(state: State) -> None:
    sums = body(state, listeners=5)
    expected = {
        "Containers": 4,
        "ContainersRunning": 2,
        "ContainersPaused": 1,
        "ContainersStopped": 1,
        "Images": 2,
        "NCPU": 8,
        "MemTotal": 16 * GIB,
        "NEventsListener": 5,
        "Name": "manager",
        "ServerVersion": "swarm/0.1.0",
        "HttpProxy": "http://p",
        "HttpsProxy": "",
        "SystemTime": "2023-11-14T22:13:20Z",
    }
    assert {key: sums[key] for key in expected} == expected
    assert orjson.dumps(sums)


def test_a_reservation_is_no_container_yet(state: State) -> None:
    state.reserve(Container("p", key_of(1), ("x",), demand=Demand(cpus=2 * 10**9, memory=GIB)))
    assert body(state)["Containers"] == 4
    assert ("  └ Containers", "3 (1 Running, 1 Paused, 1 Stopped)") in rows(state)
    assert ("  └ Reserved CPUs", "2 / 4") in rows(state)
    assert ("  └ Reserved Memory", "1 GiB / 8 GiB") in rows(state)


def test_the_table_of_nodes_is_that_of_classic_swarm() -> None:
    labels = "architecture=x86_64, kernelversion=6.1, operatingsystem=Debian 12, ostype=linux"
    assert rows(fleet(1)) == [
        ("Role", "primary"),
        ("Strategy", "spread"),
        ("Filters", "health, port"),
        ("Nodes", "1"),
        (" node-1", "10.0.0.1:2375"),
        ("  └ ID", "ENGINE-1"),
        ("  └ Status", "Healthy"),
        ("  └ Containers", "0 (0 Running, 0 Paused, 0 Stopped)"),
        ("  └ Reserved CPUs", "0 / 4"),
        ("  └ Reserved Memory", "0 B / 8 GiB"),
        ("  └ Labels", f"{labels}, storagedriver=overlay2"),
        ("  └ UpdatedAt", "2023-11-14T22:13:20Z"),
        ("  └ ServerVersion", "28.5.2"),
    ]


def test_nodes_are_in_natural_order() -> None:
    state = State()
    for number in (10, 9, 1):
        join(state, number)
    nodes = [key for key, _ in rows(state) if key.startswith(" node")]
    assert nodes == [" node-1", " node-9", " node-10"]


def test_nodes_that_are_not_well(state: State) -> None:
    state.dispatch(EngineFailed(key_of(1), "timeout", NOW, fatal=True))
    state.dispatch(EngineCordoned(key_of(2), cordoned=True))
    state.dispatch(EngineListed("h:1", "h:1"))
    state.dispatch(EngineRejected("h:1", "too old", NOW))
    state.dispatch(EngineListed("g:1", "g:1", name="given"))
    table = rows(state)
    for row in (
        ("  └ Status", "Unhealthy"),
        ("  └ Containers", "3"),
        ("  └ Error", "timeout"),
        ("  └ Status", "Healthy (cordoned)"),
        (" (unknown)", "h:1"),
        ("  └ Status", "Pending"),
        ("  └ Error", "too old"),
        (" given", "g:1"),
        ("Nodes", "4"),
    ):
        assert row in table, row
    assert body(state)["NCPU"] == 8


def test_a_replica_names_its_primary() -> None:
    seen = ManagersSeen("replica", "10.0.0.9:4000")
    replica = FleetIdentity("m", "1", managers=lambda: seen)
    assert rows(State(), replica)[:2] == [("Role", "replica"), ("Primary", "10.0.0.9:4000")]


def test_the_sums_are_the_hardware_of_the_hosts() -> None:
    assert body(fleet(1), FleetIdentity("m", "1", overcommit=0.5))["NCPU"] == 4


def raw(**facts: Any) -> bytes:
    return orjson.dumps(facts)


def test_what_all_engines_say_is_said_of_the_fleet() -> None:
    state = State()
    plugins = {"Volume": ["local"], "Network": ["bridge", "host"], "Log": None}
    common = {"Driver": "overlay2", "MemoryLimit": True, "OSType": "linux"}
    join(state, 1, info=raw(**common, SwapLimit=True, CgroupVersion="2", Plugins=plugins))
    more = {"Volume": ["local", "nfs"], "Log": ["json-file"]}
    join(state, 2, info=raw(**common, SwapLimit=False, CgroupVersion="1", Plugins=more))
    facts = body(state)
    expected = {
        "Driver": "overlay2",
        "MemoryLimit": True,
        "SwapLimit": False,
        "CgroupVersion": "",
        "OSType": "linux",
        "Plugins": {
            "Volume": ["local", "nfs"],
            "Network": ["bridge", "host"],
            "Authorization": [],
            "Log": ["json-file"],
        },
    }
    assert {key: facts[key] for key in expected} == expected


def test_details_are_told_if_each_engine_tells_them() -> None:
    """Clients read there whether images are in a containerd store, or a runtime is known."""
    state = State()
    store, runc = ["driver-type", "io.containerd.snapshotter.v1"], {"path": "runc"}
    details: dict[str, Any] = {
        "DriverStatus": [["Backing Filesystem", "xfs"], store],
        "SecurityOptions": ["name=seccomp,profile=builtin", "name=rootless"],
        "Runtimes": {"runc": runc, "nvidia": {"path": "nvidia-container-runtime"}},
        "DockerRootDir": "/var/lib/docker",
    }
    join(state, 1, info=raw(**details))
    assert {key: body(state)[key] for key in details} == details
    fewer = {"DriverStatus": [store], "SecurityOptions": details["SecurityOptions"][:1]}
    join(state, 2, info=raw(**fewer, Runtimes={"runc": runc}, DockerRootDir="/data"))
    shared = {**fewer, "Runtimes": {"runc": runc}, "DockerRootDir": ""}
    assert {key: body(state)[key] for key in details} == shared


def test_what_new_engines_no_longer_say_is_not_missing() -> None:
    """Older command lines warn of each of these that they do not find."""
    facts = body(fleet(1))
    assert facts["BridgeNfIptables"] and facts["BridgeNfIp6tables"]
    assert facts["KernelMemory"]


def test_warnings_name_their_nodes() -> None:
    state = State()
    for number in range(1, 11):
        join(state, number, info=raw(Warnings=["WARNING: No swap limit support"]))
    join(state, 11, labels={"node": "x"})
    assert body(state, problem="no such file")["Warnings"] == [
        "WARNING: discovery: no such file",
        "WARNING: No swap limit support "
        "(node-1, node-2, node-3, node-4, node-5, node-6, node-7, node-8 and 2 more)",
        "label node is ignored: the name has a meaning (node-11)",
    ]
    assert body(fleet(1))["Warnings"] is None
    own = body(fleet(1), problem="gone", notices=["ours ends"])["Warnings"]
    assert own == ["WARNING: discovery: gone", "WARNING: ours ends"]


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"[]",
        raw(Plugins=[], Warnings={}),
        raw(Driver={}, Plugins={"Volume": 7, "Log": [{}]}),
        raw(DriverStatus={}, SecurityOptions=[{}], Runtimes=["runc"]),
    ],
)
def test_nonsense_of_an_engine_does_no_harm(broken: bytes) -> None:
    state = State()
    join(state, info=broken)
    assert orjson.dumps(body(state))


def test_version_has_a_component_for_each_node(state: State) -> None:
    state.dispatch(EngineListed("h:1", "h:1"))
    versions = version(state, ME, (1, 44))
    assert (versions["Version"], versions["ApiVersion"]) == ("swarm/0.1.0", "1.44")
    assert versions["MinAPIVersion"] == "1.24"
    names = [component["Name"] for component in versions["Components"]]
    assert names == ["swarmd", "Engine on node-1", "Engine on node-2"]
    details = versions["Components"][1]["Details"]
    assert (details["ApiVersion"], details["Status"]) == ("1.41", "Healthy")
    texts = [value for one in versions["Components"] for value in one["Details"].values()]
    assert all(isinstance(text, str) for text in texts)
