from __future__ import annotations

import orjson
import pytest

from tests.api.case import Case
from tests.manager.wired import END, HEAD, lines


@pytest.fixture
def case() -> Case:
    return Case()


LINE = {"status": "Pulling fs layer", "progressDetail": {}, "id": "abc"}
BAR = {"status": "Downloading", "progressDetail": {"current": 1}, "id": "abc"}


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
    assert shown[-1]["error"] == "node-1: full (Pulled app on 1 of 2 nodes)"
