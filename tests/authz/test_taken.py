"""What a role with limits takes of things that are there, from the client's side of the door.

``adm`` is an administrator's. Each of its kind has one thing that the role may not have.
"""

from __future__ import annotations

from typing import Any

import pytest

from swarmd.authz.policy_parser import parse_policy
from swarmd.core.request.identity import Identity
from tests.authz.rig import ALICE, DAVE, FREE, ML, ROOT, GuardedRig, create, inspected

ADM, HOP = "ad" * 32, "0b" * 32
BIND = {"Type": "bind", "Source": "/", "Destination": "/host", "RW": True, "Propagation": "rslave"}

# Of an inspect, and the key of the rule that forbids it.
POWERS: list[tuple[dict[str, Any], str]] = [
    ({"Privileged": True, "SecurityOpt": ["label=disable"], "MaskedPaths": None}, "privileged"),
    ({"NetworkMode": "host", "Networks": {"host": {"NetworkID": "e4" * 32}}}, "host"),
    ({"PidMode": "host", "SecurityOpt": ["label=disable"]}, "host"),
    ({"IpcMode": "host"}, "host"),
    ({"UTSMode": "host"}, "host"),
    ({"UsernsMode": "host"}, "host"),
    ({"Mounts": [BIND]}, "binds"),
    ({"Mounts": [{**BIND, "Type": ""}]}, "binds"),
    ({"Devices": [{"PathOnHost": "/dev/sda"}]}, "devices"),
    ({"DeviceRequests": [{"Count": -1, "Capabilities": [["gpu"]]}]}, "gpus"),
    ({"CapAdd": ["CAP_SYS_ADMIN"]}, "capabilities"),
    ({"SecurityOpt": ["apparmor=unconfined"]}, "security_opt"),
    ({"SecurityOpt": ["label=disable"]}, "security_opt"),
    ({"MaskedPaths": []}, "security_opt"),
    ({"ReadonlyPaths": ["/proc/bus"]}, "security_opt"),
    ({"Sysctls": {"kernel.shmmax": "1"}}, "sysctls"),
    ({"Runtime": "kata"}, "runtimes"),
    ({"LogConfig": {"Type": "syslog"}}, "log_drivers"),
    ({"CgroupParent": "/"}, "CgroupParent"),
    ({"DeviceCgroupRules": ["a *:* rwm"]}, "DeviceCgroupRules"),
    ({"PortBindings": {"80/tcp": [{"HostPort": "80"}]}}, "ports"),
]
TAKES: list[dict[str, Any]] = [
    {"PidMode": "container:adm"},
    {"Links": ["adm:a"]},
]
USES: list[tuple[str, str, Any]] = [
    ("POST", "/containers/adm/exec", {"Cmd": ["sh"]}),
    ("POST", "/containers/adm/start", None),
    ("POST", "/containers/adm/restart", None),
    ("POST", "/containers/adm/unpause", None),
    ("POST", "/containers/adm/update", {"CpuShares": 2}),
    ("POST", "/containers/adm/rename?name=mine2", None),
    ("POST", "/containers/adm/attach?stream=1&stdin=1", None),
    ("GET", "/containers/adm/attach/ws?stdin=1", None),
    ("GET", "/containers/adm/archive?path=/host/etc/shadow", None),
    ("HEAD", "/containers/adm/archive?path=/host/etc/shadow", None),
    ("PUT", "/containers/adm/archive?path=/host/etc", None),
    ("POST", "/containers/adm/copy", {"Resource": "/host/etc/shadow"}),
    ("GET", "/containers/adm/export", None),
    ("POST", "/containers/adm/checkpoints", {"CheckpointID": "x"}),
    ("POST", "/commit?container=adm&repo=mine", None),
    ("POST", "/networks/mine-net/connect", {"Container": "adm"}),
]


def has(rig: GuardedRig, **host: Any) -> None:
    rig.show(inspected(ADM, "adm", **host))


def denied(rig: GuardedRig, method: str, path: str, body: Any = None, key: str = "") -> None:
    received = rig.as_(DAVE, method, path, body).received
    assert received.startswith(b"HTTP/1.1 403 "), (path, received)
    assert method == "HEAD" or key.encode() in received, received
    assert rig.changed == [], path


@pytest.mark.parametrize(("power", "key"), POWERS, ids=str)
@pytest.mark.parametrize("take", TAKES, ids=str)
def test_whoever_shares_all_of_a_container_must_be_allowed_all_of_it(
    rig: GuardedRig, power: dict[str, Any], key: str, take: dict[str, Any]
) -> None:
    has(rig, **power)
    denied(rig, "POST", "/containers/create", create(**take), key)


@pytest.mark.parametrize(("power", "key"), POWERS, ids=str)
def test_whoever_uses_a_container_must_be_allowed_all_of_it(
    rig: GuardedRig, power: dict[str, Any], key: str
) -> None:
    has(rig, **power)
    for method, path, body in USES:
        denied(rig, method, path, body, key)


def test_whoever_takes_a_part_is_judged_by_that_part(rig: GuardedRig) -> None:
    cases: list[tuple[dict[str, Any], dict[str, Any], int]] = [
        ({"VolumesFrom": ["adm"]}, {"Mounts": [BIND]}, 403),
        ({"VolumesFrom": ["adm:ro"]}, {"Mounts": [BIND]}, 403),
        ({"VolumesFrom": ["adm"]}, {"Privileged": True, "IpcMode": "host"}, 201),
        ({"NetworkMode": "container:adm"}, {"NetworkMode": "host"}, 403),
        ({"NetworkMode": "container:adm"}, {"PortBindings": {"1/tcp": [{"HostPort": "1"}]}}, 403),
        ({"NetworkMode": "container:adm"}, {"Sysctls": {"net.a": "1"}}, 403),
        ({"NetworkMode": "container:adm"}, {"Sysctls": {"kernel.a": "1"}}, 201),
        ({"NetworkMode": "container:adm"}, {"Mounts": [BIND]}, 201),
        ({"IpcMode": "container:adm"}, {"IpcMode": "host"}, 403),
        ({"IpcMode": "container:adm"}, {"Sysctls": {"kernel.a": "1"}}, 403),
        ({"IpcMode": "container:adm"}, {"Mounts": [BIND]}, 201),
    ]
    for take, power, status in cases:
        rig = GuardedRig()
        has(rig, **power)
        assert rig.status(DAVE, "POST", "/containers/create", create(**take)) == status, (
            take,
            power,
        )


@pytest.mark.parametrize(
    "ref", ["adm", "/adm", "node-1/adm", "/node-1/adm", ADM, ADM[:12], ADM[:1] + "d"]
)
def test_by_every_name_of_it(rig: GuardedRig, ref: str) -> None:
    has(rig, Privileged=True, Mounts=[BIND], NetworkMode="host")
    for take in (
        {"VolumesFrom": [ref]},
        {"VolumesFrom": [f"{ref}:rw"]},
        {"NetworkMode": f"container:{ref}"},
        {"networkmode": f"container:{ref}"},
        {"PidMode": f"container:{ref}"},
        {"Links": [ref]},
    ):
        denied(rig, "POST", "/containers/create", create(**take))
    endpoint = {"NetworkingConfig": {"EndpointsConfig": {"mine-net": {"Links": [f"{ref}:a"]}}}}
    denied(rig, "POST", "/containers/create", {**create(), **endpoint})
    denied(rig, "POST", f"/commit?container={ref}")
    denied(rig, "POST", f"/containers/{ref.removeprefix('/')}/exec", {"Cmd": ["sh"]})


@pytest.mark.parametrize("mode", ["Container:adm", "CONTAINER:adm", "container:", "container:ADM"])
def test_other_spellings_are_no_containers(rig: GuardedRig, mode: str) -> None:
    has(rig)
    for key in ("NetworkMode", "PidMode", "IpcMode", "UTSMode", "UsernsMode", "CgroupnsMode"):
        status = rig.status(DAVE, "POST", "/containers/create", create(**{key: mode}))
        assert status in (400, 403), (key, status)
    assert rig.changed == []


def test_the_engine_gets_the_very_containers_that_were_judged(rig: GuardedRig) -> None:
    body = create(
        VolumesFrom=["mine:ro"],
        Links=["mine"],
        NetworkMode="container:node-1/mine",
        PidMode=f"container:{ML[:8]}",
    )
    assert rig.status(DAVE, "POST", "/containers/create", body) == 201
    host = rig.sent("POST", "/containers/create")["HostConfig"]
    assert host["VolumesFrom"] == [f"{ML}:ro"] and host["Links"] == [f"{ML}:mine"]
    assert host["NetworkMode"] == host["PidMode"] == f"container:{ML}"
    assert rig.status(DAVE, "POST", "/commit?container=mine&container=theirs") == 204
    assert f"container={ML}" in rig.asked[-1] and "theirs" not in rig.asked[-1]


# What hangs on what is taken


@pytest.mark.parametrize(
    ("first", "take"),
    [
        ({"NetworkMode": f"container:{ADM}"}, {"NetworkMode": f"container:{HOP}"}),
        ({"PidMode": f"container:{ADM}"}, {"PidMode": "container:hop"}),
        ({"PidMode": f"container:{ADM}"}, {"Links": ["hop"]}),
        ({"NetworkMode": f"container:{ADM}"}, {"PidMode": "container:hop"}),
        ({"IpcMode": f"container:{ADM}"}, {"IpcMode": "container:hop"}),
        ({"Links": ["/adm:/hop/a"]}, {"PidMode": "container:hop"}),
    ],
    ids=str,
)
def test_chains_are_followed(rig: GuardedRig, first: Any, take: Any) -> None:
    has(rig, Privileged=True, NetworkMode="host", IpcMode="host", Mounts=[BIND])
    rig.show(inspected(HOP, "hop", Networks={}, **first))
    denied(rig, "POST", "/containers/create", create(**take), "container adm")


def test_volumes_from_volumes_from(rig: GuardedRig) -> None:
    """An engine shows what it came to as the container's own."""
    rig.show(inspected(HOP, "hop", VolumesFrom=["adm"], Mounts=[BIND]))
    denied(rig, "POST", "/containers/create", create(VolumesFrom=["hop"]), "binds")


def test_a_ring_of_containers_ends(rig: GuardedRig) -> None:
    has(rig, PidMode=f"container:{HOP}")
    rig.show(inspected(HOP, "hop", PidMode=f"container:{ADM}"))
    assert rig.status(DAVE, "POST", "/containers/adm/start") == 204
    assert len([line for line in rig.asked if line.startswith("GET")]) == 2


def test_what_is_gone_is_not_allowed(rig: GuardedRig) -> None:
    has(rig, NetworkMode=f"container:{'9' * 64}", Networks={})
    denied(rig, "POST", "/containers/adm/start", None, "not to be looked at")


def test_not_more_than_can_be_looked_at(rig: GuardedRig) -> None:
    many = [f"{number:02x}" * 32 for number in range(100)]
    rig.show(*(inspected(one, f"c{one[:2]}") for one in many))
    denied(rig, "POST", "/containers/create", create(VolumesFrom=many), "more than 64")


# What cannot be looked at


@pytest.mark.parametrize(
    "shown",
    [
        (404, {"message": "gone"}),
        (500, {"message": "no"}),
        (200, []),
        (200, {}),
        (200, {"Id": ADM}),
        (200, {"Id": FREE, "HostConfig": {}}),
        (200, b"nonsense"),
    ],
)
def test_whatever_an_engine_does_not_tell_is_refused(rig: GuardedRig, shown: Any) -> None:
    has(rig)
    rig.there[f"containers/{ADM}/json"] = shown
    for path, body in (
        ("/containers/adm/exec", {"Cmd": ["x"]}),
        ("/containers/create", create(VolumesFrom=["adm"])),
    ):
        assert rig.status(DAVE, "POST", path, body) >= 400
    assert rig.changed == []


# Execs


def test_an_exec_of_anothers_making(rig: GuardedRig) -> None:
    exec_id = "5e" * 32
    shown = {"ID": exec_id, "ContainerID": ML, "ProcessConfig": {"privileged": True}}
    rig.fleet.state.add_exec(exec_id, ML)
    rig.there[f"exec/{exec_id}/json"] = shown
    denied(rig, "POST", f"/exec/{exec_id}/start", {"Detach": True}, "privileged exec")
    rig.there[f"exec/{exec_id}/json"] = {**shown, "ProcessConfig": {"privileged": False}}
    assert rig.status(DAVE, "POST", f"/exec/{exec_id}/start", {"Detach": True}) == 201
    has(rig, Privileged=True)
    rig.fleet.state.add_exec("ee" * 32, ADM)
    status, body = rig.as_(DAVE, "POST", f"/exec/{'ee' * 32}/start", {"Detach": True}).answer()
    assert status == 403 and "privileged" in body["message"]


# What stays allowed, and what it costs


def test_what_the_role_could_have_made_it_may_use(rig: GuardedRig) -> None:
    for method, path, body in USES:
        path = path.replace("adm", "mine", 1)
        received = rig.as_(DAVE, method, path, body).received
        assert not received.startswith(b"HTTP/1.1 403"), (path, received)


def test_what_takes_nothing_is_not_judged_by_what_it_has(rig: GuardedRig) -> None:
    has(rig, Privileged=True)
    for method, path in (
        ("POST", "/containers/adm/stop"),
        ("POST", "/containers/adm/kill"),
        ("POST", "/containers/adm/pause"),
        ("POST", "/containers/adm/wait"),
        ("GET", "/containers/adm/json"),
        ("GET", "/containers/adm/logs?stdout=1"),
        ("DELETE", "/containers/adm"),
    ):
        assert not rig.as_(DAVE, method, path).received.startswith(b"HTTP/1.1 403"), path


def test_a_container_is_asked_for_once(rig: GuardedRig) -> None:
    for _ in range(3):
        assert rig.status(DAVE, "POST", "/containers/mine/start") == 204
    assert looks(rig) == 1


def looks(rig: GuardedRig) -> int:
    """How often engines were asked for what something has."""
    return len([line for line in rig.asked if line.startswith("GET") and "?all=1" not in line])


@pytest.mark.parametrize("who", [ROOT, Identity(common_name="erin")])
def test_who_is_bound_by_nothing_pays_nothing(rig: GuardedRig, who: Identity) -> None:
    assert rig.status(who, "POST", "/containers/mine/start") == 204
    assert rig.status(who, "POST", "/containers/create", create(VolumesFrom=["mine"])) == 201
    assert looks(rig) == 0


def test_a_scope_hands_on_no_more_than_its_role_allows(rig: GuardedRig) -> None:
    """Others may have made more within it."""
    rig.show(inspected(ADM, "adm", Privileged=True, Labels={"team": "ml"}))
    for path, body in (
        ("/containers/create", create(PidMode="container:adm")),
        ("/containers/adm/exec", {"Cmd": ["sh"]}),
        ("/containers/adm/start", None),
    ):
        status, said = rig.as_(ALICE, "POST", path, body).answer()
        assert status == 403 and "role.ml.create.privileged" in said["message"]
    assert rig.changed == []


def test_learning_tells_of_what_is_taken_and_lets_it_pass() -> None:
    rig = GuardedRig('mode = "learn"')
    has(rig, Privileged=True, Mounts=[BIND])
    for take in ("adm", "nowhere"):
        rig.as_(DAVE, "POST", f"/containers/{take}/exec", {"Cmd": ["sh"]})
    body = create(VolumesFrom=["adm"], Binds=["new:/x"])
    rig.there["volumes/new"] = (500, {"message": "a driver is gone"})
    assert rig.status(DAVE, "POST", "/containers/create", body) == 201
    assert rig.sent("POST", "/containers/create")["HostConfig"]["VolumesFrom"] == ["adm"]
    learnt = parse_policy(rig.guard.learner.policy())
    assert [role.limits and role.limits.binds for role in learnt.roles.values()] == [("/",)]
    assert [role.limits and role.limits.privileged for role in learnt.roles.values()] == [True]
