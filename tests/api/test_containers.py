import pytest

from tests.api.rig import WEB, ApiRig

ID = "c" * 64


def test_the_list_of_all_nodes() -> None:
    rig = ApiRig(2)
    rig.has_container(1, "b" * 64, "one", Created=1)
    rig.has_container(2, WEB, "two", Created=2)
    status, listed = rig.ask("GET", "/containers/json?all=1").answer()
    assert status == 200
    assert [item["Names"] for item in listed] == [["/two", "/node-2/two"], ["/one", "/node-1/one"]]


def test_dockers_own_command_line_prints_each_name_once() -> None:
    rig = ApiRig(2)
    rig.has_container(2, WEB, "two", Names=["/two", "/app/db"])
    agent = "User-Agent: Docker-Client/29.0.0 (linux)"
    _, [listed] = rig.ask("GET", "/containers/json", None, agent).answer()
    assert listed["Names"] == ["/two", "/app/db"]


@pytest.mark.parametrize("query", ['filters={"foo":["x"]}', "filters={", "limit=x"])
def test_bad_questions(query: str) -> None:
    assert ApiRig(1).ask("GET", f"/containers/json?{query}").answer()[0] == 400


def test_a_list_reads_what_was_written() -> None:
    rig = ApiRig(1)
    rig.has_container(1, WEB, "web")
    rig.clock.advance(1)
    rig.ask("POST", "/containers/web/kill")
    rig.answers(1, 204)
    rig.clock.advance(1)
    client = rig.ask("GET", "/containers/json?all=1")
    assert client.received == b""
    item = {"Id": WEB, "Names": ["/web"], "State": "exited", "Status": "Exited (137) 1 second ago"}
    rig.answers(1, 200, [item])
    status, (listed,) = client.answer()
    assert (status, listed["State"], listed["Status"][:12]) == (200, "exited", "Exited (137)")


def test_images_are_read_again_before_containers_of_an_image_are_listed() -> None:
    rig = ApiRig(1)
    rig.has_image(1, "sha256:" + "a" * 64, "app:1")
    rig.has_container(1, WEB, "web", Image="app:1", ImageID="sha256:" + "a" * 64)
    rig.state.mark_stale(rig.engine(1).key, "images")
    client = rig.ask("GET", '/containers/json?all=1&filters={"ancestor":["app:1"]}')
    assert rig.got(1)[0] == "GET /images/json"
    rig.answers(1, 200, [])
    assert client.answer() == (200, [])


def test_create_answers_as_the_engine_did() -> None:
    rig = ApiRig(1)
    client = rig.ask("POST", "/v1.44/containers/create?name=web", {"Image": "busybox"})
    line, body = rig.got(1)
    assert line == "POST /v1.41/containers/create?name=web" and b'"Image":"busybox"' in body
    rig.answers(1, 201, {"Id": ID, "Warnings": ["careful"]})
    assert client.answer() == (201, {"Id": ID, "Warnings": ["careful"]})


def test_a_create_goes_on_when_its_client_leaves() -> None:
    rig = ApiRig(1)
    client = rig.ask("POST", "/containers/create?name=web", {"Image": "busybox"})
    client.leave()
    rig.answers(1, 201, {"Id": ID})
    assert rig.state.containers[ID].name == "web"
    assert rig.state.reservations.pending == {}


@pytest.mark.parametrize(
    ("body", "status"), [({}, 400), (None, 400), ([], 400), ({"Image": 5}, 400)]
)
def test_bad_bodies(body: object, status: int) -> None:
    rig = ApiRig(1)
    assert rig.ask("POST", "/containers/create", body).answer()[0] == status
    assert rig.state.reservations.pending == {}


def test_a_container_may_be_called_like_a_route() -> None:
    rig = ApiRig(1)
    rig.has_container(1, WEB, "json")
    rig.ask("GET", "/containers/json/json")
    assert rig.got(1)[0] == f"GET /v1.41/containers/{WEB}/json"
    rig.answers(1, 200, {})
    rig.ask("DELETE", "/containers/json")
    assert rig.got(1)[0] == f"DELETE /v1.41/containers/{WEB}"


def test_prune_is_done_by_all() -> None:
    rig = ApiRig(2)
    rig.has_container(1, WEB, "web", State="exited", Status="Exited (0) 1 second ago")
    client = rig.ask("POST", "/containers/prune")
    rig.answers(1, 200, {"ContainersDeleted": [WEB], "SpaceReclaimed": 5})
    rig.answers(2, 200, {"ContainersDeleted": None, "SpaceReclaimed": 7})
    body = {"ContainersDeleted": [WEB], "SpaceReclaimed": 12}
    assert client.answer() == (200, body)
    assert rig.state.containers == {}


def test_prune_tells_of_a_node_that_failed() -> None:
    rig = ApiRig(2)
    client = rig.ask("POST", "/containers/prune")
    rig.answers(1, 500, {"message": "busy"})
    rig.answers(2, 200, {"ContainersDeleted": [], "SpaceReclaimed": 7})
    status, body = client.answer()
    assert (status, body["SpaceReclaimed"]) == (200, 7)
    assert "node-1: busy" in str(body)


def test_prune_that_fails_everywhere_is_an_error() -> None:
    rig = ApiRig(1)
    client = rig.ask("POST", "/containers/prune")
    rig.answers(1, 409, {"message": "a prune operation is already running"})
    assert client.answer() == (409, {"message": "node-1: a prune operation is already running"})
