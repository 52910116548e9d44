"""What an engine writes into a container by itself, and what somebody asked for."""

from __future__ import annotations

from typing import Any

import pytest

from swarmd.authz.existing import (
    Part,
    Standard,
    Taken,
    as_create,
    judge_network_there,
    judge_part,
    judge_volume_there,
    part_of,
    taken_by,
    volumes_of,
)
from swarmd.authz.policy import Glob, Limits
from tests.authz.rig import inspected

NONE, PLAIN = Limits(), Standard()


def keys(shown: dict[str, Any], limits: Limits = NONE, standard: Standard = PLAIN) -> set[str]:
    return {one.key for one in judge_part(as_create(shown, {}, standard), limits)}


@pytest.mark.parametrize(
    ("host", "standard"),
    [
        ({}, PLAIN),
        ({"CgroupnsMode": "private"}, PLAIN),
        ({"Runtime": "crun"}, Standard(runtime="crun")),
        ({"LogConfig": {"Type": "fluentd", "Config": {}}}, Standard(log_driver="fluentd")),
        ({"SecurityOpt": None, "MaskedPaths": None, "ReadonlyPaths": None}, PLAIN),
        ({"SecurityOpt": ["no-new-privileges"]}, PLAIN),
        (
            {
                "PidMode": "container:x",
                "SecurityOpt": ["label=user:u", "label=role:r", "label=type:t", "label=level:s0"],
            },
            Standard(),
        ),
        ({"IpcMode": "shareable"}, PLAIN),
        (
            {"Devices": [], "OomKillDisable": False, "OomScoreAdj": 0, "CgroupParent": ""},
            Standard(),
        ),
    ],
)
def test_what_engines_write_by_themselves(host: dict[str, Any], standard: Standard) -> None:
    assert keys(inspected("a", "a", **host), standard=standard) == set()


def test_what_was_asked_for_though_another_engine_does_it_by_itself() -> None:
    for host, standard, key in (
        ({"CgroupnsMode": "host"}, Standard(cgroups="private"), "host"),
        ({"Runtime": "runc"}, Standard(runtime="crun"), "runtimes"),
        ({"LogConfig": {"Type": "syslog"}}, Standard(), "log_drivers"),
    ):
        assert keys(inspected("a", "a", **host), standard=standard) == {key}


def test_powers_that_the_role_has_bring_no_others_along() -> None:
    """An engine turns labels off with them, and lets mounts of the host in."""
    bind = {"Type": "bind", "Source": "/", "RW": True, "Propagation": "rslave"}
    shown = inspected("a", "a", PidMode="host", SecurityOpt=["label=disable"], Mounts=[bind])
    assert keys(shown, Limits(host=frozenset({"pid"}), binds=("/",))) == set()
    shared = {**bind, "Propagation": "rshared"}
    assert keys(inspected("a", "a", Mounts=[shared]), Limits(binds=("/",))) == {""}
    assert (
        keys(inspected("a", "a", Mounts=[{**bind, "RW": False}]), Limits(read_only=("/",))) == set()
    )


def test_standards_come_from_info() -> None:
    assert Standard.of({}) == Standard("runc", "json-file", "host")
    info = {
        "DefaultRuntime": "nvidia",
        "LoggingDriver": "local",
        "SecurityOptions": ["name=seccomp,profile=default", "name=cgroupns"],
    }
    assert Standard.of(info) == Standard("nvidia", "local", "private")


def test_who_names_whom() -> None:
    endpoints = {"EndpointsConfig": {"net": {"Links": ["d:x"]}, "other": None}}
    body = {
        "HostConfig": {
            "VolumesFrom": ["a:ro"],
            "Links": ["/b:/own/alias"],
            "NetworkMode": "container:c",
            "PidMode": "host",
            "IpcMode": "container:e",
        },
        "NetworkingConfig": endpoints,
    }
    assert list(taken_by(body)) == [
        Taken("a", Part.VOLUMES),
        Taken("b", Part.WHOLE),
        Taken("c", Part.NETWORK),
        Taken("e", Part.IPC),
        Taken("d", Part.WHOLE),
    ]
    for odd in ({}, {"HostConfig": []}, {"HostConfig": {"Links": "a", "VolumesFrom": [1]}}):
        assert list(taken_by(odd)) == []


def test_a_part_is_nothing_else() -> None:
    power = {"Privileged": True, "IpcMode": "host", "NetworkMode": "host", "PublishAllPorts": True}
    sysctls = {"net.a": "1", "kernel.b": "1"}
    body = as_create(inspected("a", "a", Sysctls=sysctls, **power), {}, PLAIN)
    assert part_of(body, Part.WHOLE) == body
    found = {
        part: {one.what for one in judge_part(part_of(body, part), NONE)}
        for part in (Part.VOLUMES, Part.NETWORK, Part.IPC)
    }
    assert found[Part.VOLUMES] == set()
    assert found[Part.NETWORK] == {
        "the host's network",
        "sysctl net.a",
        "publishing all ports (-P)",
    }
    assert found[Part.IPC] == {"IpcMode host", "sysctl kernel.b"}


def test_volumes() -> None:
    mounts = [{"Type": "volume", "Name": "v", "RW": True}, {"Type": "bind", "Source": "/x"}]
    assert volumes_of({"Mounts": [*mounts, *mounts, None]}) == ["v"]
    assert volumes_of({"Mounts": None}) == []
    nfs = {"Name": "v", "Driver": "local", "Options": {"type": "nfs"}}
    for shown, found in ((None, True), ({"Name": "v", "Driver": "local"}, False), (nfs, True)):
        body = as_create(inspected("a", "a", Mounts=mounts[:1]), {"v": shown}, PLAIN)
        assert bool(list(judge_part(body, NONE))) == found
        assert shown is None or bool(list(judge_volume_there(shown, NONE))) == found
    assert list(judge_volume_there(nfs, Limits(volumes=(Glob("v"),)))) == []


def test_networks() -> None:
    assert list(judge_network_there({"Name": "a", "Driver": "bridge"}, NONE)) == []
    assert [one.key for one in judge_network_there({"Name": "host", "Driver": "host"}, NONE)]
    chosen = {"Driver": "default", "Config": [{"Subnet": "10.9.0.0/16"}]}
    assert list(judge_network_there({"Name": "a", "Driver": "bridge", "IPAM": chosen}, NONE)) == []
    macvlan = {"Name": "lan", "Driver": "macvlan"}
    assert [one.key for one in judge_network_there(macvlan, NONE)] == ["network_drivers"]
    for limits in (
        Limits(networks=(Glob("l*"),)),
        Limits(network_drivers=frozenset({"macvlan"})),
    ):
        assert list(judge_network_there(macvlan, limits)) == []


def test_gpus_that_a_makers_runtime_hands_out() -> None:
    runtimes = {"nvidia": {"path": "nvidia-container-runtime"}, "runc": {"path": "runc"}}
    handing = Standard(runtime="nvidia", runtimes=runtimes)
    for env, runtime, found in (
        (["NVIDIA_VISIBLE_DEVICES=all"], "nvidia", {"gpus"}),
        (["CUDA_VERSION=8"], "nvidia", {"gpus"}),
        (["NVIDIA_VISIBLE_DEVICES=void"], "nvidia", set()),
        (["NVIDIA_VISIBLE_DEVICES=all"], "runc", {"runtimes"}),
    ):
        shown = inspected("a", "a", Runtime=runtime)
        shown["Config"]["Env"] = env
        assert keys(shown, standard=handing) == found, env
        assert keys(shown, Limits(gpus=True), handing) == found - {"gpus"}
    shown = inspected("a", "a")
    shown["Config"]["Env"] = ["NVIDIA_VISIBLE_DEVICES=all"]
    assert keys(shown) == set()  # nobody looks at it there
