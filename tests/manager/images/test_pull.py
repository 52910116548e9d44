from __future__ import annotations

from typing import Any

from swarmd.core.errors import ApiError
from swarmd.manager.images.console import Console
from swarmd.manager.images.pull import AT_ONCE, SILENCE, Puller
from tests.manager.wired import END, HEAD, Running, Screen, Wired, lines

AUTH = (b"X-Registry-Auth", b"e30=")
REFUSED = b'HTTP/1.1 404 Not Found\r\nContent-Length: 21\r\n\r\n{"message":"no such"}'


class Case:
    def __init__(self, engines: int = 3) -> None:
        self.rig = Wired(engines)
        self.screen = Screen()
        puller = Puller(
            self.rig.fleet,
            lambda engine: b"/v1.41/images/create?fromImage=app",
            [AUTH],
            Console(self.screen.write),
        )
        self.running = Running(puller.run(self.rig.fleet.healthy(), "Pulled app"))

    def answer(self, number: int, *records: Any) -> None:
        self.rig.end(number).answers(HEAD + (lines(*records) if records else b"") + END)

    @property
    def last(self) -> dict[str, Any]:
        return self.screen.lines[-1]


def test_each_engine_is_asked_with_the_clients_credentials() -> None:
    case = Case(2)
    for number in (1, 2):
        sent = case.rig.end(number).wire.sent
        assert sent.startswith(b"POST /v1.41/images/create?fromImage=app HTTP/1.1\r\n")
        assert b"X-Registry-Auth: e30=\r\n" in sent


def test_lines_say_whose_they_are_and_the_last_one_sums_up() -> None:
    case = Case(2)
    case.answer(1, {"status": "Pulling fs layer", "id": "abc"}, {"status": "Status: new"})
    assert not case.running.done
    case.answer(2)
    assert case.screen.lines == [
        {"status": "Pulling fs layer", "id": "node-1: abc"},
        {"status": "Status: new", "id": "node-1"},
        {"status": "Pulled app on 2 of 2 nodes"},
    ]
    assert {"images"} == case.rig.engine(1).stale


def test_an_error_on_one_engine_ends_in_an_error() -> None:
    case = Case(2)
    case.answer(1)
    case.answer(2, {"error": "disk full", "errorDetail": {"message": "disk full"}})
    assert case.last["error"] == "node-2: disk full (Pulled app on 1 of 2 nodes)"
    assert case.last["errorDetail"] == {"message": case.last["error"]}


def test_all_refuse_before_any_line() -> None:
    case = Case(2)
    case.rig.end(1).answers(REFUSED)
    case.rig.end(2).answers(REFUSED)
    error = case.running.error
    assert isinstance(error, ApiError) and not case.screen.lines
    assert (error.status, error.message) == (404, "node-1, node-2: no such")


def test_a_hung_engine_is_given_up_and_holds_up_nobody() -> None:
    case = Case(2)
    case.answer(1)
    case.rig.end(2).answers(HEAD + lines({"status": "Downloading", "id": "abc"}))
    case.rig.clock.advance(SILENCE - 1)
    case.rig.end(2).answers(lines({"status": "Downloading", "id": "abc"}))
    case.rig.clock.advance(SILENCE - 1)
    assert not case.running.done
    case.rig.clock.advance(2)
    assert case.running.done and case.last["error"].startswith("node-2: no answer within 120 s")


def test_an_engine_that_dies_is_told() -> None:
    case = Case(2)
    case.answer(1)
    case.rig.end(2).dies()
    assert "node-2: " in case.last["error"]


def test_what_is_no_progress_is_an_error() -> None:
    case = Case(1)
    case.rig.end(1).answers(HEAD + b"5\r\nhello\r\n1\r\n\n\r\n" + END)
    assert "cannot be understood" in str(case.running.error)


def test_a_client_that_leaves_closes_every_engines_side() -> None:
    case = Case(AT_ONCE + 5)
    asked = [end for end in case.rig.ends.values() if end.connections]
    assert len(asked) == AT_ONCE
    case.running.deferred.cancel()
    used = [end for end in case.rig.ends.values() if end.connections]
    assert all(end.wire.aborted for end in used)
    assert not case.screen.lines and not case.rig.clock.getDelayedCalls()


def test_the_rest_follows_when_the_first_are_done() -> None:
    case = Case(AT_ONCE + 1)
    last = case.rig.end(AT_ONCE + 1)
    assert not last.connections
    case.answer(1)
    assert last.connections
    for number in range(2, AT_ONCE + 2):
        case.answer(number)
    assert case.last == {"status": "Pulled app on 21 of 21 nodes"}


def test_many_engines_have_one_line_each() -> None:
    case = Case(9)
    case.answer(1, {"status": "Pulling fs layer", "id": "abc"})
    assert case.last == {"status": "abc: Pulling fs layer", "id": "node-1"}
