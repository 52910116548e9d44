"""Every way around a policy that we know of, from the client's side of the door."""

from __future__ import annotations

from typing import Any

import pytest

from swarmd.core.request.identity import Identity
from tests.api.rig import Client
from tests.authz.rig import (
    ALICE,
    BOB,
    DAVE,
    HOST_NET,
    ML,
    READER,
    ROOT,
    STRANGER,
    GuardedRig,
    create,
)


def ids(found: Any) -> set[str]:
    return {item["Id"][:2] for item in found}


# Verbs


def test_who_has_no_role_gets_nothing_but_a_ping(rig: GuardedRig) -> None:
    assert rig.status(STRANGER, "GET", "/_ping") == 200
    for path in ("/version", "/info", "/containers/json", "/v1.41/containers/json", "/events"):
        status, body = rig.as_(STRANGER, "GET", path).answer()
        assert status == 403 and "has no role" in body["message"], path


def test_a_reader_reads(rig: GuardedRig) -> None:
    assert rig.status(READER, "GET", "/containers/json") == 200
    assert rig.status(READER, "POST", "/containers/create", create()) == 403
    status, body = rig.as_(READER, "GET", f"/containers/{ML}/logs?stdout=1").answer()
    assert status == 403
    assert "reader" in body["message"] and "containers:logs" in body["message"]


@pytest.mark.parametrize(
    "path",
    [
        "/v1.41/containers/mine/stop",
        "/v1.24/containers/mine/stop",
        "/containers/mine%2Fstop",
        "/%63ontainers/mine/stop",
        "/containers/json/stop",
        "/containers/node-1/mine/stop",
        "/v1.41/v1.41/containers/mine/stop",
        "/containers/mine/stop/",
        "/containers/mine/stop?x=/containers/json",
        "/containers/mine/exec",
        "/exec/x/start",
        "/exec/x/y/start",
        "/session",
        "/grpc",
        "/build",
        "/build?version=2",
        "/commit?container=mine",
        "/swarmd/nodes/node-1/drain",
        "/swarmd/nodes/node-1/containers/json",
        "/plugins/pull",
        "/swarm/init",
        "/images/load",
        "/auth",
        "/no/such/thing",
        "/",
    ],
)
def test_no_spelling_of_a_path_writes_for_a_reader(rig: GuardedRig, path: str) -> None:
    assert rig.status(READER, "POST", path) == 403
    assert not [line for line in rig.asked if line.startswith("POST")]


@pytest.mark.parametrize("path", ["//containers/mine/stop", "/x/../containers/mine/stop"])
def test_what_is_not_clean_is_sent_elsewhere_first(rig: GuardedRig, path: str) -> None:
    assert rig.status(READER, "POST", path) == 301
    assert rig.asked == []


@pytest.mark.parametrize("method", ["HEAD", "PUT", "PATCH", "get", "CONNECT", "TRACE", "OPTIONS"])
def test_other_methods_are_other_rights(rig: GuardedRig, method: str) -> None:
    client = rig.as_(READER, method, "/containers/json")
    assert b" 403 " in client.received[:20] or b" 40" in client.received[:14]


def test_an_upgrade_is_judged_like_the_rest(rig: GuardedRig) -> None:
    for path in ("/containers/mine/attach", "/exec/x/start", "/session", "/grpc"):
        client = rig.as_(READER, "POST", path, None, "Upgrade: tcp", "Connection: Upgrade")
        assert client.answer()[0] == 403, path
    assert rig.status(READER, "GET", "/containers/mine/attach/ws") == 403


def test_a_form_in_the_body_is_refused(rig: GuardedRig) -> None:
    client = Client(rig.site)
    client.channel.identity = ALICE
    body = b"fromImage=evil"
    client.channel.dataReceived(
        b"POST /images/create?fromImage=busybox HTTP/1.1\r\nHost: a\r\nContent-Length: 14\r\n"
        b"content-type: Application/X-WWW-Form-URLencoded\r\n\r\n" + body
    )
    assert client.answer()[0] == 415


# What a create may contain, for a role with nothing but defaults


@pytest.mark.parametrize(
    "host",
    [
        {"Privileged": True},
        {"privileged": True},
        {"NetworkMode": "host"},
        {"PidMode": "host"},
        {"IpcMode": "host"},
        {"UTSMode": "host"},
        {"UsernsMode": "host"},
        {"CgroupnsMode": "host"},
        {"Devices": [{"PathOnHost": "/dev/sda"}]},
        {"DeviceRequests": [{"Count": 1, "Capabilities": [["gpu"]]}]},
        {"DeviceRequests": [{"Driver": "cdi", "DeviceIDs": ["vendor/net=any"]}]},
        {"DeviceCgroupRules": ["a *:* rwm"]},
        {"CapAdd": ["SYS_ADMIN"]},
        {"capadd": ["all"]},
        {"SecurityOpt": ["apparmor=unconfined"]},
        {"MaskedPaths": []},
        {"Sysctls": {"kernel.shmmax": "1"}},
        {"Runtime": "kata"},
        {"CgroupParent": "/"},
        {"Annotations": {"a": "b"}},
        {"OomScoreAdj": -1000},
        {"Binds": ["/:/host"]},
        {"Bind\u017f": ["/:/host"]},
        {"Binds": ["/var/run/docker.sock:/s"]},
        {"Binds": ["/:/host:ro"]},
        {"Binds": ["x:/y:shared"]},
        {"Mounts": [{"Type": "bind", "Source": "/", "Target": "/x"}]},
        {"mounts": [{"type": "bind", "source": "/", "target": "/x"}]},
        {"Mounts": [{"Type": "image", "Source": "a", "Target": "/x"}]},
        {
            "Mounts": [
                {
                    "Type": "volume",
                    "Target": "/x",
                    "VolumeOptions": {
                        "DriverConfig": {"Options": {"type": "none", "o": "bind", "device": "/"}}
                    },
                }
            ]
        },
        {"VolumeDriver": "evil"},
        {"PortBindings": {"80/tcp": [{"HostPort": "80"}]}},
        {"PortBindings": {"80/tcp": [{}]}},
        {"PortBindings": {"80/tcp": None}},
        {"PublishAllPorts": True},
        {"LogConfig": {"Type": "syslog"}},
        {"ANewKey": {"x": 1}},
    ],
)
def test_what_a_create_may_not_contain(rig: GuardedRig, host: dict[str, Any]) -> None:
    status, body = rig.as_(DAVE, "POST", "/containers/create", create(**host)).answer()
    assert status in (400, 403) and "denied by policy" in body["message"], body
    assert rig.asked == []


@pytest.mark.parametrize(
    "text",
    [
        '{"Image":"busybox","HostConfig":{},"HostConfig":{"Privileged":true}}',
        '{"Image":"busybox","HostConfig":{"Privileged":true},"hostconfig":{}}',
        '{"Image":"busybox","HostConfig":{"Privileged":true},"Ho\\u017ftConfig":{}}',
        '{"Image":"busybox","HostConfig":{"Privileged":true,"PRIVILEGED":false}}',
        '{"Image":"busybox"} {"HostConfig":{"Privileged":true}}',
    ],
)
def test_a_body_with_two_meanings_is_refused(rig: GuardedRig, text: str) -> None:
    client = Client(rig.site)
    client.channel.identity = DAVE
    data = text.encode()
    head = "POST /containers/create HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
    client.channel.dataReceived(f"{head}Content-Length: {len(data)}\r\n\r\n".encode() + data)
    assert client.answer()[0] == 400
    assert rig.asked == []


def test_other_calls_that_reach_into_the_host(rig: GuardedRig) -> None:
    for path, body in (
        ("/containers/mine/exec", {"Cmd": ["x"], "Privileged": True}),
        ("/containers/mine/exec", {"Cmd": ["x"], "pRivileged": True}),
        ("/containers/mine/update", {"CgroupParent": "/"}),
        ("/v1.24/containers/mine/start", {"Privileged": True}),
        ("/containers/mine/start?checkpoint=x", None),
        ("/containers/mine/start?checkpoint=x&checkpoint-dir=/tmp", None),
        ("/volumes/create", {"Name": "x", "DriverOpts": {"type": "nfs", "device": "a:/"}}),
        ("/volumes/create", {"Name": "x", "driveropts": {"o": "bind", "device": "/etc"}}),
        ("/volumes/create", {"Name": "x", "Driver": "evil"}),
        ("/networks/create", {"Name": "x", "Driver": "macvlan", "Options": {"parent": "eth0"}}),
        ("/networks/create", {"Name": "x", "Options": {"com.docker.network.bridge.name": "lo"}}),
        ("/networks/create", {"Name": "x", "ConfigFrom": {"Network": "y"}}),
        ("/networks/host/connect", {"Container": "mine"}),
        ("/build?networkmode=host", None),
        ("/build?networkmode=container:theirs", None),
        ("/build?remote=http://x/", None),
        ("/images/create?fromSrc=http://x/y.tar", None),
    ):
        status, answer = rig.as_(DAVE, "POST", path, body).answer()
        assert status == 403, (path, body, answer)


def test_an_administrator_may_do_all_of_it(rig: GuardedRig) -> None:
    body = create(Privileged=True, Binds=["/:/host"], NetworkMode="host")
    assert rig.status(ROOT, "POST", "/containers/create", body) == 201
    assert rig.sent("POST", "/containers/create")["HostConfig"]["Privileged"] is True


def _volume(**options: str) -> dict[str, Any]:
    driver = {"DriverConfig": {"Options": options}}
    return {"Mounts": [{"Type": "volume", "Target": "/x", "VolumeOptions": driver}]}


@pytest.mark.parametrize("who", [DAVE, ALICE])
@pytest.mark.parametrize(
    "options",
    [
        {"type": "tmpfs", "o": "bind", "device": "/"},
        {"type": "tmpfs", "o": "size=1m,rbind", "device": "/"},
        {"type": "tmpfs", "o": "size=1m, bind", "device": "/"},
        {"type": "tmpfs", "o": "remount", "device": "tmpfs"},
        {"type": "tmpfs", "device": "/dev/sda"},
        {"type": "tmpfs", "Type": "none"},
        {"type": "none", "o": "rbind", "device": "/srv/ml"},
        {"type": "overlay", "o": "lowerdir=/,upperdir=/srv/ml,workdir=/srv/ml"},
    ],
)
def test_the_options_of_a_volume_mount_nothing_of_the_host(
    rig: GuardedRig, who: Identity, options: dict[str, str]
) -> None:
    """The kernel looks at ``bind`` first and then at no type: a tmpfs so mounted is the host's."""
    assert rig.status(who, "POST", "/containers/create", create(**_volume(**options))) == 403
    body = {"Name": "x", "DriverOpts": options}
    assert rig.status(who, "POST", "/volumes/create", body) == 403
    assert rig.asked == []


def test_a_volume_in_memory_is_free(rig: GuardedRig) -> None:
    for options in (
        {"type": "tmpfs", "device": "tmpfs", "o": "size=100m,uid=1000,mode=0700,noexec"},
        {"type": "tmpfs", "device": "none"},
        {"type": "tmpfs"},
    ):
        body = create(**_volume(**options))
        assert rig.status(DAVE, "POST", "/containers/create", body) == 201, options


@pytest.mark.parametrize("option", ["bind", "rbind,size=1m", "remount", "shared"])
def test_a_tmpfs_of_a_container_is_one(rig: GuardedRig, option: str) -> None:
    body = create(Tmpfs={"/x": option})
    assert rig.status(DAVE, "POST", "/containers/create", body) == 403
    assert rig.status(DAVE, "POST", "/containers/create", create(Tmpfs={"/x": "size=1m"})) == 201


def test_a_cdi_device_is_no_gpu(rig: GuardedRig) -> None:
    """BOB may have GPUs."""
    gpu = [["gpu"]]
    for driver, capabilities, status in (
        ("cdi", gpu, 403),
        ("other", gpu, 403),
        ("", [["gpu"], ["cdi"]], 403),
        ("", [], 403),
        ("nvidia", gpu, 500),  # no node has one
    ):
        request = {"Driver": driver, "DeviceIDs": ["x/y=any"], "Capabilities": capabilities}
        body = create(DeviceRequests=[request])
        assert rig.status(BOB, "POST", "/containers/create", body) == status, request


# What a scope's own limits allow


@pytest.mark.parametrize(
    ("bind", "status"),
    [
        ("/srv/ml:/x", 201),
        ("/srv/ml/a/./b:/x", 201),
        ("/srv/ml/../../etc:/x", 403),
        ("/srv/mlx:/x", 403),
        ("/srv:/x", 403),
        ("//srv//ml:/x", 201),
        ("//etc:/x", 403),
        ("/data:/x:ro", 201),
        ("/data:/x", 403),
        ("/data:/x:rw", 403),
    ],
)
def test_bind_mounts_by_folder(rig: GuardedRig, bind: str, status: int) -> None:
    body = create(Binds=[bind])
    assert rig.status(ALICE, "POST", "/containers/create", body) == status


@pytest.mark.parametrize(("port", "status"), [("8080", 201), ("80", 403), ("8999-9000", 403)])
def test_ports_by_range(rig: GuardedRig, port: str, status: int) -> None:
    body = create(PortBindings={"80/tcp": [{"HostPort": port}]})
    assert rig.status(ALICE, "POST", "/containers/create", body) == status


@pytest.mark.parametrize(
    ("image", "status"),
    [
        ("busybox", 201),
        ("docker.io/library/busybox:1", 201),
        ("registry/ml/a/b:2", 201),
        ("registry/mlx/a", 403),
        ("busyboxx", 403),
        ("busybox@sha256:" + "0" * 64, 403),
        ("mine/app:1", 201),
        (ML, 201),
        ("theirs/app:1", 403),
    ],
)
def test_images_by_name(rig: GuardedRig, image: str, status: int) -> None:
    """Its own ones are free."""
    body = {**create(), "Image": image}
    assert rig.status(ALICE, "POST", "/containers/create", body) == status


# What swarmd itself makes of a reference before an engine gets it


@pytest.mark.parametrize("who", [DAVE, ALICE])
@pytest.mark.parametrize(
    "host",
    [
        {"Binds": ["node-1//etc:/x"]},
        {"Binds": ["/node-1//etc:/x"]},
        {"Binds": ["node-1/../etc:/x"]},
        {"Mounts": [{"Type": "volume", "Source": "node-1//etc", "Target": "/x"}]},
        {"NetworkMode": "node-1/host"},
        {"NetworkMode": "/host"},
        {"NetworkMode": HOST_NET},
        {"NetworkMode": HOST_NET[:4]},
        {"NetworkMode": f"node-1/{HOST_NET}"},
        {"NetworkMode": "node-1/container:theirs"},
        {"PidMode": "node-1/host"},
        {"IpcMode": "node-1/host"},
        {"UTSMode": "node-1/host"},
    ],
)
def test_a_node_before_a_name_hides_nothing(
    rig: GuardedRig, who: Identity, host: dict[str, Any]
) -> None:
    assert rig.status(who, "POST", "/containers/create", create(**host)) in (400, 403)
    assert rig.asked == []


@pytest.mark.parametrize("who", [DAVE, ALICE])
@pytest.mark.parametrize("name", ["host", "node-1/host", HOST_NET, HOST_NET[:4]])
def test_the_hosts_network_is_joined_by_no_name_of_it(
    rig: GuardedRig, who: Identity, name: str
) -> None:
    body = {**create(), "NetworkingConfig": {"EndpointsConfig": {name: {}}}}
    assert rig.status(who, "POST", "/containers/create", body) in (400, 403)
    path = f"/networks/{name}/connect"
    assert rig.status(who, "POST", path, {"Container": "mine"}) in (400, 403, 404)
    assert rig.asked == []


@pytest.mark.parametrize(
    "extra",
    [
        {"Memory": 1 << 23, "HostConfig": {"Memory": 1 << 40}},
        {"HostConfig": {"Memory": -5}},
        {"HostConfig": {"Memory": True}},
        {"HostConfig": {"Memory": "1"}},
    ],
)
def test_a_quota_counts_what_the_engine_gives(rig: GuardedRig, extra: dict[str, Any]) -> None:
    """An engine takes HostConfig's memory, whatever stands outside of it as of old."""
    body = {"Image": "busybox", **extra}
    assert rig.status(ALICE, "POST", "/containers/create", body) in (400, 403)
    assert rig.asked == []
