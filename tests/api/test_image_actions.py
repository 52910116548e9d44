from __future__ import annotations

import orjson
import pytest

from swarmd.cluster.actions import ImagesListed
from tests.api.case import ID, Case


@pytest.fixture
def case() -> Case:
    return Case()


def test_the_next_holder_answers(case: Case) -> None:
    case.rig.has_image(1, ID, "app:1")
    case.rig.has_image(2, ID, "app:1")
    case.ask("GET", "/images/app:1/json")
    case.rig.end(1).dies()
    case.json(2, 200, {"Id": ID})
    assert case.answer == (200, orjson.dumps({"Id": ID}))


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/images/app:1/json"),
        ("GET", "/images/app:1/get"),
        ("POST", "/images/app/push?tag=1"),
        ("POST", "/images/app:1/tag?repo=x"),
    ],
)
def test_a_name_means_what_was_built_last(case: Case, method: str, path: str) -> None:
    """node-1 has a copy of the build before."""
    for number, created in ((1, 5), (2, 6)):
        entry = {"Id": f"sha256:{number:064}", "RepoTags": ["app:1"], "Created": created}
        case.rig.fleet.dispatch(ImagesListed(case.rig.engine(number).key, [entry]))
    case.ask(method, path)
    assert case.sent(1) == b"" and case.sent(2).startswith(method.encode())


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


@pytest.mark.parametrize("line", ["app:2/push", "library/app/push?tag=2", "app:1/push?tag=2"])
def test_a_push_means_the_tag_beside_or_the_one_within(case: Case, line: str) -> None:
    case.rig.has_image(1, ID, "app:1")
    case.rig.has_image(2, ID, "app:1", "app:2")
    case.ask("POST", f"/images/{line}")
    assert case.sent(1) == b"" and line.encode() in case.sent(2)


@pytest.mark.parametrize(
    ("method", "action"),
    [("GET", "/json"), ("GET", "/get"), ("POST", "/tag?repo=x"), ("DELETE", "")],
)
def test_what_no_engine_takes_for_a_name(case: Case, method: str, action: str) -> None:
    case.ask(method, f"/images/a/App{action}")
    status, body = case.answer
    assert status == 400 and b"repository name (a/App) must be lowercase" in body


def test_push_of_all_tags_goes_to_who_has_most(case: Case) -> None:
    case.rig.has_image(1, ID, "my/app:1")
    case.rig.has_image(2, ID, "my/app:1", "my/app:2")
    case.ask("POST", "/images/my/app/push")
    assert case.sent(1) == b"" and b"/images/my/app/push HTTP" in case.sent(2)


@pytest.mark.parametrize("query", ["", "?tag=1"])
def test_a_push_of_what_is_nowhere_is_refused_by_an_engine(case: Case, query: str) -> None:
    """It says so within the stream of a 200, where clients look for it."""
    case.ask("POST", f"/images/app/push{query}")
    refusal = {"errorDetail": {"message": "no"}, "error": "no"}
    case.json(1, 200, refusal)
    assert case.answer == (200, orjson.dumps(refusal))


def test_a_push_where_no_engine_can_be_asked(case: Case) -> None:
    case.rig.lose(1)
    case.rig.lose(2)
    case.ask("POST", "/images/app/push?tag=1")
    assert case.answer[0] == 404 and b"No such image: app" in case.answer[1]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/images/app/json"),
        ("DELETE", "/images/app"),
        ("POST", "/images/app/tag?repo=x"),
        ("GET", "/images/app/get"),
        ("GET", "/images/get?names=app"),
    ],
)
def test_an_image_that_is_nowhere(case: Case, method: str, path: str) -> None:
    case.ask(method, path)
    assert case.answer[0] == 404 and b"No such image: app" in case.answer[1]
