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


def test_commit_of_nobody(case: Case) -> None:
    case.ask("POST", "/commit?container=nobody")
    assert case.answer[0] == 404
