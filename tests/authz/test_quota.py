from __future__ import annotations

from swarmd.authz.policy import Quota, Role
from swarmd.authz.quota import (
    FIXED,
    NOTHING,
    counts_gpus,
    excess,
    excess_of_start,
    has_quota,
    unbounded,
)
from swarmd.core.container import personal_labels
from swarmd.core.container.container_state import Container, Demand

GIB = 1 << 30
ROLE = Role(
    "ml",
    frozenset(),
    quota=Quota(memory=4 * GIB, gpus=2),
    quota_each=Quota(containers=2, cpus=2_000_000_000),
)


def held(owner: str, role: str = "ml", state: str = "running") -> Container:
    demand = Demand(cpus=1_000_000_000, memory=GIB, devices=(("gpu", "0"),))
    labels = {personal_labels.ROLE: role, personal_labels.OWNER: owner}
    return Container("a", "e", labels=labels, demand=demand, state=state)


def test_of_a_role_and_of_each() -> None:
    more = Demand(memory=GIB)
    assert excess([held("a"), held("b", "other")], ROLE, "a", more) == ("", "")
    assert excess([held("a"), held("a", state="exited")], ROLE, "a", more) == (
        "role.ml.quota_each.containers",
        "3 of 2",
    )
    assert excess([held("b")] * 2, ROLE, "a", Demand(memory=3 * GIB))[0] == "role.ml.quota.memory"
    gpu = Demand(devices=(("gpu", "1"),))
    assert excess([held("b")] * 2, ROLE, "a", gpu)[0] == "role.ml.quota.gpus"
    cpus = Demand(cpus=1_500_000_000)
    assert excess([held("a")], ROLE, "a", cpus) == ("role.ml.quota_each.cpus", "2.5 of 2")


def test_what_has_to_be_said() -> None:
    assert has_quota(ROLE) and not has_quota(Role("x", frozenset()))
    assert "--memory" in unbounded({"HostConfig": {"MemoryReservation": 1}}, ROLE)
    assert "--cpus" in unbounded({"HostConfig": {"Memory": 1, "CpuShares": 2}}, ROLE)
    whole = {"Memory": 1, "CpuQuota": 1}
    assert unbounded({"HostConfig": whole}, ROLE) == ""
    for request, counts in (
        ({"Count": -1, "Capabilities": [["gpu"]]}, False),
        ({"Count": 1, "Driver": "nvidia"}, False),
        ({"Count": 1, "Capabilities": [["compute"]]}, False),
        ({"Count": 1, "Capabilities": ["gpu"]}, False),
        (None, False),
        ({"Count": 1, "Capabilities": [["compute", "gpu"]]}, True),
        ({"DeviceIDs": ["0"], "Capabilities": [["gpu"]]}, True),
    ):
        said = unbounded({"HostConfig": {**whole, "DeviceRequests": [request]}}, ROLE)
        assert ("GPUs" not in said) == counts, request
    assert "HostConfig" in unbounded({"Memory": 1, "HostConfig": whole}, ROLE)
    assert unbounded({}, Role("x", frozenset())) == ""


def test_swap_is_memory_too() -> None:
    for swap, fits in (
        (None, True),
        (0, True),
        (GIB, True),
        (2 * GIB, True),
        (2 * GIB + 1, False),
        (GIB - 1, False),
        (-1, False),
        (1 << 62, False),
        (True, False),
        ("1", False),
        (1.5 * GIB, False),
    ):
        host = {"Memory": GIB, "CpuQuota": 1, "MemorySwap": swap}
        assert ("swap" not in unbounded({"HostConfig": host}, ROLE)) == fits, swap
    assert "MemorySwap" in FIXED


def test_gpus_are_counted_whichever_way_they_are_asked_for() -> None:
    whole = {"Memory": 1, "CpuQuota": 1}
    gpu = {"Capabilities": [["gpu"]]}
    for request in ({**gpu, "Count": 0}, gpu, {**gpu, "DeviceIDs": []}, {**gpu, "Count": None}):
        assert "GPUs" in unbounded({"HostConfig": {**whole, "DeviceRequests": [request]}}, ROLE)
    env = ["NVIDIA_VISIBLE_DEVICES=all"]
    assert "environment" in unbounded({"HostConfig": whole, "Env": env}, ROLE)
    assert unbounded({"HostConfig": whole, "Env": ["NVIDIA_VISIBLE_DEVICES=void"]}, ROLE) == ""
    assert counts_gpus(ROLE) and not counts_gpus(Role("x", frozenset(), quota=Quota(memory=1)))


def test_what_is_replaced_does_not_count_but_only_once() -> None:
    one, two = held("a")._replace(id="1"), held("a")._replace(id="2")
    more = Demand(cpus=1_000_000_000, memory=GIB)
    assert excess([one, two], ROLE, "a", more)[0] == "role.ml.quota_each.containers"
    assert excess([one, two], ROLE, "a", more, [two]) == NOTHING
    three = held("a")._replace(id="3")
    assert excess([one, two, three], ROLE, "a", more, [two, three]) != NOTHING
    other = held("a", "other")._replace(id="4")
    assert excess([one, two, other], ROLE, "a", more, [other]) != NOTHING, "not of this role"
    of_b = held("b")._replace(id="5")
    assert excess([one, two, of_b], ROLE, "a", more, [of_b]) != NOTHING, "it is not who has two"


def test_what_is_beyond_a_quota_does_not_start_until_it_has_room() -> None:
    one, two = held("a")._replace(id="1"), held("a")._replace(id="2")
    new = held("a", state="created")._replace(id="3")
    assert excess_of_start([one, new], ROLE, new) == NOTHING
    assert excess_of_start([one, two, new], ROLE, new) == ("role.ml.quota.gpus", "3 of 2")
    stopped = two._replace(state="exited")
    assert excess_of_start([one, stopped, new], ROLE, new) == NOTHING
    running = new._replace(state="running")
    assert excess_of_start([one, stopped, running], ROLE, stopped) != NOTHING
    assert excess_of_start([one, stopped, running], ROLE, running) == NOTHING, "a restart"
    assert excess_of_start([one, stopped._replace(starting=True), new], ROLE, new) != NOTHING
