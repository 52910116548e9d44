"""Weak spots of classic Swarm, where no other test shows that they are none of swarmd's.

The table of all of them is in ``docs/weak-spots.rst``.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.api.rig import ApiRig
from tests.hostile.rig import HostileRig, logged

WEB, OTHER, NEW = "a" * 64, "b" * 64, "c" * 64
ROOT = Path(__file__).parents[2]


def _rig(**spec: Any) -> HostileRig:
    rig = HostileRig(**spec)
    rig.has_container(1, WEB, "web")
    rig.has_container(2, OTHER, "other")
    for number in (1, 2):
        rig.has_image(number, "sha256:" + "e" * 64, "x:latest", digests=["x@sha256:" + "f" * 64])
    return rig


def _asked(rig: HostileRig) -> list[str]:
    return [*rig.scripted(1).asked, *rig.scripted(2).asked]


def test_w1_w23_a_create_is_one_request_and_asks_no_registry() -> None:
    for image in ("x", "not-here"):
        rig = _rig()
        for number in (1, 2):
            rig.script(number, lambda method, target: (201, {"Id": NEW}))
        rig.completed("POST", "/v1.41/containers/create?name=new", {"Image": image})
        assert _asked(rig) == ["POST /v1.41/containers/create?name=new"]


def test_w2_creates_removals_and_lists_in_any_order_disturb_no_picture() -> None:
    rig = _rig()
    for number in (1, 2):
        rig.script(number, lambda method, target: None)  # all of them are under way at once
    with logged() as log:
        clients = [
            rig.ask("POST", f"/v1.41/containers/create?name=n{n}", {"Image": "x"})
            for n in range(64)
        ]
        for _ in range(8):
            rig.ask("DELETE", "/containers/web")
            assert rig.ask("GET", "/containers/json?all=1").answer()[0] == 200
            assert rig.ask("GET", "/info").answer()[0] == 200
        assert len(rig.state.reservations.pending) == 64
        rig.pass_time()
    assert all(client.answer()[0] >= 500 for client in clients)
    assert not any("Traceback" in line for line in log)


_LIMITED = (
    *("POST /containers/create?name=new", "POST /networks/create", "POST /volumes/create"),
    *("POST /auth", "GET /distribution/x/json", "GET /system/df", "POST /containers/prune"),
    *("DELETE /images/x", "POST /images/x/tag?repo=y", "POST /images/create?fromImage=x&tag=1"),
)


@pytest.mark.parametrize("call", _LIMITED)
def test_w6_every_call_of_swarmds_own_ends_in_time_and_names_the_node(call: str) -> None:
    rig = _rig()
    for number in (1, 2):
        rig.script(number, lambda method, target: None)
    method, path = call.split()
    client = rig.completed(method, f"/v1.41{path}", {"Image": "x", "Name": "new"})
    status, body = client.answer()
    assert status in (200, 503), body
    assert b"node-1" in client.received or b"node-2" in client.received


@pytest.mark.parametrize("name", ["con", "v1", "containers", "v1.41", "json", "start", "create"])
def test_w10_a_name_that_looks_like_a_part_of_the_path(name: str) -> None:
    rig = _rig()
    rig.has_container(1, NEW, name)
    rig.completed("POST", f"/v1.41/containers/{name}/start")
    assert _asked(rig) == [f"POST /v1.41/containers/{NEW}/start"]


@pytest.mark.parametrize("path", ["history", "json", "get"])
def test_w11_an_engine_that_fails_is_no_success(path: str) -> None:
    rig = _rig()
    for number in (1, 2):
        rig.script(number, lambda method, target: (500, {"message": "broken"}))
    status, body = rig.completed("GET", f"/v1.41/images/x/{path}").answer()
    assert status >= 500 and b"broken" in str(body).encode()


def test_w12_an_exec_without_upgrade_is_answered_once() -> None:
    rig = ApiRig(1)
    rig.has_container(1, WEB, "web")
    rig.state.add_exec("e1", WEB)
    client = rig.ask("POST", "/v1.41/exec/e1/start", {"Detach": False})
    rig.dialled(1).answers(b"HTTP/1.1 200 OK\r\n\r\nout")
    rig.dialled(1).dies()
    assert client.received.count(b"HTTP/1.1 ") == 1
    assert client.received.endswith(b"\r\n\r\nout")


def test_w20_an_engine_that_cannot_be_validated_holds_no_connection() -> None:
    rig = _rig()
    engine = rig.scripted(1)
    engine.script = lambda method, target: (500, {"message": "not yet"})
    rig.fleet.startService()
    for _ in range(400):
        rig.clock.advance(1.0)
        engine.clock.advance(1.0)
    assert len(engine.asked) > 10
    open_now = [one for one in engine.connections if not one.transport.disconnecting]
    assert len(open_now) <= 1
    rig.fleet.stopService()


def test_w21_the_version_belongs_to_the_request() -> None:
    rig = _rig(api_max=(1, 44))
    for number in (1, 2):
        rig.script(number, lambda method, target: None)
    for version in ("1.24", "1.44", "1.30"):
        rig.ask("POST", f"/v{version}/containers/web/wait")
    rig.ask("POST", "/v1.44/containers/other/wait")
    asked = [line.split("/")[1] for line in rig.scripted(1).asked]
    assert asked == ["v1.24", "v1.44", "v1.30"]


def test_the_table_names_tests_that_exist() -> None:
    table = (ROOT / "docs" / "weak-spots.rst").read_text()
    assert set(re.findall(r"\bW(\d+)\b", table)) == {str(number) for number in range(1, 27)}
    for path, names in re.findall(r"``(tests/\S+?\.py)((?:::\w+)?)``", table):
        text = (ROOT / path).read_text()
        assert f"def {names[2:]}" in text, f"{path}{names}"
