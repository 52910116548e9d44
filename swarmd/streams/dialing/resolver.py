"""The DNS resolver for engines; a name server that does not answer costs nobody else anything.

Twisted asks in ten threads, and waits for all of them when it ends. A dead name server holds each
for ten seconds and more, while every further try of every engine takes a place in the queue.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from functools import partial
from threading import Thread
from typing import Any

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import (
    IAddress,
    IHostnameResolver,
    IHostResolution,
    IResolutionReceiver,
)
from twisted.internet.threads import deferToThreadPool
from twisted.python.failure import Failure
from twisted.python.threadpool import ThreadPool
from zope.interface import implementer

AT_ONCE = 64  # names; a further one waits

Question = tuple[str, int]  # name and port
Found = Sequence[tuple[Any, ...]]  # as of getaddrinfo


class _Thread(Thread):
    """Ends with the process, whatever it waits for."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named, daemon=True)


class _Threads(ThreadPool):
    threadFactory = _Thread


@implementer(IHostResolution)
class _Resolution:
    def __init__(self, name: str) -> None:
        self.name = name

    def cancel(self) -> None:
        """Whoever does not want to know any more just does not listen."""


@implementer(IHostnameResolver)
class Resolver:
    """A DNS resolver with single flight.

    Asks the system for a name once at a time, however many want to know it; only for TCP.

    Args:
        ask: Calls in a thread of its own what it is given.
    """

    def __init__(self, ask: Callable[..., Deferred[Found]]) -> None:
        self._ask = ask
        self._waiting: dict[Question, list[IResolutionReceiver]] = {}

    def resolveHostName(
        self,
        resolutionReceiver: IResolutionReceiver,
        hostName: str,
        portNumber: int = 0,
        addressTypes: Sequence[type[IAddress]] | None = None,
        transportSemantics: str = "TCP",
    ) -> IHostResolution:
        resolution = _Resolution(hostName)
        resolutionReceiver.resolutionBegan(resolution)
        question = (hostName, portNumber)
        waiting = self._waiting.setdefault(question, [])
        waiting.append(resolutionReceiver)
        if len(waiting) == 1:
            found = self._ask(socket.getaddrinfo, *question, 0, socket.SOCK_STREAM)
            found.addBoth(self._deliver, question)
        return resolution

    def _deliver(self, found: Found | Failure, question: Question) -> None:
        """A name that is not known has no address."""
        addresses = [] if isinstance(found, Failure) else list(map(_address, found))
        for receiver in self._waiting.pop(question):
            for address in addresses:
                receiver.addressResolved(address)
            receiver.resolutionComplete()


def _address(found: tuple[Any, ...]) -> IAddress:
    family, *_, place = found
    kind = IPv6Address if family == socket.AF_INET6 else IPv4Address
    return kind("TCP", *place)


def names(reactor: Any) -> Resolver:
    """Those that the system knows."""
    threads = _Threads(0, AT_ONCE, "names")
    threads.start()
    return Resolver(partial(deferToThreadPool, reactor, threads))
