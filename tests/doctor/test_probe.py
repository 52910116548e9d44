"""Visits to fake engines and to listeners that are none, on loopback."""

from __future__ import annotations

from typing import Any

import pytest
from twisted.internet import reactor as installed
from twisted.internet.protocol import Factory, Protocol
from twisted.trial.unittest import TestCase

from swarmd.core.addresses import Address
from swarmd.discovery.entry import bare_entry
from swarmd.doctor import probe as module
from swarmd.doctor.finding import Level
from swarmd.doctor.probe import Probe, probe
from swarmd.engine.identify import NotManageableError
from swarmd.streams.dialing.dial import dialer
from swarmd.streams.link import Link
from tests.fakes.engine import FakeEngine

reactor: Any = installed


class Visits(TestCase):
    async def probe(self, address: str, plain: bool = True) -> Probe:
        entry = bare_entry(address, 2375)
        link = Link(address, dialer(reactor, entry.address, None), reactor)
        return await probe(entry, link, plain, reactor, reactor.seconds)

    async def test_an_engine(self) -> None:
        engine = FakeEngine("node-1", reactor)
        address = engine.listen()
        self.addCleanup(engine.close)
        result = await self.probe(address)
        assert result.spec is not None and result.spec.name == "node-1"
        self.assertEqual(result.findings[0].level, Level.OK)

    async def test_one_that_refuses(self) -> None:
        engine = FakeEngine("node-1", reactor)
        address = engine.listen()
        self.addCleanup(engine.close)
        engine.broken["/info"] = 500
        result = await self.probe(address)
        self.assertIsNone(result.spec)
        self.assertEqual([one.level for one in result.findings], [Level.ERROR])
        self.assertIn("HTTP 500", result.findings[0].text)

    async def test_one_that_would_write_on_our_terminal(self) -> None:
        engine = FakeEngine("node-1", reactor)
        address = engine.listen()
        self.addCleanup(engine.close)
        self.patch(module, "identify", self.refuse)
        (found,) = (await self.probe(address)).findings
        self.assertEqual(found.text, "no ?[2J" + "x" * 992 + "…")

    async def refuse(self, *_: Any) -> Any:
        raise NotManageableError("no \x1b[2J" + "x" * 5000)

    async def test_one_that_hangs(self) -> None:
        port = reactor.listenTCP(0, Factory.forProtocol(Protocol), interface="127.0.0.1")
        self.addCleanup(port.stopListening)
        self.patch(module, "CALL_LIMIT", 0.05)
        result = await self.probe(f"127.0.0.1:{port.getHost().port}")
        (found,) = result.findings
        self.assertIn("no answer within 0.05 s", found.text)
        self.assertTrue(found.fix)
        self.patch(module, "CALL_LIMIT", 5.0)
        self.patch(module, "PROBE_TIMEOUT", 0.05)
        (found,) = (await self.probe(f"127.0.0.1:{port.getHost().port}")).findings
        self.assertIn("no answer within 0.05 s", found.text)

    async def test_nobody_there(self) -> None:
        (found,) = (await self.probe("127.0.0.1:1")).findings
        self.assertEqual(found.text, "connection refused")
        self.assertIn("is dockerd running", found.fix)

    async def test_an_open_port_beside_a_guarded_one(self) -> None:
        engine = FakeEngine("node-1", reactor)
        address = engine.listen()
        self.addCleanup(engine.close)
        port = int(address.rpartition(":")[2])
        self.patch(module, "_is_loopback", lambda host: False)
        self.patch(module, "PLAIN_PORT", port)
        guarded = Address("tcp", "127.0.0.1", 1)
        (found,) = await module._exposure(guarded, False, Probe(bare_entry("a", 1)), reactor)
        self.assertIn(f"open to the network at 127.0.0.1:{port} as well", found.text)
        result = await self.probe(address)
        self.assertIn("open to the network", result.findings[-1].text)
        self.patch(module, "PLAIN_PORT", 2)
        nobody = await module._exposure(guarded, False, Probe(bare_entry("a", 1)), reactor)
        self.assertEqual(nobody, [])


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), ("10.0.0.1", False), ("a", False)],
)
def test_what_nobody_else_can_reach(host: str, loopback: bool) -> None:
    assert module._is_loopback(host) is loopback
