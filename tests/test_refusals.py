from __future__ import annotations

from typing import Any

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.task import Clock
from twisted.logger import globalLogPublisher

from swarmd.refusals import MOST_LINES, WINDOW, Refusals


def test_a_flood_is_counted_not_told() -> None:
    clock, lines = Clock(), []

    def observe(event: dict[str, Any]) -> None:
        lines.append(event["log_format"].format(**event))

    globalLogPublisher.addObserver(observe)
    try:
        refusals = Refusals(clock.seconds)
        for port in range(MOST_LINES + 7):
            refusals.tell(IPv4Address("TCP", "10.0.0.9", port), "it hung up")
        assert len(lines) == MOST_LINES
        assert lines[0] == "client 10.0.0.9:0 is not let in: it hung up"
        clock.advance(WINDOW)
        refusals.tell(IPv6Address("TCP", "fd00::1", 5), "why {not}")
        refusals.tell(None, "why")
    finally:
        globalLogPublisher.removeObserver(observe)
    assert lines[MOST_LINES:] == [
        "7 more clients were not let in",
        "client [fd00::1]:5 is not let in: why {not}",
        "client without an address is not let in: why",
    ]
