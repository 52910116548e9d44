from __future__ import annotations

from typing import Any

from swarmd.core.errors import ApiError, BadParameter
from swarmd.manager.images.console import Console
from swarmd.manager.images.load import SILENCE, Loader
from swarmd.manager.images.tee import Tee
from tests.manager.wired import END, HEAD, Running, Screen, Wired, lines

LOADED = {"stream": "Loaded image: app:1\n"}
BODY_END = b"0\r\n\r\n"


class Case:
    def __init__(self, engines: int = 2, *, quiet: bool = False) -> None:
        self.rig = Wired(engines)
        self.screen = Screen()
        self.holds: list[bool] = []
        self.tee = Tee(self.holds.append)
        target = b"/v1.41/images/load"
        console = Console(self.screen.write)
        loader = Loader(self.rig.fleet, lambda engine: target, (), console, self.tee)
        self.running = Running(loader.run(self.rig.fleet.healthy(), quiet=quiet))

    def answer(self, number: int, *records: Any) -> None:
        self.rig.end(number).answers(HEAD + (lines(*records) if records else b"") + END)

    def body(self, number: int) -> bytes:
        return self.rig.end(number).wire.sent.partition(b"\r\n\r\n")[2]


def test_every_engine_gets_the_same_body() -> None:
    case = Case()
    case.tee.received(b"hello")
    case.tee.ended()
    assert case.body(1) == case.body(2) == b"5\r\nhello\r\n" + BODY_END


def test_what_was_loaded_is_said_once_and_on_which_nodes() -> None:
    case = Case()
    case.tee.ended()
    case.answer(1, LOADED)
    case.answer(2, LOADED)
    assert case.screen.lines == [
        LOADED,
        {"status": "Loaded", "id": "node-1"},
        {"status": "Loaded", "id": "node-2"},
        {"status": "Loaded on 2 of 2 nodes"},
    ]
    assert "images" in case.rig.engine(2).stale


def test_a_quiet_load_says_no_more_than_one_engine_would() -> None:
    case = Case(quiet=True)
    case.tee.ended()
    case.answer(1, LOADED)
    case.answer(2, LOADED)
    assert case.screen.lines == [LOADED]


def test_the_slowest_engine_sets_the_pace() -> None:
    case = Case()
    slow, fast = (case.rig.end(number).wire.producer for number in (1, 2))
    slow.pauseProducing()
    case.tee.received(b"x")
    assert case.holds[-1:] == [True]
    fast.pauseProducing()
    fast.resumeProducing()
    assert case.holds[-1] is True
    slow.resumeProducing()
    assert case.holds[-1] is False


def test_an_engine_that_fails_drops_out_and_is_reported() -> None:
    case = Case()
    case.rig.end(1).wire.producer.pauseProducing()
    case.tee.received(b"a")
    case.rig.end(1).dies()
    case.tee.received(b"b")
    assert case.holds[-1:] != [True], "the others go on"
    case.tee.ended()
    case.answer(2, LOADED)
    assert case.body(2) == b"1\r\na\r\n1\r\nb\r\n" + BODY_END
    last = case.screen.lines[-1]["error"]
    assert last.startswith("node-1: ") and last.endswith("(Loaded on 1 of 2 nodes)")


def test_an_early_error_ends_the_upload_there() -> None:
    case = Case(1)
    case.tee.received(b"a")
    case.answer(1, {"error": "no tar", "errorDetail": {"message": "no tar"}})
    assert case.running.done and case.rig.end(1).wire.aborted


def test_all_refuse() -> None:
    case = Case()
    for number in (1, 2):
        case.rig.end(number).answers(
            b'HTTP/1.1 400 Bad Request\r\nContent-Length: 17\r\n\r\n{"message":"bad"}'
        )
    error = case.running.error
    assert isinstance(error, ApiError) and (error.status, error.message) == (
        400,
        "node-1, node-2: bad",
    )


def test_a_body_that_breaks_off_is_finished_nowhere() -> None:
    case = Case()
    case.tee.received(b"half")
    case.tee.failed(BadParameter("malformed chunk size"))
    assert isinstance(case.running.error, BadParameter)
    for number in (1, 2):
        assert case.rig.end(number).wire.aborted and not case.body(number).endswith(BODY_END)


def test_a_client_that_leaves_is_finished_nowhere() -> None:
    case = Case()
    case.tee.received(b"half")
    case.running.deferred.cancel()
    for number in (1, 2):
        assert case.rig.end(number).wire.aborted and not case.body(number).endswith(BODY_END)
    assert not case.rig.clock.getDelayedCalls()


def test_an_engine_that_takes_nothing_is_given_up() -> None:
    case = Case()
    case.rig.end(1).wire.producer.pauseProducing()
    case.tee.received(b"x")
    assert case.holds == [True]
    case.rig.clock.advance(SILENCE + 1)
    assert case.holds == [True, False]
    case.tee.ended()
    case.answer(2, LOADED)
    assert "node-1: no answer within 600 s" in case.screen.lines[-1]["error"]


def test_the_source_waits_until_all_are_connected() -> None:
    rig = Wired(1)
    rig.end(1).hold = True
    holds: list[bool] = []
    tee = Tee(holds.append)
    console = Console(Screen().write)
    loader = Loader(rig.fleet, lambda engine: b"/images/load", (), console, tee)
    Running(loader.run(rig.fleet.healthy(), quiet=True))
    assert holds == [True]
    rig.end(1).dialling[0].callback(None)
    assert holds == [True, False]
