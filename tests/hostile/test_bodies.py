"""Bodies with any JSON value in any field: refused in words, and nothing stays reserved."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarmd.core.container.container_state import Container
from tests.hostile.rig import HostileRig, assert_foreseen, fuzz, junk, logged

_HOST = (
    *("Binds", "Links", "VolumesFrom", "NetworkMode", "IpcMode", "PidMode", "CpusetCpus"),
    *("PortBindings", "Mounts", "DeviceRequests", "Memory", "MemoryReservation", "NanoCpus"),
    *("CpuShares", "CpuQuota", "CpuPeriod", "RestartPolicy", "Tmpfs", "Annotations", "Runtime"),
)
_TOP = (
    *("Image", "Env", "Labels", "ExposedPorts", "Tty", "NetworkingConfig", "Memory", "Cmd"),
    *("Healthcheck", "Volumes", "MacAddress"),
)
_NEAR = st.sampled_from(
    [
        {"80/tcp": [{"HostPort": "8000-8010"}]},
        {"80/tcp": [{"HostPort": 80}]},
        {"80/tcp": [None]},
        {"80/tcp": "x"},
        {"x": [{"HostPort": "80"}]},
        {"EndpointsConfig": {"node-1/net": None, "x": 5}},
        {"EndpointsConfig": {"x": {"IPAMConfig": []}}},
        [{"Type": "volume", "Source": []}],
        [{"Type": "volume", "Source": 5, "VolumeOptions": 7}],
        [{"Type": "bind", "Source": {}}],
        [{"Count": "x", "Capabilities": [["gpu"]]}],
        [{"DeviceIDs": [[]], "Capabilities": [[[]]]}],
        ["constraint:", "affinity:==", "constraint:a==/(/", "whitelist:node==~1", "reschedule:x"],
        ["constraint:node==node-*", "A=constraint:x"],
        {"com.docker.swarm.constraints": "[1]"},
        {"com.docker.swarm.affinities": '["container==~web"]'},
        {"com.docker.swarm.spread": "zone"},
    ]
)
_fields = st.dictionaries(st.sampled_from(_TOP), junk | _NEAR, max_size=4)
_host = st.dictionaries(st.sampled_from(_HOST), junk | _NEAR, max_size=4)


def _rig() -> HostileRig:
    rig = HostileRig()
    for number in (1, 2):
        rig.has_image(number, "sha256:" + "e" * 64, "x:latest", digests=["x@sha256:" + "f" * 64])
        rig.has_container(number, str(number) * 64, f"web{'' if number == 1 else number}")
        rig.script(number, _takes)
    return rig


def _takes(method: str, target: str) -> Any:
    if "/containers/create" in target:
        return 201, {"Id": "c" * 64, "Warnings": []}
    return (200, []) if method == "GET" else (201, {"Id": "d" * 64})


def _sums(rig: HostileRig) -> list[tuple[int, int, object]]:
    engines = (rig.engine(1), rig.engine(2))
    return [(one.tally.cpus, one.tally.memory, list(one.tally.ports)) for one in engines]


@fuzz
@given(_fields, _host)
def test_a_create_of_anything_is_understood_or_refused(
    fields: dict[str, Any], host: dict[str, Any]
) -> None:
    rig = _rig()
    before = _sums(rig)
    body = {"Image": "x", "HostConfig": host, **fields}
    with logged() as log:
        client = rig.completed("POST", "/v1.41/containers/create?name=new", body)
    status = assert_foreseen(client, log)
    assert status in (201, 400, 404, 409, 500), client.received
    assert not rig.state.reservations.pending
    rig.fleet.forget("c" * 64)
    assert _sums(rig) == before
    assert not rig.state.name_taken("new")


@fuzz
@given(junk)
def test_a_create_whose_body_is_anything(body: Any) -> None:
    rig = _rig()
    with logged() as log:
        client = rig.completed("POST", "/containers/create", body)
    assert assert_foreseen(client, log) in (400, 404)


_POSTS = (
    *("/networks/create", "/networks/net/connect", "/networks/net/disconnect"),
    *("/volumes/create", "/exec/x/start", "/auth", "/commit?container=web", "/containers/prune"),
    *("/containers/web/exec", "/containers/web/update", "/containers/web/start"),
    *("/containers/web/copy", "/networks/prune", "/volumes/prune", "/images/prune"),
    *("/build/prune", "/session", "/swarm/init"),
)
_KEYS = ("Name", "Driver", "Labels", "Options", "IPAM", "Container", "EndpointConfig", "Detach")
_FORMS = st.dictionaries(st.sampled_from([*_KEYS, "DriverOpts", "AttachStdin", "Cmd"]), junk)


@pytest.mark.parametrize("path", _POSTS)
def test_every_other_body(path: str) -> None:
    @fuzz
    @given(_FORMS | junk)
    def check(body: Any) -> None:
        rig = _rig()
        with logged() as log:
            client = rig.completed("POST", f"/v1.41{path}", body)
        assert_foreseen(client, log)

    check()


@pytest.mark.parametrize("raw", [b"{", b"\xff\xfe", b"[1] x", b'{"Image":"\\ud800"}', b"nul", b" "])
@pytest.mark.parametrize("path", ["/containers/create", *_POSTS])
def test_no_json_at_all(path: str, raw: bytes) -> None:
    rig = _rig()
    with logged() as log:
        client = rig.sent("POST", path, raw)
    assert_foreseen(client, log)


def test_a_body_that_is_nested_too_deep_is_refused_before_anything_is_reserved() -> None:
    deep: Any = []
    for _ in range(300):
        deep = [deep]
    rig = _rig()
    client = rig.completed("POST", "/containers/create?name=new", {"Image": "x", "Cmd": deep})
    assert client.answer()[1] == {"message": "Cmd is nested too deep: at most 64 are taken"}
    assert not rig.scripted(1).asked and not rig.scripted(2).asked


def _made(rig: HostileRig) -> list[Container]:
    return [one for one in rig.state.containers.values() if one.name == "new"]


def test_the_rig_makes_containers() -> None:
    rig = _rig()
    client = rig.completed("POST", "/containers/create?name=new", {"Image": "x"})
    assert client.answer() == (201, {"Id": "c" * 64, "Warnings": []})
    assert len(_made(rig)) == 1
    assert orjson.loads(_made(rig)[0].entry + b"}")["Id"] == "c" * 64
