"""Events: how long one takes from its engine to everybody who listens."""

from __future__ import annotations

import re
import threading
import time
from contextlib import closing

from tests.bench.load import Address, Client, Result
from tests.bench.programs import Program

SUBSCRIBERS = 10
LATE = 0.5  # seconds after the last event until nobody waits for it any more
_MOMENT = re.compile(rb'"timeNano":(\d+)')


def delays(program: Program, seconds: float) -> tuple[Result, int, int]:
    """Of each event to each subscriber, in seconds; and the fewest and most that one has heard."""
    heard: list[list[float]] = [[] for _ in range(SUBSCRIBERS)]
    end = time.monotonic() + seconds
    threads = [
        threading.Thread(target=_listen, args=(program.address, end, into)) for into in heard
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    numbers = [len(each) for each in heard]
    return Result(tuple(one for each in heard for one in each)), min(numbers), max(numbers)


def _listen(at: Address, end: float, into: list[float]) -> None:
    with closing(Client(at)) as client:
        client.begin("/v1.41/events")
        last = time.time() + end - time.monotonic()
        while (left := end + LATE - time.monotonic()) > 0:
            try:
                data = client.more(left)
            except TimeoutError:
                return
            now = time.time()
            sent = [int(moment) / 1e9 for moment in _MOMENT.findall(data)]
            into += [now - one for one in sent if one <= last]
