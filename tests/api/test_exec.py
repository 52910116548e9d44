import pytest

from tests.api.rig import WEB, ApiRig

EXEC = "e" * 64


def rig_with_exec() -> ApiRig:
    rig = ApiRig(2)
    rig.has_container(2, WEB, "web")
    rig.state.add_exec(EXEC, WEB)
    return rig


@pytest.mark.parametrize("key", ["Detach", "detach"])
def test_a_detached_start_is_a_small_call(key: str) -> None:
    rig = rig_with_exec()
    client = rig.ask("POST", f"/exec/{EXEC}/start", {key: True})
    assert rig.got(2) == (f"POST /v1.41/exec/{EXEC}/start", b'{"%b":true}' % key.encode())
    rig.answers(2, 200)
    assert client.answer()[0] == 200


def test_an_attached_start_becomes_a_stream_with_its_body() -> None:
    rig = rig_with_exec()
    headers = ("Connection: Upgrade", "Upgrade: tcp")
    client = rig.ask("POST", f"/exec/{EXEC}/start", {"Detach": False}, *headers)
    assert rig.got(2) == (f"POST /v1.41/exec/{EXEC}/start", b'{"Detach":false}')
    rig.dialled(2).answers(b"HTTP/1.1 101 UPGRADED\r\nUpgrade: tcp\r\n\r\nout")
    assert client.received.endswith(b"out")


def test_resize_and_inspect() -> None:
    rig = rig_with_exec()
    rig.ask("POST", f"/exec/{EXEC}/resize?h=5&w=6")
    assert rig.got(2)[0] == f"POST /v1.41/exec/{EXEC}/resize?h=5&w=6"


def test_an_exec_of_before_our_time_is_searched() -> None:
    rig = ApiRig(2)
    rig.has_container(2, WEB, "web")
    client = rig.ask("GET", f"/exec/{EXEC}/json")
    rig.answers(1, 404, {"message": "No such exec instance"})
    rig.answers(2, 200, {"ContainerID": WEB})
    assert rig.got(2)[0] == f"GET /v1.41/exec/{EXEC}/json"
    rig.answers(2, 200, {"ID": EXEC})
    assert client.answer() == (200, {"ID": EXEC})


def test_nobody_knows_it() -> None:
    rig = ApiRig(1)
    client = rig.ask("GET", "/exec/nope/json")
    rig.answers(1, 404, {"message": "No such exec instance"})
    assert client.answer() == (404, {"message": "No such exec instance: nope"})


@pytest.mark.parametrize("path", ["/exec", "/exec/x", "/exec/x/y/z", f"/exec/{EXEC}/nothing"])
def test_unknown_pages(path: str) -> None:
    assert ApiRig(1).ask("GET", path).answer()[0] == 404


def test_a_bad_body() -> None:
    rig = rig_with_exec()
    client = rig.ask("POST", f"/exec/{EXEC}/start", [1])
    assert client.answer()[0] == 400
