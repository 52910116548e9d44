from __future__ import annotations

from typing import Any

import pytest

from swarmd.authz.create_rules import judge_create, networks_of
from swarmd.authz.policy import AllowedPorts, Glob, Limits
from swarmd.core.predefined import IDS

NONE = Limits()
ALL = Limits(
    privileged=True,
    host=frozenset({"network", "pid", "ipc", "uts", "userns", "cgroup"}),
    devices=(Glob("/dev/nvidia*"),),
    gpus=True,
    capabilities=frozenset({"NET_ADMIN"}),
    security_opt=frozenset({"apparmor=x", "systempaths=unconfined"}),
    sysctls=(Glob("net.*"),),
    runtimes=frozenset({"runc"}),
    binds=("/",),
    ports=(AllowedPorts(1, 65535), AllowedPorts(53, 53, "udp")),
    publish_all=True,
    volume_drivers=frozenset({"local", "nfs"}),
)
ASKED = {
    "Privileged": True,
    "NetworkMode": "host",
    "PidMode": "host",
    "IpcMode": "host",
    "UTSMode": "host",
    "UsernsMode": "host",
    "CgroupnsMode": "host",
    "Devices": [{"PathOnHost": "/dev/nvidia0"}],
    "DeviceRequests": [{"Count": -1, "Capabilities": [["gpu"]]}],
    "CapAdd": ["cap_net_admin"],
    "SecurityOpt": ["no-new-privileges", "apparmor=x"],
    "ReadonlyPaths": [],
    "Sysctls": {"net.core.somaxconn": "1"},
    "Runtime": "runc",
    "Binds": ["/etc:/x:ro", "data:/y"],
    "Mounts": [{"Type": "tmpfs"}, {"Type": "volume", "VolumeOptions": {"NoCopy": True}}],
    "PortBindings": {"53/udp": [{"HostPort": "53"}], "80/tcp": [{"HostPort": "80-90"}, {}]},
    "PublishAllPorts": True,
    "VolumeDriver": "nfs",
    "LogConfig": {"Type": "local"},
}


def found(host: dict[str, Any], limits: Limits = NONE) -> list[str]:
    return [one.what for one in judge_create({"Image": "a", "HostConfig": host}, limits)]


def test_all_of_it_may_be_allowed() -> None:
    assert found(ASKED, ALL) == []


def test_of_all_that_is_asked_for_nothing_is_overlooked() -> None:
    free = ("Mounts", "LogConfig")
    for key, value in ASKED.items():
        assert bool(found({key: value})) == (key not in free), key


def test_ordinary_containers_are_ordinary() -> None:
    host = {
        "NetworkMode": "default",
        "IpcMode": "private",
        "CgroupnsMode": "private",
        "SecurityOpt": None,
        "Binds": None,
        "MaskedPaths": None,
        "PortBindings": {},
        "LogConfig": {"Type": "", "Config": {}},
        "Devices": [],
        "RestartPolicy": {"Name": "no"},
        "OomScoreAdj": 0,
    }
    assert found(host) == []


@pytest.mark.parametrize(
    "device", ["/dev/../dev/nvidia0", "/dev/sda", "/dev/nvidia0/../sda", "nvidia0"]
)
def test_devices_by_name(device: str) -> None:
    assert found({"Devices": [{"PathOnHost": device}]}, ALL)


def test_what_would_allow_it() -> None:
    body = {"Image": "x", "HostConfig": {"Binds": ["/a/./b:/c"], "CapAdd": ["sys_admin"]}}
    keys = {one.key: one.value for one in judge_create(body, Limits(images=()))}
    assert keys == {"binds": "/a/b", "capabilities": "SYS_ADMIN", "images": "x:latest"}
    assert {one.key for one in judge_create({"HostConfig": {"CgroupParent": "x"}}, Limits())} == {
        ""
    }


def test_nonsense_does_not_crash() -> None:
    for value in (None, 1, "x", [1], {"x": [1]}, [None], [[]], [{}]):
        for key in (*ASKED, "OomScoreAdj"):
            found({key: value})
        list(judge_create({"HostConfig": value, "NetworkingConfig": value}, Limits()))


def test_local_volumes_that_are_bind_mounts_count_as_such() -> None:
    def mount(options: dict[str, str]) -> dict[str, Any]:
        config = {"DriverConfig": {"Name": "local", "Options": options}}
        return {"Mounts": [{"Type": "volume", "VolumeOptions": config}]}

    srv = Limits(binds=("/srv",), read_only=("/data",))
    assert found(mount({"type": "none", "o": "bind", "device": "/srv/a"}), srv) == []
    assert found(mount({"type": "none", "o": "bind,ro", "device": "/data"}), srv) == []
    assert found(mount({"type": "none", "o": "bind", "device": "/data"}), srv)
    assert found(mount({"type": "none", "o": "rbind", "device": "/srv"}), srv)
    # An engine goes from where it was started.
    assert found(mount({"type": "none", "o": "bind", "device": "srv/a"}), srv)
    assert found(mount({"type": "tmpfs", "device": "tmpfs"}), srv) == []
    assert found(mount({"type": "nfs", "o": "addr=x", "device": ":/x"}), srv)


def test_the_hosts_network_by_the_id_that_clients_know() -> None:
    assert found({"NetworkMode": IDS["host"]}) == ["the host's network"]
    endpoints = {"mine": {"NetworkID": IDS["host"]}}
    body = {"Image": "a", "NetworkingConfig": {"EndpointsConfig": endpoints}}
    assert [one.what for one in judge_create(body, NONE)] == ["the host's network"]
    assert IDS["host"] in networks_of(body)
