"""Verbs about images from the client's bytes to the engines' and back."""

from __future__ import annotations

import orjson
import pytest

from tests.api.case import ID, Case
from tests.manager.wired import END, HEAD, lines


@pytest.fixture
def case() -> Case:
    return Case()


LINE = {"status": "Pulling fs layer", "progressDetail": {}, "id": "abc"}
FORMAT = "invalid reference format"
CHUNKED = b"POST /images/load?quiet=1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"


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


def test_a_client_that_leaves_a_pull(case: Case) -> None:
    case.ask("POST", "/images/create?fromImage=app")
    case.says(1, HEAD + lines(LINE))
    case.client.leave()
    assert case.rig.end(1).wire.aborted and case.rig.end(2).wire.aborted


@pytest.mark.parametrize(
    "query",
    [
        "fromImage=library/app&tag=1",
        "fromImage=docker.io/library/app:1",
        "fromImage=index.docker.io/app:x&tag=1",
        "fromImage=app:1&fromSrc=-&repo=other",  # with both an engine pulls
    ],
)
def test_a_plan_is_for_the_image_however_it_is_spelt(case: Case, query: str) -> None:
    client = case.client.transport.getPeer().host
    case.plans.note(client, "app:1", case.rig.engine(2).key)
    case.ask("POST", f"/images/create?{query}")
    assert case.sent(1) == b"" and query.encode() in case.sent(2)


@pytest.mark.parametrize(
    ("query", "why"),
    [
        (
            "fromImage=App",
            f"{FORMAT}: repository name (library/App) must be lowercase",
        ),
        ("fromImage=a&tag=-", "invalid tag format"),
        ("fromSrc=-&repo=a::", FORMAT),
    ],
)
def test_a_pull_of_what_no_engine_takes(case: Case, query: str, why: str) -> None:
    case.ask("POST", f"/images/create?{query}")
    assert case.answer == (400, b'{"message":"%b"}\n' % why.encode())


def test_a_pull_of_nothing(case: Case) -> None:
    case.ask("POST", "/images/create")
    assert case.answer[0] == 400


# Lists


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        ("manifests=1", b"all=1&manifests=1 "),
        ("shared-size=true&digests=1&manifests=0", b"all=1&shared-size=1 "),
    ],
)
def test_details_are_asked_of_the_engines(query: str, asked: bytes) -> None:
    case = Case(api_max=(1, 51))
    case.rig.has_image(1, ID, "app:1")
    case.ask("GET", f"/images/json?{query}")
    assert b"/images/json?" + asked in case.sent(1)
    case.json(1, 200, [{"Id": ID, "SharedSize": 5, "Manifests": [{"ID": "m"}]}])
    case.rig.end(2).dies()
    [(head, body)] = case.client.answers()
    [row] = orjson.loads(body)
    assert (row["SharedSize"], row["Manifests"]) == (5, [{"ID": "m"}])
    assert b"node-2" in (head.get(b"warning") or b"")


def test_older_clients_get_no_details(case: Case) -> None:
    case.ask("GET", "/images/json?manifests=1")
    assert case.answer[0] == 200 and case.sent(1) == b""


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
    assert head.get(b"warning") == b'199 swarmd "node node-2 is unhealthy: no answer"'
