"""An engine that answers anything: its node fails in words, and the others answer as ever."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.hostile.rig import HostileRig, assert_foreseen, fuzz, junk, logged, whole

WEB, OTHER = "a" * 64, "b" * 64

_FIELDS = (
    *("Id", "ID", "Name", "Names", "ContainersDeleted", "SpaceReclaimed", "VolumesDeleted"),
    *("NetworksDeleted", "ImagesDeleted", "Volumes", "Containers", "Images", "BuildCache"),
    *("LayersSize", "Warnings", "message", "error", "errorDetail", "stream", "status", "id"),
    *("ContainerID", "SizeRw", "CachesDeleted", "Labels", "IPAM", "progressDetail", "State"),
    *("Status", "NetworkSettings", "Config", "HostConfig", "Ports", "UsageData"),
)
_record = st.dictionaries(st.sampled_from(_FIELDS), junk, max_size=5)
_ids = st.fixed_dictionaries({"Id": st.sampled_from([WEB, OTHER, "c" * 64, "c", 5, [], None])})
_value = st.one_of(_record, st.lists(_record, max_size=3), junk, _ids, st.lists(_ids, max_size=2))
_bytes = st.sampled_from(
    [b"", b"{", b"\xff", b'{"Id":', b"\x1f\x8b\x08\x00gzip", b"[]\n[]", b"0" * 99]
)
_status = st.sampled_from([200, 200, 200, 201, 204, 304, 400, 404, 409, 500, 101, 999])
_answer = st.tuples(_status, _value | _bytes)

_CALLS = (
    *("GET /info", "GET /version", "GET /_ping", "GET /containers/json?all=1&size=1"),
    *("GET /images/json", "GET /networks", "GET /volumes", "GET /networks/net", "GET /volumes/vol"),
    *("GET /system/df", "POST /containers/prune", "POST /networks/prune", "POST /volumes/prune"),
    *("POST /images/prune", "POST /build/prune", "POST /containers/create?name=new"),
    *("POST /networks/create", "POST /volumes/create", "DELETE /networks/net"),
    *("DELETE /volumes/vol", "GET /images/x/json", "GET /images/x/history", "DELETE /images/x"),
    *("POST /images/x/tag?repo=y", "POST /images/create?fromImage=x&tag=1", "GET /images/search"),
    *("GET /containers/web/json", "POST /containers/web/exec", "POST /containers/web/wait"),
    *(
        "POST /containers/web/rename?name=y2",
        "DELETE /containers/web",
        "POST /commit?container=web",
    ),
    *(
        "GET /containers/web/top",
        "GET /exec/x/json",
        "POST /exec/x/start",
        "GET /distribution/x/json",
    ),
    *("GET /events?since=1&until=2", "POST /auth", "POST /networks/net/connect", "GET /plugins"),
    *("GET /containers/web/logs?stdout=1", "GET /containers/web/archive?path=x", "GET /swarm"),
)
_BODIES = {
    "/containers/create": {"Image": "x"},
    "/networks/create": {"Name": "new"},
    "/volumes/create": {"Name": "new"},
    "/connect": {"Container": "web"},
}


def rig_with_things() -> HostileRig:
    rig = HostileRig()
    for number, container, name in ((1, WEB, "web"), (2, OTHER, "other")):
        rig.has_image(number, "sha256:" + "e" * 64, "x:latest", digests=["x@sha256:" + "f" * 64])
        rig.has_container(number, container, name)
        key = rig.engine(number).key
        rig.fleet.dispatch(networks_listed(key, [{"Id": "9" * 64, "Name": "net"}][: 2 - number]))
        rig.fleet.dispatch(volumes_listed(key, [{"Name": "vol"}][: 2 - number]))
        rig.script(number, honest)
    return rig


def honest(method: str, target: str) -> Any:
    return 200, ([] if "json" in target or "networks" in target else {})


def networks_listed(key: str, entries: list[dict[str, Any]]) -> Any:
    from swarmd.cluster.actions import NetworksListed

    return NetworksListed(key, entries)


def volumes_listed(key: str, entries: list[dict[str, Any]]) -> Any:
    from swarmd.cluster.actions import VolumesListed

    return VolumesListed(key, entries, [])


@pytest.mark.parametrize("call", _CALLS)
def test_any_answer(call: str) -> None:
    method, path = call.split()
    body = next((body for end, body in _BODIES.items() if end in path), None)

    @fuzz
    @given(_answer, _answer)
    def check(first: tuple[int, Any], later: tuple[int, Any]) -> None:
        rig = rig_with_things()
        left = [first]
        rig.script(1, lambda method, target: raw(*(left.pop() if left else later)))
        with logged() as log:
            client = rig.settled(method, f"/v1.41{path}", *([body] if body else []))
        assert_foreseen(client, log)
        assert OTHER in rig.state.containers, "an engine spoke for another"
        with logged() as log:
            assert_foreseen(rig.ask("GET", "/containers/json?all=1"), log)
            assert_foreseen(rig.ask("GET", "/info"), log)

    check()


def raw(status: int, value: Any) -> bytes:
    try:
        return whole(status, value)
    except orjson.JSONEncodeError:
        return whole(status, b"[" * 300 + b"]" * 300)
