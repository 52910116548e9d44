from __future__ import annotations

from typing import Any

from swarmd.cluster import actions
from swarmd.manager.fleet.startup_gate import LONGEST, LOOK, PATIENCE, StartupGate
from tests.front.memory import Connection, Leaf
from tests.manager.rig import Rig


class Starting:
    """A site right after the start, with engines of which nothing is known."""

    def __init__(self, engines: int) -> None:
        self.rig = Rig(0)
        self.state = self.rig.state
        for number in range(engines):
            self.state.dispatch(actions.EngineListed(f"e{number}", f"e{number}"))
        leaf = Leaf(lambda request: b"x" + request.body)
        self.client = Connection(dict.fromkeys(("containers", "info", "swarmd"), leaf))
        self.service = StartupGate(self.state.engines, self.client.clock)
        self.client.site.gate = self.service
        self.service.startService()

    def failed(self, number: int) -> None:
        self.state.dispatch(actions.EngineFailed(f"e{number}", "refused", 1.0, 3, fatal=True))

    def pass_time(self, seconds: float) -> None:
        for _ in range(round(seconds / LOOK)):
            self.client.clock.advance(LOOK)


def test_requests_wait_until_every_engine_has_spoken() -> None:
    start = Starting(2)
    start.client.send(
        b"POST /containers HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
        b"Content-Length: 2\r\n\r\nyz"
    )
    start.failed(0)
    start.pass_time(1.0)
    assert start.client.statuses() == []
    start.failed(1)
    start.pass_time(LOOK)
    assert start.client.statuses() == [200] and start.client.sent.endswith(b"xyz")
    assert not start.service.closed
    assert start.client.clock.getDelayedCalls() == []


def test_what_tells_how_it_is_going_does_not_wait() -> None:
    start = Starting(1)
    start.client.get("/info")
    start.client.get("/swarmd/nodes")
    assert start.client.statuses() == [200, 200]
    start.service.stopService()
    assert start.client.clock.getDelayedCalls() == []


def test_nobody_waits_for_the_silent_for_ever() -> None:
    start = Starting(3)
    start.client.get("/containers")
    start.pass_time(PATIENCE - 1)
    start.failed(0)
    start.pass_time(PATIENCE - 1)
    assert start.client.statuses() == []
    start.pass_time(1 + 2 * LOOK)
    assert start.client.statuses() == [200]


def test_not_even_if_they_come_one_by_one() -> None:
    start = Starting(1000)
    start.client.get("/containers")
    number = 0
    while not start.client.statuses():
        start.failed(number)
        number += 1
        start.pass_time(1.0)
    assert number <= LONGEST + 1


def test_a_client_that_leaves_meanwhile_is_forgotten() -> None:
    start = Starting(1)
    start.client.get("/containers")
    gone: Any = None
    start.client.channel.connectionLost(gone)
    start.failed(0)
    start.pass_time(LOOK)
    assert start.client.statuses() == []


def test_without_engines_nobody_waits() -> None:
    start = Starting(0)
    start.client.get("/containers")
    assert start.client.statuses() == [200]
