from __future__ import annotations

import pytest

from tests.api.case import Case


@pytest.fixture
def case() -> Case:
    return Case()


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
