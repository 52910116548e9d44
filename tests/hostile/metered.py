"""The CPU time of each turn of the reactor that one request takes.

A turn is what runs from one wait for events to the next; here the engines answer within it, so
real turns are shorter. Their CPU time is compared with that of a loop, so that a busy machine, on
which both take longer, does not matter.
"""

from __future__ import annotations

from time import thread_time
from typing import Any

import orjson

from swarmd.core.request.identity import Identity
from tests.api.rig import Client
from tests.authz.rig import GuardedRig

LIMIT = 0.1  # seconds of a quiet machine
LOOP, LOOP_TIME = 200_000, 0.006  # turns of the loop below, and their time on a quiet machine


def pace() -> float:
    """How much slower this machine is now than the quiet one, by its better moments."""

    def loop() -> float:
        began = thread_time()
        _ = {str(number): [number] for number in range(LOOP // 10)}
        for number in range(LOOP):
            _ = number
        return thread_time() - began

    return max(1.0, min(loop() for _ in range(3)) / LOOP_TIME)


class Metered(GuardedRig):
    """Attributes:
    longest: CPU seconds of the longest turn of the last request.
    """

    longest = 0.0

    def ask_as(
        self, who: Identity, method: str, path: str, raw: bytes = b"", *headers: str
    ) -> tuple[int, str]:
        client = Client(self.site)
        client.channel.identity = who
        lines = [f"{method} {path} HTTP/1.1", "Host: a", *headers, f"Content-Length: {len(raw)}"]
        kind = ["Content-Type: application/json"] if raw else []
        sent = "\r\n".join([*lines, *kind, "", ""]).encode() + raw
        self.longest = 0.0
        self._turn(lambda: client.channel.dataReceived(sent))
        while not client.received and self.clock.calls:
            call = self.clock.calls.pop(0)
            self.clock.rightNow = max(self.clock.rightNow, call.getTime())
            call.called = 1
            self._turn(lambda call=call: call.func(*call.args, **call.kw))  # type: ignore[misc]
        head, body = client.whole()
        first = body.partition(b"\n")[0]  # of an answer that grows, whose others are its news
        said = orjson.loads(first) if first.startswith(b"{") else {}
        return head.status, str(said.get("message", ""))

    def _turn(self, work: Any) -> None:
        began = thread_time()
        work()
        self.longest = max(self.longest, thread_time() - began)


def held(
    rig: Metered, who: Identity, method: str, path: str, raw: bytes = b"", *headers: str
) -> str:
    """The words of the answer; fails if a turn was too long, or the answer was not foreseen."""
    for _ in range(3):  # the first has to fill caches
        status, words = rig.ask_as(who, method, path, raw, *headers)
        assert "internal error" not in words, (path, raw[:200])
        assert status != 0
        if rig.longest < LIMIT / 2 or rig.longest < LIMIT * pace():
            return words
    raise AssertionError(f"{method} {path[:60]} {raw[:60]!r}: {rig.longest:.3f} s, pace {pace()}")
