"""Verbs about images from the client's bytes to the engines' and back."""

from __future__ import annotations

import orjson
import pytest

from swarmd.api.commit import Commit
from swarmd.api.disk_usage import SystemFolder
from swarmd.api.images import Images
from swarmd.api.registry import Registry
from swarmd.api.resource import Noun
from swarmd.manager.plans import Plans
from tests.front.memory import Connection
from tests.manager.wired import END, HEAD, Wired, lines

ID = "sha256:" + "a" * 64
LINE = {"status": "Pulling fs layer", "progressDetail": {}, "id": "abc"}
BAR = {"status": "Downloading", "progressDetail": {"current": 1}, "id": "abc"}
CHUNKED = b"POST /images/load?quiet=1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"


class Case:
    """A client, the tree, and engines node-1 and node-2."""

    def __init__(self) -> None:
        self.rig = Wired(2)
        self.plans = Plans(lambda: 0.0)
        fleet = self.rig.fleet
        root = Noun()
        Registry(fleet).attach(root)
        SystemFolder(fleet).attach(root)
        root.add("commit", POST=Commit(fleet).commit)
        root.putChild(b"images", Images(fleet, self.plans))
        self.client = Connection({})
        self.client.site.resource = root
        self.client.open()

    def ask(self, method: str, path: str, *headers: str, body: bytes = b"") -> None:
        fields = [f"{method} {path} HTTP/1.1", "Host: a", f"Content-Length: {len(body)}", *headers]
        self.client.send("\r\n".join([*fields, "", ""]).encode() + body)

    def says(self, number: int, data: bytes) -> None:
        self.rig.end(number).answers(data)

    def json(self, number: int, status: int, body: object) -> None:
        data = orjson.dumps(body)
        self.says(
            number, b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n" % (status, len(data)) + data
        )

    def sent(self, number: int) -> bytes:
        end = self.rig.end(number)
        return end.wire.sent if end.connections else b""

    @property
    def answer(self) -> tuple[int, bytes]:
        [(head, body)] = self.client.answers()
        return head.status, body

    @property
    def lines(self) -> list[object]:
        return [orjson.loads(line) for line in self.answer[1].splitlines()]


@pytest.fixture
def case() -> Case:
    return Case()


# Pull


def test_a_pull_begins_with_the_first_line(case: Case) -> None:
    case.ask("POST", "/images/create?fromImage=app&tag=1", "X-Registry-Auth: e30=")
    assert case.client.sent == b""
    case.says(1, HEAD + lines(LINE))
    assert (
        case.client.sent.startswith(b"HTTP/1.1 200 OK\r\n") and b"node-1: abc" in case.client.sent
    )
    case.says(1, END)
    case.says(2, HEAD + END)
    assert case.lines[-1] == {"status": "Pulled app:1 on 2 of 2 nodes"}
    assert b"X-Registry-Auth: e30=\r\n" in case.sent(2)
    assert b"/images/create?fromImage=app&tag=1 HTTP" in case.sent(2)


def test_a_pull_that_all_refuse_has_their_status(case: Case) -> None:
    case.ask("POST", "/images/create?fromImage=app")
    for number in (1, 2):
        case.json(number, 404, {"message": "access denied"})
    status, body = case.answer
    assert status == 404 and orjson.loads(body)["message"] == "node-1, node-2: access denied"


def test_a_planned_pull_is_the_engines_own_words(case: Case) -> None:
    engine = case.rig.engine(2)
    client = case.client.transport.getPeer().host
    case.plans.note(client, "app:1", engine.key)
    case.ask("POST", "/images/create?fromImage=app&tag=1", "X-Registry-Auth: secret")
    assert case.sent(1) == b"" and b"X-Registry-Auth: secret\r\n" in case.sent(2)
    case.says(2, HEAD + lines(LINE) + END)
    assert case.answer == (200, orjson.dumps(LINE) + b"\r\n")
    assert "images" in engine.stale
    case.ask("POST", "/images/create?fromImage=app&tag=1")
    assert b"fromImage" in case.sent(1), "the next one is for all"


def test_a_client_that_does_not_read_misses_only_progress(case: Case) -> None:
    case.ask("POST", "/images/create?fromImage=app")
    case.says(1, HEAD + lines(LINE))
    case.client.transport.producer.pauseProducing()
    before = case.client.sent
    case.says(1, lines(BAR, BAR, {"error": "full"}) + END)
    assert case.client.sent == before
    case.says(2, HEAD + END)
    shown = case.lines
    assert BAR["status"] not in [line.get("status") for line in shown]
    assert shown[-1]["error"] == "node-1: full (Pulled app:latest on 1 of 2 nodes)"


def test_a_client_that_leaves_a_pull(case: Case) -> None:
    case.ask("POST", "/images/create?fromImage=app")
    case.says(1, HEAD + lines(LINE))
    case.client.leave()
    assert case.rig.end(1).wire.aborted and case.rig.end(2).wire.aborted


def test_a_pull_of_nothing(case: Case) -> None:
    case.ask("POST", "/images/create")
    assert case.answer[0] == 400


# Load and import


def test_a_load_is_passed_on_as_it_comes(case: Case) -> None:
    case.client.send(CHUNKED + b"2\r\nhi\r\n")
    assert case.sent(1).endswith(b"\r\n\r\n2\r\nhi\r\n") and case.sent(2).endswith(b"2\r\nhi\r\n")
    case.rig.end(2).wire.producer.pauseProducing()
    case.client.send(b"1\r\n!\r\n")
    assert case.client.transport.producerState == "paused"
    case.rig.end(2).wire.producer.resumeProducing()
    assert case.client.transport.producerState == "producing"
    case.client.send(b"0\r\n\r\n")
    for number in (1, 2):
        case.says(number, HEAD + lines({"stream": "Loaded image: app:1\n"}) + END)
    assert case.lines == [{"stream": "Loaded image: app:1\n"}]


def test_a_load_waits_for_connections(case: Case) -> None:
    case.rig.end(1).hold = True
    case.client.send(CHUNKED + b"2\r\nhi\r\n")
    assert case.client.transport.producerState == "paused"
    case.rig.end(1).dialling[0].callback(None)
    assert case.sent(1).endswith(b"2\r\nhi\r\n") and case.sent(2).endswith(b"2\r\nhi\r\n")


def test_a_load_that_all_refuse_is_answered_at_once(case: Case) -> None:
    case.client.send(CHUNKED + b"2\r\nhi\r\n")
    for number in (1, 2):
        case.json(number, 500, {"message": "no space"})
    assert case.answer[0] == 500 and b"no space" in case.answer[1]
    assert case.client.transport.half_closed


def test_a_client_that_leaves_a_load(case: Case) -> None:
    case.client.send(CHUNKED + b"2\r\nhi\r\n")
    case.client.leave()
    for number in (1, 2):
        assert case.rig.end(number).wire.aborted
        assert not case.sent(number).endswith(b"0\r\n\r\n")


def test_a_broken_body(case: Case) -> None:
    case.client.send(CHUNKED + b"zz\r\n")
    assert case.answer[0] == 400 and case.rig.end(1).wire.aborted


def test_an_import_goes_where_the_tag_is(case: Case) -> None:
    case.rig.has_image(2, ID, "app:1")
    head = CHUNKED.replace(b"load?quiet=1", b"create?fromSrc=-&repo=app&tag=1")
    case.client.send(head + b"2\r\nhi\r\n0\r\n\r\n")
    assert case.sent(1) == b"" and b"2\r\nhi\r\n0\r\n\r\n" in case.sent(2)


# One image


def test_the_next_holder_answers(case: Case) -> None:
    case.rig.has_image(1, ID, "app:1")
    case.rig.has_image(2, ID, "app:1")
    case.ask("GET", "/images/app:1/json")
    case.rig.end(1).dies()
    case.json(2, 200, {"Id": ID})
    assert case.answer == (200, orjson.dumps({"Id": ID}))


def test_rmi_tells_of_nodes_that_could_not_be_asked(case: Case) -> None:
    case.rig.has_image(1, ID, "app:1")
    case.rig.has_image(2, ID, "app:1")
    case.rig.lose(2)
    case.ask("DELETE", "/images/app:1?force=1&noprune=1")
    assert b"DELETE" in case.sent(1) and b"/images/app:1?force=1&noprune=1 HTTP" in case.sent(1)
    case.json(1, 200, [{"Untagged": "app:1"}])
    [(head, body)] = case.client.answers()
    assert orjson.loads(body) == [{"Untagged": "app:1"}]
    assert b"node-2: not done there" in (head.get(b"warning") or b"")


def test_push_goes_to_who_has_the_tag(case: Case) -> None:
    case.rig.has_image(1, ID, "host:5000/app:1")
    case.rig.has_image(2, ID, "host:5000/app:1", "host:5000/app:2")
    case.ask("POST", "/images/host:5000/app/push?tag=2", "X-Registry-Auth: e30=")
    assert case.sent(1) == b"" and b"/images/host:5000/app/push?tag=2 HTTP" in case.sent(2)
    assert b"X-Registry-Auth: e30=" in case.sent(2)


def test_push_of_all_tags_goes_to_who_has_most(case: Case) -> None:
    case.rig.has_image(1, ID, "my/app:1")
    case.rig.has_image(2, ID, "my/app:1", "my/app:2")
    case.ask("POST", "/images/my/app/push")
    assert case.sent(1) == b"" and b"/images/my/app/push HTTP" in case.sent(2)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/images/app/json"),
        ("DELETE", "/images/app"),
        ("POST", "/images/app/tag?repo=x"),
        ("POST", "/images/app/push"),
        ("POST", "/images/app/push?tag=1"),
        ("GET", "/images/app/get"),
        ("GET", "/images/get?names=app"),
    ],
)
def test_an_image_that_is_nowhere(case: Case, method: str, path: str) -> None:
    case.ask(method, path)
    assert case.answer[0] == 404 and b"No such image: app" in case.answer[1]


# The rest


def test_login_asks_the_next_node_if_one_cannot_reach_the_registry(case: Case) -> None:
    case.ask("POST", "/auth", "Content-Type: application/json", body=b'{"username":"me"}')
    assert case.sent(1).endswith(b'{"username":"me"}')
    case.json(1, 500, {"message": "no route to host"})
    case.json(2, 200, {"Status": "Login Succeeded"})
    assert case.answer[0] == 200 and b"Login Succeeded" in case.answer[1]


def test_a_refused_login_is_final(case: Case) -> None:
    case.ask("POST", "/auth", body=b"{}")
    case.json(1, 401, {"message": "unauthorized"})
    assert case.answer[0] == 401


def test_distribution_names_have_slashes(case: Case) -> None:
    case.ask("GET", "/distribution/host:5000/my/app:1/json", "X-Registry-Auth: e30=")
    assert b"/distribution/host:5000/my/app:1/json HTTP" in case.sent(1)
    assert b"X-Registry-Auth: e30=" in case.sent(1)


def test_commit_names_the_container_by_its_id(case: Case) -> None:
    case.rig.has_container(2, "c" * 64, "web")
    case.ask("POST", "/commit?container=web&repo=docker.io%2Flibrary%2Fcc&tag=1", body=b"{}")
    path = b"/commit?container=%b&repo=docker.io%%2Flibrary%%2Fcc&tag=1 HTTP" % (b"c" * 64)
    assert path in case.sent(2)
    case.json(2, 201, {"Id": ID})
    assert case.answer[0] == 201 and "images" in case.rig.engine(2).stale


def test_commit_of_nobody(case: Case) -> None:
    case.ask("POST", "/commit?container=nobody")
    assert case.answer[0] == 404


def test_df_says_who_is_missing(case: Case) -> None:
    case.ask("GET", "/system/df?type=image")
    case.json(1, 200, {"LayersSize": 3, "Images": []})
    case.rig.end(2).dies()
    [(head, body)] = case.client.answers()
    assert orjson.loads(body) == {"LayersSize": 3, "Images": []}
    assert b"node-2" in (head.get(b"warning") or b"")


def test_df_without_a_single_answer(case: Case) -> None:
    case.ask("GET", "/system/df")
    case.rig.end(1).dies()
    case.rig.end(2).dies()
    assert case.answer[0] == 503


def test_an_unknown_type(case: Case) -> None:
    case.ask("GET", "/system/df?type=cats")
    assert case.answer[0] == 400


def test_prune(case: Case) -> None:
    case.ask("POST", "/images/prune?filters=%7B%7D")
    case.json(1, 200, {"ImagesDeleted": [{"Deleted": ID}], "SpaceReclaimed": 5})
    case.json(2, 200, {"ImagesDeleted": None, "SpaceReclaimed": 2})
    body = {"ImagesDeleted": [{"Deleted": ID}], "SpaceReclaimed": 7}
    assert orjson.loads(case.answer[1]) == body
    assert "images" in case.rig.engine(1).stale


def test_the_list_says_who_is_missing(case: Case) -> None:
    case.rig.has_image(1, ID, "app:1")
    case.rig.lose(2)
    case.ask("GET", "/images/json")
    [(head, body)] = case.client.answers()
    assert orjson.loads(body)[0]["RepoTags"] == ["app:1"]
    assert head.get(b"warning") == b'199 swarmd "node-2: no answer"'
