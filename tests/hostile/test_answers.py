"""An engine that answers anything: its node fails in words, and the others answer as ever."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarmd.cluster.actions import NetworksListed, VolumesListed
from swarmd.manager.containers.reconcile import ENOUGH, PAUSE
from tests.hostile.rig import HostileRig, assert_foreseen, fuzz, junk, logged, status_of, whole

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
        rig.fleet.dispatch(NetworksListed(key, [{"Id": "9" * 64, "Name": "net"}][: 2 - number]))
        rig.fleet.dispatch(VolumesListed(key, [{"Name": "vol"}][: 2 - number], []))
        rig.script(number, honest)
    return rig


def honest(method: str, target: str) -> Any:
    return 200, ([] if "json" in target or "networks" in target else {})


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
            client = rig.completed(method, f"/v1.41{path}", *([body] if body else []))
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


def test_an_engine_that_refuses_its_list_keeps_nobody_else_from_being_listed() -> None:
    """Only the loss of an engine was forgiven once, not its refusal."""
    rig = rig_with_things()
    rig.state.mark_dirty(WEB)
    rig.script(1, lambda method, target: (500, {"message": "broken"}))
    status, listed = rig.completed("GET", "/containers/json?all=1").answer()
    assert status == 200 and {one["Id"] for one in listed} == {WEB, OTHER}


def test_a_create_that_names_a_container_of_another_engine_is_refused() -> None:
    """Else its client would start, enter and remove that one."""
    rig = rig_with_things()
    rig.script(1, lambda method, target: (201, {"Id": OTHER}))
    body = {"Image": "x", "Env": ["constraint:node==node-1"]}
    status, error = rig.completed("POST", "/containers/create?name=new", body).answer()
    assert (status, "another container" in str(error)) == (502, True)
    assert rig.state.containers[OTHER].name == "other"
    rig.clock.pump([PAUSE] * ENOUGH)  # what it has made under that name it does not tell
    assert not rig.state.reservations.pending


def test_a_prune_that_names_containers_of_another_engine_forgets_only_its_own() -> None:
    rig = rig_with_things()
    rig.script(1, lambda method, target: (200, {"ContainersDeleted": [WEB, OTHER, [], 5]}))
    assert status_of(rig.completed("POST", "/containers/prune")) == 200
    assert set(rig.state.containers) == {OTHER}


def test_sums_are_of_numbers_that_can_be() -> None:
    rig = rig_with_things()
    for number in (2**64 - 1, -5, "5", 1e300, None):
        answer = {"SpaceReclaimed": number, "LayersSize": number}
        rig.script(1, lambda method, target, answer=answer: (200, answer))
        rig.script(2, lambda method, target: (200, {"SpaceReclaimed": 7, "LayersSize": 7}))
        assert rig.completed("POST", "/images/prune").answer()[1]["SpaceReclaimed"] == 7
        assert rig.completed("GET", "/system/df").answer()[1]["LayersSize"] == 7


def test_an_endless_reason_is_cut() -> None:
    rig = rig_with_things()
    rig.script(1, lambda method, target: (500, {"message": "x" * 200_000}))
    client = rig.completed("GET", "/system/df")
    assert status_of(client) == 200 and len(client.received) < 3000
