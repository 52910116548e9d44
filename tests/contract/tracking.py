"""Tracking as it is in production, but for the heartbeat, over an engine that can be reached."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import orjson
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.trial.unittest import TestCase

from swarmd.cluster.actions import EngineListed
from swarmd.cluster.state import State
from swarmd.core.model import Engine, Health
from swarmd.engine.limits import Timing
from swarmd.engine.tracker import EngineTracker
from swarmd.engine.tracking_context import TrackingContext
from swarmd.streams.dialing.dial import dialer
from swarmd.streams.link import Link


class Tracking(TestCase):
    """Subclasses say where the engine is."""

    __test__ = False
    timeout = 120.0
    address: str
    heartbeat = 5.0

    def setUp(self) -> None:
        self.state = State(reactor.seconds)
        self.records: list[Any] = []
        self._waiting: list[tuple[Callable[[], bool], Deferred[None]]] = []
        context = TrackingContext(
            clock=reactor,
            now=time.time,
            jitter=lambda: 0.1,
            dispatch=self._dispatch,
            on_event=lambda key, record: self.records.append(record),
            engines=self.state.engines,
            timing=Timing(heartbeat=self.heartbeat),
        )
        self.link = Link("node", dialer(reactor, self.address, None), reactor)
        self.tracker = EngineTracker(self.address, self.link, context)
        self.state.dispatch(EngineListed(self.address, self.address))
        self.tracker.startService()
        self.addCleanup(self.link.close)
        self.addCleanup(self.tracker.stopService)

    def _dispatch(self, action: Any) -> None:
        self.state.dispatch(action)
        for entry in list(self._waiting):
            condition, waiter = entry
            if condition():
                self._waiting.remove(entry)
                # The test goes on when the tracker has done what it is just doing.
                reactor.callLater(0, waiter.callback, None)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Waits for news that make it true."""
        if not condition():
            waiter: Deferred[None] = Deferred()
            self._waiting.append((condition, waiter))
            await waiter

    @property
    def engine(self) -> Engine:
        return self.state.engines[self.address]

    async def healthy(self) -> None:
        await self.until(lambda: self.engine.healthy)

    async def unhealthy(self) -> None:
        await self.until(lambda: self.engine.health is Health.UNHEALTHY)

    async def create(self) -> str:
        config = {"Image": "busybox", "Cmd": ["sleep", "1000"], "Labels": {"of": "tracking"}}
        answer = await self.link.call("POST", "/containers/create", body=orjson.dumps(config))
        self.assertEqual(answer.status, 201)
        container_id: str = orjson.loads(answer.body)["Id"]
        return container_id

    async def do(self, method: str, target: str) -> None:
        self.assertEqual((await self.link.call(method, target)).status, 204)

    async def test_an_engine_and_what_is_on_it_becomes_known(self) -> None:
        await self.healthy()
        self.assertIn("busybox:latest", self.engine.image_refs)
        names = {network.name for network in self.engine.networks.values()}
        self.assertLessEqual({"bridge", "host", "none"}, names)

    async def test_a_container_made_behind_our_back_becomes_known(self) -> None:
        await self.healthy()
        made = await self.create()
        containers = self.state.containers
        await self.until(lambda: made in containers and containers[made].detailed)
        self.assertEqual(containers[made].labels, {"of": "tracking"})
        await self.do("POST", f"/containers/{made}/start")
        await self.until(lambda: containers[made].state == "running")
        await self.do("DELETE", f"/containers/{made}?force=1")
        await self.until(lambda: made not in containers)
        actions = [r["Action"] for r in self.records if r["Actor"]["ID"] == made]
        self.assertEqual((actions[0], actions[-1]), ("create", "destroy"))

    async def test_a_refresh_shows_what_was_just_done(self) -> None:
        await self.healthy()
        made = await self.create()
        await self.tracker.refresh({made})
        self.assertEqual(self.state.containers[made].state, "created")
        await self.do("POST", f"/containers/{made}/start")
        await self.tracker.refresh({made})
        self.assertEqual(self.state.containers[made].state, "running")
        await self.do("DELETE", f"/containers/{made}?force=1")
        await self.tracker.refresh({made})
        self.assertNotIn(made, self.state.containers)
