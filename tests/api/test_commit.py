from __future__ import annotations

import pytest

from tests.api.case import ID, Case


@pytest.fixture
def case() -> Case:
    return Case()


def test_commit_names_the_container_by_its_id(case: Case) -> None:
    case.rig.has_container(2, "c" * 64, "web")
    case.ask("POST", "/commit?container=web&repo=docker.io%2Flibrary%2Fcc&tag=1", body=b"{}")
    path = b"/commit?container=%b&repo=docker.io%%2Flibrary%%2Fcc&tag=1 HTTP" % (b"c" * 64)
    assert path in case.sent(2)
    case.json(2, 201, {"Id": ID})
    assert case.answer[0] == 201 and "images" in case.rig.engine(2).stale


def test_an_image_does_not_inherit_what_one_container_was_told(case: Case) -> None:
    labels = {
        "com.docker.swarm.constraints": '["zone==a"]',
        "com.docker.swarm.id": "x",
        "mine": "1",
    }
    case.rig.has_container(2, "c" * 64, "web", Labels=labels)
    case.ask("POST", "/commit?container=web", body=b'{"Cmd":["a"],"Labels":{"more":"2"}}')
    blank = b'"com.docker.swarm.constraints":"","com.docker.swarm.id":"","more":"2"'
    assert b'{"Cmd":["a"],"Labels":{%b}}' % blank in case.sent(2)


def test_a_commit_without_a_body(case: Case) -> None:
    """The command line sends none, or null."""
    labels = {"com.docker.swarm.reschedule-policies": '["on-node-failure"]'}
    case.rig.has_container(2, "c" * 64, "web", Labels=labels)
    case.ask("POST", "/commit?container=web", body=b"null")
    assert b'{"Labels":{"com.docker.swarm.reschedule-policies":""}}' in case.sent(2)


def test_commit_of_nobody(case: Case) -> None:
    case.ask("POST", "/commit?container=nobody")
    assert case.answer[0] == 404


def test_commit_of_what_is_not_named(case: Case) -> None:
    case.ask("POST", "/commit")
    assert case.answer[0] == 400 and "invalid name or ID supplied" in str(case.answer)
