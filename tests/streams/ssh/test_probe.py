"""Whether somebody answers at the other end."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IProtocolFactory
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from swarmd.streams.ssh.probe import PROBE_LIMIT, answers


class ProbeTest(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock, self.transport = Clock(), StringTransport()
        self.asked = Deferred.fromCoroutine(answers(self.open, self.clock))

    async def open(self, factory: IProtocolFactory) -> Any:
        self.probe: Any = factory.buildProtocol(None)  # type: ignore[arg-type]
        self.probe.makeConnection(self.transport)
        return self.probe

    def test_a_byte_is_an_answer(self) -> None:
        assert self.transport.value().startswith(b"GET /_ping HTTP/1.1\r\n")
        self.probe.dataReceived(b"H")
        assert self.successResultOf(self.asked) is True
        assert self.transport.disconnecting

    def test_an_end_without_one_is_none(self) -> None:
        self.probe.connectionLost(Failure(ConnectionDone()))
        assert self.successResultOf(self.asked) is False

    def test_who_hangs_is_there(self) -> None:
        self.clock.advance(PROBE_LIMIT)
        assert self.successResultOf(self.asked) is True
        self.probe.connectionLost(Failure(ConnectionDone()))  # later
