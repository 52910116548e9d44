from __future__ import annotations

import orjson
import pytest

from swarmd.core.errors import ApiError, EngineUnreachable
from swarmd.core.model import Engine
from swarmd.manager.console import MOST_HELD, Console
from swarmd.manager.progress import Tally, grouped

BAR = {"status": "Downloading", "progressDetail": {"current": 1, "total": 2}, "id": "a"}
FINAL = {"status": "Pull complete", "progressDetail": {}, "id": "a"}


def make() -> tuple[Console, list[dict]]:
    shown: list[dict] = []
    return Console(lambda data: shown.append(orjson.loads(data))), shown


def test_a_reader_gets_everything() -> None:
    console, shown = make()
    console.tell(BAR)
    console.tell(FINAL)
    assert shown == [BAR, FINAL] and console.used


def test_who_does_not_read_misses_only_moves_of_bars() -> None:
    console, shown = make()
    console.pauseProducing()
    for record in (BAR, FINAL, BAR):
        console.tell(record)
    assert shown == []
    console.resumeProducing()
    assert shown == [FINAL]


def test_what_waits_is_bounded_and_keeps_the_end() -> None:
    console, shown = make()
    console.pauseProducing()
    for number in range(MOST_HELD + 10):
        console.tell({"status": str(number)})
    console.flush()
    assert len(shown) == MOST_HELD and shown[-1] == {"status": str(MOST_HELD + 9)}


def test_draining_stops_when_the_client_stops_again() -> None:
    shown: list[bytes] = []

    def write(data: bytes) -> None:
        shown.append(data)
        console.pauseProducing()

    console = Console(write)
    console.pauseProducing()
    console.tell(FINAL)
    console.tell(FINAL)
    console.resumeProducing()
    assert len(shown) == 1
    console.flush()
    assert len(shown) == 2


def test_equal_errors_are_said_once() -> None:
    failed: dict[str, ApiError] = {
        "b": ApiError("full"),
        "a": ApiError("full"),
        "c": EngineUnreachable("c", "gone"),
    }
    assert grouped(failed) == "a, b: full\nc: gone"


def test_a_refusal_after_the_first_line_is_an_error_line() -> None:
    console, shown = make()
    console.tell(FINAL)
    tally = Tally()
    tally.add(Engine("k", "k", name="a"), ApiError("no", 404))
    tally.close(console, "Pulled x")
    assert shown[-1]["error"] == "a: no (Pulled x on 0 of 1 nodes)"


def test_a_refusal_before_is_one_with_its_status() -> None:
    console, _ = make()
    tally = Tally()
    tally.add(Engine("k", "k", name="a"), ApiError("no", 404))
    with pytest.raises(ApiError) as refusal:
        tally.close(console, "Pulled x")
    assert refusal.value.status == 404
