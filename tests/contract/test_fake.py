"""The fake engine keeps the contract."""

from __future__ import annotations

from twisted.internet import reactor

from tests.contract.promises import Promises
from tests.contract.tracking import Tracking
from tests.fakes.engine import FakeEngine


class FakeEngineTests(Promises):
    __test__ = True

    def setUp(self) -> None:
        engine = FakeEngine("node-1", reactor)
        self.address = engine.listen()
        self.addCleanup(engine.close)
        super().setUp()


class FakeTrackingTests(Tracking):
    """What happens when an engine fails can be seen on the fake one alone."""

    __test__ = True
    heartbeat = 0.5

    def setUp(self) -> None:
        self.fake = FakeEngine("node-1", reactor)
        self.address = self.fake.listen()
        self.addCleanup(self.fake.close)
        super().setUp()

    async def test_connections_that_are_cut_are_made_again(self) -> None:
        await self.healthy()
        before = self.fake.machine.create("before", {"Image": "busybox"})
        await self.until(lambda: before.id in self.state.containers)
        await self.fake.cut()
        lost = self.fake.machine.create("while-away", {"Image": "busybox"})
        await self.until(lambda: lost.id in self.state.containers)
        names = [record["Actor"]["Attributes"]["name"] for record in self.records]
        self.assertEqual(names, ["before", "while-away"])

    async def test_an_engine_dies_and_returns(self) -> None:
        await self.healthy()
        port = int(self.address.rpartition(":")[2])
        await self.fake.close()
        await self.unhealthy()
        self.assertIn("refused", self.engine.error)
        self.fake.machine.name = "renamed"
        self.fake.listen(port)
        await self.healthy()
        self.assertEqual(self.engine.name, "renamed")

    async def test_an_engine_hangs_and_comes_to_itself(self) -> None:
        await self.healthy()
        self.fake.hung = True
        begun = reactor.seconds()
        await self.unhealthy()
        self.assertLess(reactor.seconds() - begun, 3 * self.heartbeat + 0.5)
        self.fake.hung = False
        await self.healthy()

    async def test_an_engine_is_asked_no_more_than_needed(self) -> None:
        self.fake.machine.create("one", {"Image": "busybox"})
        await self.until(lambda: any(c.detailed for c in self.state.containers.values()))
        asked = [request.split()[1].partition("?")[0] for request in self.fake.requests]
        self.assertEqual(asked[:2], ["/info", "/version"])
        self.assertEqual(
            [path.removeprefix("/v1.41") for path in asked[2:7]],
            ["/events", "/containers/json", "/images/json", "/networks", "/volumes"],
        )
        self.assertEqual([path for path in asked[7:] if "_ping" not in path][1:], [])
