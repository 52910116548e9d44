from __future__ import annotations

import orjson

from swarmd.manager.images.console import MOST_HELD, Console

BAR = {"status": "Downloading", "progressDetail": {"current": 1, "total": 2}, "id": "a"}
FINAL = {"status": "Pull complete", "progressDetail": {}, "id": "a"}


def make() -> tuple[Console, list[dict]]:
    shown: list[dict] = []
    return Console(lambda data: shown.append(orjson.loads(data))), shown


def test_a_reader_gets_everything() -> None:
    console, shown = make()
    console.write_line(BAR)
    console.write_line(FINAL)
    assert shown == [BAR, FINAL] and console.used


def test_who_does_not_read_misses_only_moves_of_bars() -> None:
    console, shown = make()
    console.pauseProducing()
    for record in (BAR, FINAL, BAR):
        console.write_line(record)
    assert shown == []
    console.resumeProducing()
    assert shown == [FINAL]


def test_what_waits_is_bounded_and_keeps_the_end() -> None:
    console, shown = make()
    console.pauseProducing()
    for number in range(MOST_HELD + 10):
        console.write_line({"status": str(number)})
    console.flush()
    assert len(shown) == MOST_HELD and shown[-1] == {"status": str(MOST_HELD + 9)}


def test_draining_stops_when_the_client_stops_again() -> None:
    shown: list[bytes] = []

    def write(data: bytes) -> None:
        shown.append(data)
        console.pauseProducing()

    console = Console(write)
    console.pauseProducing()
    console.write_line(FINAL)
    console.write_line(FINAL)
    console.resumeProducing()
    assert len(shown) == 1
    console.flush()
    assert len(shown) == 2
