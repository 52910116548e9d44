"""A client's connection goes to the next process, whatever the client does in that moment."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from typing import Any

from twisted.internet import reactor
from twisted.internet.interfaces import IReadDescriptor
from twisted.internet.task import deferLater
from twisted.trial.unittest import TestCase
from twisted.web.resource import Resource
from zope.interface import implementer

from swarmd.front.client_site import nobody_else
from swarmd.front.site import DockerSite
from tests.front.memory import Leaf

REACTOR: Any = reactor
ASK = b"GET /who HTTP/1.1\r\nHost: docker\r\n\r\n"


def site(name: bytes) -> DockerSite:
    root = Resource()
    root.putChild(b"who", Leaf(lambda request: name))
    return DockerSite(root, REACTOR)


class Next:
    """The next process, which is this one."""

    def __init__(self, site: DockerSite) -> None:
        self.site = site
        self.serves = True

    def take(self, transport: Any, ahead: bytes) -> bool:
        if not self.serves:
            return False
        copy = os.dup(transport.fileno())
        taken = REACTOR.adoptStreamConnection(copy, transport.socket.family, self.site)
        os.close(copy)
        if ahead:
            taken.protocol.dataReceived(ahead)
        return True


@implementer(IReadDescriptor)
class Trigger:
    """Calls something while the reactor works through what one wait for events has brought."""

    def __init__(self, call: Callable[[], None]) -> None:
        self.call = call
        self.ours, self.theirs = socket.socketpair()
        REACTOR.addReader(self)

    def pull(self) -> None:
        self.theirs.send(b".")

    def doRead(self) -> None:
        REACTOR.removeReader(self)
        self.call()

    def fileno(self) -> int:
        return self.ours.fileno()

    def logPrefix(self) -> str:
        return "trigger"

    def connectionLost(self, reason: object) -> None: ...

    def close(self) -> None:
        self.ours.close()
        self.theirs.close()


class PassingOn(TestCase):
    timeout = 30

    async def setUp(self) -> None:
        self.before, self.after = site(b"before"), site(b"after")
        self.next = Next(self.after)
        self.port = REACTOR.listenTCP(0, self.before, interface="127.0.0.1")
        self.client = socket.create_connection(("127.0.0.1", self.port.getHost().port))
        self.client.setblocking(False)
        await self.until(lambda: self.before.connections == 1)
        self.after.doStart()

    async def tearDown(self) -> None:
        self.client.close()
        await self.until(lambda: not (self.before.connections or self.after.connections))
        self.after.doStop()
        await self.port.stopListening()

    async def until(self, holds: Callable[[], Any]) -> None:
        while not holds():
            await deferLater(REACTOR, 0.005)

    async def answer(self, end: bytes = b"\r\n\r\nafter") -> bytes:
        found = b""

        def more() -> bool:
            nonlocal found
            try:
                found += self.client.recv(65536)
            except BlockingIOError:
                return False
            return found.endswith(end)

        await self.until(more)
        return found

    def give_up(self) -> None:
        self.before.successor = self.next
        self.before.pass_on()

    async def test_a_request_that_comes_in_the_same_moment(self) -> None:
        """Epoll has told of it, and it must not be read where nobody answers it any more."""
        trigger = Trigger(self.give_up)
        trigger.pull()
        self.client.send(ASK)
        self.assertIn(b" 200 ", await self.answer())
        trigger.close()

    async def test_one_that_was_read_before_it_serves(self) -> None:
        self.before.successor, self.next.serves = self.next, False
        self.client.send(ASK[:9])
        await self.until(lambda: self.channel()._ahead)
        self.client.send(ASK[9:])
        await self.until(lambda: self.channel()._ahead == ASK)
        self.next.serves = True
        self.before.pass_on()
        await self.answer()

    async def test_one_that_waits_for_a_process_that_ends_is_answered_here(self) -> None:
        self.before.successor, self.next.serves = self.next, False
        self.client.send(ASK)
        await self.until(lambda: self.channel()._ahead == ASK)
        self.before.keep()
        await self.answer(b"before")

    async def test_who_has_sent_all_is_answered_here(self) -> None:
        """The other process would take it for gone."""
        slow = Leaf(lambda request: setattr(request, "survives_half_close", True))
        self.before.resource.putChild(b"slow", slow)
        self.client.send(ASK.replace(b"who", b"slow") + ASK)
        self.client.shutdown(socket.SHUT_WR)
        await self.until(lambda: slow.requests and self.channel()._read_ended)
        self.give_up()
        slow.requests[0].reply(200, b"slow")
        self.assertEqual((await self.answer(b"before")).count(b" 200 "), 2)

    async def test_news_of_the_other_process_comes_before_each_request(self) -> None:
        """Even the news that it serves."""
        self.before.catch_up = self.give_up
        self.client.send(ASK)
        await self.answer()
        self.before.catch_up = nobody_else

    def channel(self) -> Any:
        [found] = self.before._connections
        return found
