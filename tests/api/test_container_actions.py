import gc
from typing import Any

import pytest

from swarmd.cluster.actions import ContainerInspected
from swarmd.manager.fleet.read_your_writes import CONTAINERS, DISTRUST, LAST_PATIENCE
from tests.api.rig import WEB, ApiRig, Client
from tests.cluster.fleet import inspect, seen

EXEC = "e" * 64


def rig_with_web(**spec: Any) -> ApiRig:
    rig = ApiRig(2, **spec)
    rig.has_container(2, WEB, "web")
    return rig


@pytest.mark.parametrize("ref", ["web", WEB, WEB[:12], "node-2/web"])
def test_the_engine_is_asked_by_id_in_its_own_version(ref: str) -> None:
    rig = rig_with_web()
    client = rig.ask("GET", f"/v1.44/containers/{ref}/top?ps_args=-ef")
    assert rig.got(2)[0] == f"GET /v1.41/containers/{WEB}/top?ps_args=-ef"
    rig.answers(2, 200, {"Titles": []})
    assert client.answer() == (200, {"Titles": []})
    assert rig.dialled(1).connections == []


@pytest.mark.parametrize("name", ["con", "containers", "v1", "json", "start"])
def test_a_name_that_is_also_a_word_of_the_path(name: str) -> None:
    rig = ApiRig(1)
    rig.has_container(1, WEB, name)
    rig.ask("POST", f"/v1.41/containers/{name}/start")
    assert rig.got(1)[0] == f"POST /v1.41/containers/{WEB}/start"


@pytest.mark.parametrize(
    "action", ["start", "stop", "restart", "kill", "pause", "unpause", "update"]
)
def test_a_change_marks_the_container_before_the_client_knows(action: str) -> None:
    rig = rig_with_web()
    rig.clock.advance(1)
    client = rig.ask("POST", f"/containers/web/{action}", {})
    assert rig.engine(2).dirty == set()
    rig.answers(2, 204)
    assert rig.engine(2).dirty == {WEB}
    assert client.whole()[0].status == 204


def test_a_start_waits_for_an_engine_that_has_news_and_is_slow_to_tell() -> None:
    """Another process was told of the container, just before this one took its place."""
    rig = ApiRig(2)
    key = rig.engine(2).key
    rig.clock.advance(1)
    rig.state.mark_dirty(WEB, key)
    rig.clock.advance(1)
    rig.fleet.distrusted[key] = {CONTAINERS: rig.now + DISTRUST}
    client = rig.ask("POST", f"/containers/{WEB}/start")
    rig.clock.advance(LAST_PATIENCE)
    assert "/containers/json" in rig.got(2)[0]
    rig.answers(2, 200, [{"Id": WEB, "Names": ["/web"], "State": "created", "Status": ""}])
    assert rig.got(2)[0] == f"GET /containers/{WEB}/json"  # what it takes, for its start
    rig.answers(2, 200, inspect(1, Id=WEB, State__Status="created", State__Running=False))
    assert rig.got(2)[0] == f"POST /v1.41/containers/{WEB}/start"
    rig.answers(2, 204)
    assert client.whole()[0].status == 204


def test_inspect_shows_the_node() -> None:
    rig = rig_with_web()
    client = rig.ask("GET", "/containers/web/json")
    rig.answers(2, 200, {"Id": WEB, "New": 1})
    status, body = client.answer()
    assert (status, body["Node"]["Name"], body["New"]) == (200, "node-2", 1)


def test_an_engines_refusal_passes_as_it_is() -> None:
    rig = rig_with_web()
    client = rig.ask("GET", "/containers/web/json")
    rig.answers(2, 409, {"message": "busy"})
    assert client.answer() == (409, {"message": "busy"})


@pytest.mark.parametrize("prefix", ["", "/v1.41"])
def test_removal_is_known_at_once(prefix: str) -> None:
    rig = rig_with_web()
    rig.ask("DELETE", f"{prefix}/containers/node-2/web?force=1")
    assert rig.got(2)[0] == f"DELETE /v1.41/containers/{WEB}?force=1"
    rig.answers(2, 204)
    assert rig.state.containers == {}


def test_a_refused_removal_leaves_it() -> None:
    rig = rig_with_web()
    rig.clock.advance(1)
    rig.ask("DELETE", "/containers/web")
    rig.answers(2, 409, {"message": "running"})
    assert WEB in rig.state.containers and rig.engine(2).dirty == {WEB}


@pytest.mark.parametrize(
    ("ref", "sent"),
    [
        ("web/db", "web/db"),
        ("node-2/web/db", "web/db"),
        ("db", "db"),  # which the engine refuses: it is no link
        ("b" * 12, "db"),
    ],
)
def test_a_link_is_removed_and_not_the_container(ref: str, sent: str) -> None:
    rig = rig_with_web()
    rig.has_container(2, "b" * 64, "db", Names=["/db", "/web/db"])
    rig.ask("DELETE", f"/v1.41/containers/{ref}?link=1")
    assert rig.got(2)[0] == f"DELETE /v1.41/containers/{sent}?link=1"
    rig.answers(2, 204)
    assert "b" * 64 in rig.state.containers and rig.engine(2).dirty == {"b" * 64}


def test_rename_takes_the_name_before_the_engine_is_asked() -> None:
    rig = rig_with_web()
    rig.has_container(1, "b" * 64, "other")
    status, body = rig.ask("POST", "/containers/web/rename?name=other").answer()
    assert status == 409 and body["message"].startswith("Error when allocating new name: Conflict.")
    first = rig.ask("POST", "/containers/web/rename?name=new")
    second = rig.ask("POST", "/containers/other/rename?name=/new")
    assert second.answer()[0] == 409
    rig.answers(2, 204)
    assert first.whole()[0].status == 204
    assert rig.state.containers[WEB].name == "new"


def test_a_rename_that_fails_gives_the_name_back() -> None:
    rig = rig_with_web()
    rig.ask("POST", "/containers/web/rename?name=new")
    rig.answers(2, 500, {"message": "no"})
    assert not rig.state.name_taken("new") and rig.state.containers[WEB].name == "web"
    assert rig.ask("POST", "/containers/web/rename?name=b*d").answer()[0] == 400


def test_a_rename_whose_answer_is_lost_keeps_the_name_until_the_engine_tells() -> None:
    rig = rig_with_web()
    client = rig.ask("POST", "/containers/web/rename?name=new")
    rig.dialled(2).dies()
    assert client.answer()[0] == 503
    assert rig.state.name_taken("new") and rig.state.name_taken("web")


def test_an_exec_is_remembered_and_found() -> None:
    rig = rig_with_web()
    client = rig.ask("POST", "/containers/web/exec", {"Cmd": ["sh"]})
    rig.answers(2, 201, {"Id": EXEC})
    assert client.answer() == (201, {"Id": EXEC})
    rig.ask("GET", f"/exec/{EXEC}/json")
    assert rig.got(2)[0] == f"GET /v1.41/exec/{EXEC}/json"


def test_a_wait_that_swarmd_ends_blames_no_node() -> None:
    """All its connections go at once then, and an engine's may be the first."""
    rig = rig_with_web()
    client = rig.ask("POST", "/containers/web/wait")
    rig.dialled(2).answers(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    rig.site.leave()
    rig.dialled(2).dies()
    assert client.received.endswith(b"\r\n\r\n")
    assert client.transport.disconnecting


def test_wait_tells_at_once_and_breaks_off_when_the_engine_dies() -> None:
    """With a status of -1 in words, the CLI printed it and ended well."""
    rig = rig_with_web()
    client = rig.ask("POST", "/containers/web/wait?condition=removed")
    rig.dialled(2).answers(
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    assert client.received.endswith(b"\r\n\r\n")
    rig.dialled(2).dies()
    assert client.received.endswith(b"\r\n\r\n") and client.transport.half_closed


def test_attach_is_handed_over() -> None:
    rig = rig_with_web()
    client = rig.ask(
        "POST", "/v1.44/containers/web/attach?stream=1", None, "Connection: Upgrade", "Upgrade: tcp"
    )
    assert rig.got(2)[0] == f"POST /v1.41/containers/{WEB}/attach?stream=1"
    rig.dialled(2).answers(
        b"HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\n"
        b"Connection: Upgrade\r\nUpgrade: tcp\r\n\r\nhello"
    )
    assert b"application/vnd.docker.multiplexed-stream" in client.received
    assert client.received.endswith(b"\r\n\r\nhello")
    client.channel.dataReceived(b"typed")
    assert rig.dialled(2).wire.sent.endswith(b"typed")


def test_attach_with_a_body_is_attach_without() -> None:
    """dockerode repeats the query there; what came as stdin would reach the container."""
    rig = rig_with_web()
    rig.ask("POST", "/containers/web/attach?stdin=1", {"stdin": True}, "Upgrade: tcp")
    assert rig.got(2) == (f"POST /v1.41/containers/{WEB}/attach?stdin=1", b"")


def test_logs_are_a_stream_of_their_own() -> None:
    rig = rig_with_web()
    rig.ask("GET", "/containers/web/logs?stdout=1")
    line, _ = rig.got(2)
    assert line == f"GET /v1.41/containers/{WEB}/logs?stdout=1"
    assert b"Connection: close" in rig.dialled(2).wire.sent


@pytest.mark.parametrize(
    ("method", "path", "upstream"),
    [
        ("GET", "/checkpoints", "GET /v1.41/containers/ID/checkpoints"),
        ("DELETE", "/checkpoints/c1", "DELETE /v1.41/containers/ID/checkpoints/c1"),
        ("HEAD", "/archive?path=/x", "HEAD /v1.41/containers/ID/archive?path=/x"),
        ("GET", "/attach/ws?stream=1", "GET /v1.41/containers/ID/attach/ws?stream=1"),
        ("POST", "/resize?h=1&w=2", "POST /v1.41/containers/ID/resize?h=1&w=2"),
    ],
)
def test_other_routes(method: str, path: str, upstream: str) -> None:
    rig = rig_with_web()
    rig.ask(method, f"/containers/web{path}")
    assert rig.got(2)[0] == upstream.replace("ID", WEB)


@pytest.mark.parametrize(
    "path", ["/containers//json", "/containers/web/nothing", "/containers/json/x"]
)
def test_unknown_actions(path: str) -> None:
    assert rig_with_web().ask("POST", path).whole()[0].status in (301, 404)


def test_unknown_containers() -> None:
    status, body = rig_with_web().ask("GET", "/containers/nope/json").answer()
    assert (status, body) == (404, {"message": "No such container: nope"})


def test_a_lost_engine_is_named() -> None:
    rig = rig_with_web()
    rig.lose(2)
    status, body = rig.ask("POST", "/containers/web/start").answer()
    assert (status, body) == (503, {"message": "node node-2 is unreachable: no answer"})


def test_an_engine_that_dies_meanwhile_is_named() -> None:
    rig = rig_with_web()
    client = rig.ask("POST", "/containers/web/start")
    rig.dialled(2).dies()
    status, body = client.answer()
    assert status == 503 and "node-2" in body["message"]


def test_a_client_that_leaves_frees_the_engine() -> None:
    rig = rig_with_web()
    client: Client = rig.ask("GET", "/containers/web/stats")
    client.leave()
    assert rig.dialled(2).wire.aborted


def test_news_is_read_before_a_name_is_called_unknown() -> None:
    """Made behind our back a moment ago: its event is here, its name is not."""
    rig = ApiRig(1)
    event = {"Type": "container", "Action": "create", "Actor": {"ID": WEB, "Attributes": {}}}
    rig.fleet.dispatch(seen(rig.engine(1).key, event, rig.clock.seconds(), rig.now))
    rig.clock.advance(1)
    client = rig.ask("POST", "/containers/web/start")
    assert "/containers/json" in rig.got(1)[0]
    item = {"Id": WEB, "Names": ["/web"], "State": "created", "Status": "Created"}
    rig.answers(1, 200, [item])
    assert rig.got(1)[0].endswith(f"/containers/{WEB}/json"), "what it takes is asked before"
    rig.answers(1, 200, inspect(1, "web", Id=WEB, State__Status="created"))
    assert rig.got(1)[0] == f"POST /v1.41/containers/{WEB}/start"
    rig.answers(1, 204)
    assert client.whole()[0].status == 204


@pytest.mark.parametrize("action", ["json", "top"])
def test_a_call_leaves_no_cycle_behind(action: str) -> None:
    """Else Python's search for cycles is a part of each call."""
    rig = rig_with_web()

    def call() -> None:
        client.send("GET", f"/containers/web/{action}")
        rig.dialled(2).wire.clear()
        body = b'{"Id":1}'
        rig.dialled(2).answers(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n"
            b"\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
        )

    client = Client(rig.site)
    call()
    gc.collect()
    gc.disable()
    try:
        call()
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_a_rename_to_no_name_is_refused_in_the_engines_words() -> None:
    rig = rig_with_web()
    words = "Error when allocating new name: Invalid container name (/a/b), only "
    status, body = rig.ask("POST", "/containers/web/rename?name=a/b").answer()
    assert status == 400 and body["message"].startswith(words)
    empty = {"message": "Neither old nor new names may be empty"}
    assert rig.ask("POST", "/containers/web/rename?name=").answer() == (400, empty)


# Starts and updates

GIB = 1 << 30


def rig_with(*states: str, **host: Any) -> ApiRig:
    """One node of 4 GiB with containers of IDs aa…, bb… and these states."""
    rig = ApiRig(1)
    for name, state in zip("abc", states, strict=False):
        rig.has_container(1, name * 64, name, State=state)
        body = inspect(1, name, Id=name * 64, State__Status=state, HostConfig=host)
        rig.clock.advance(1)
        at = rig.clock.seconds()
        rig.fleet.dispatch(ContainerInspected(rig.engine(1).key, body, at))
    return rig


@pytest.mark.parametrize("action", ["start", "restart"])
def test_a_start_without_room_is_refused_in_words(action: str) -> None:
    rig = rig_with("running", "exited", Memory=3 * GIB)
    client = rig.ask("POST", f"/containers/b/{action}")
    assert rig.got(1)[0].startswith("GET "), "whether it removes itself"
    rig.answers(1, 200, inspect(1, "b", Id="b" * 64, State__Status="exited"))
    status, body = client.answer()
    assert status == 500 and "no resources available to schedule container b" in body["message"]
    assert "in use by a" in body["message"]


def test_two_starts_at_once_do_not_both_get_the_memory() -> None:
    rig = rig_with("exited", "exited", "created", Memory=3 * GIB)
    rig.ask("POST", "/containers/a/start")
    rig.ask("POST", "/containers/b/start")
    rig.ask("POST", "/containers/c/start")
    sent = [one.transport.value() for one in rig.dialled(1).connections]
    assert sum(b"/start" in one for one in sent) == 1
    assert rig.engine(1).tally.up.memory == 3 * GIB


@pytest.mark.parametrize(("status", "held"), [(204, 3 * GIB), (304, 0), (404, 0), (500, 0)])
def test_the_answer_tells_whether_it_has_its_memory(status: int, held: int) -> None:
    rig = rig_with("exited", Memory=3 * GIB)
    rig.clock.advance(1)
    rig.ask("POST", "/containers/a/start")
    rig.answers(1, status, {"message": "no"})
    assert rig.engine(1).tally.up.memory == held


def test_a_client_that_leaves_during_a_start_leaves_it_in_doubt() -> None:
    rig = rig_with("exited", Memory=3 * GIB)
    rig.clock.advance(1)
    rig.ask("POST", "/containers/a/start").leave()
    assert rig.engine(1).tally.up.memory == 3 * GIB


def test_the_holder_of_a_port_is_named() -> None:
    rig = rig_with("running", "created", PortBindings={"80/tcp": [{"HostPort": "8888"}]})
    client = rig.ask("POST", "/containers/b/start")
    words = "Bind for 0.0.0.0:8888 failed: port is already allocated"
    rig.answers(1, 500, {"message": words})
    assert client.answer() == (500, {"message": f"{words} by container a"})


def test_a_running_container_does_not_grow_beyond_its_node() -> None:
    rig = rig_with("running", "running", Memory=GIB)
    client = rig.ask("POST", "/containers/a/update", {"memory": 4 * GIB})
    rig.answers(1, 200, inspect(1, "a", Id="a" * 64, HostConfig__Memory=GIB))
    status, body = client.answer()
    assert status == 500 and "3 GiB of 4 GiB of memory are free" in body["message"]
    client = rig.ask("POST", "/containers/a/update", {"Memory": 3 * GIB})
    rig.answers(1, 200, inspect(1, "a", Id="a" * 64, HostConfig__Memory=GIB))
    assert rig.got(1) == (f"POST /v1.41/containers/{'a' * 64}/update", b'{"Memory":3221225472}')
    rig.answers(1, 200, {"Warnings": []})
    assert client.answer() == (200, {"Warnings": []})


@pytest.mark.parametrize("body", [{}, {"RestartPolicy": {"Name": "always"}}, {"Memory": 0}])
def test_an_update_of_other_things_goes_right_through(body: dict[str, Any]) -> None:
    rig = rig_with("running", Memory=GIB)
    rig.ask("POST", "/containers/a/update", body)
    assert rig.got(1)[0] == f"POST /v1.41/containers/{'a' * 64}/update"
