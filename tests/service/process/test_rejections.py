from __future__ import annotations

from typing import Any

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.task import Clock
from twisted.logger import globalLogPublisher

from swarmd.service.process.rejections import MOST_LINES, WINDOW, Rejections


def test_a_flood_is_counted_not_told() -> None:
    clock, lines = Clock(), []

    def observe(event: dict[str, Any]) -> None:
        lines.append(event["log_format"].format(**event))

    globalLogPublisher.addObserver(observe)
    try:
        rejections = Rejections(clock.seconds)
        for number in range(MOST_LINES + 7):
            for port in (number, number):
                rejections.report(IPv4Address("TCP", "10.0.0.9", port), f"reason {number}")
        assert len(lines) == MOST_LINES
        assert lines[0] == "client 10.0.0.9:0 is not let in: reason 0"
        clock.advance(WINDOW)
        rejections.report(IPv6Address("TCP", "fd00::1", 5), "why {not}")
        rejections.report(None, "why")
    finally:
        globalLogPublisher.removeObserver(observe)
    assert lines[MOST_LINES:] == [
        f"{MOST_LINES + 14} more connections were not let in",
        "client [fd00::1]:5 is not let in: why {not}",
        "client without an address is not let in: why",
    ]
