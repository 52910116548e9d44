"""Resolving: once for all who ask at a time."""

from __future__ import annotations

import socket
import threading
from typing import Any

import pytest
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IHostnameResolver, IResolutionReceiver
from twisted.python.failure import Failure
from zope.interface import implementer
from zope.interface.verify import verifyObject

from swarmd.streams.dialing.resolver import Resolver, names


@implementer(IResolutionReceiver)
class Receiver:
    def __init__(self) -> None:
        self.found: list[Any] = []
        self.complete = False

    def resolutionBegan(self, resolutionInProgress: Any) -> None:
        resolutionInProgress.cancel()

    def addressResolved(self, address: Any) -> None:
        self.found.append(address)

    def resolutionComplete(self) -> None:
        self.complete = True


class Asked:
    def __init__(self) -> None:
        self.answers: list[Deferred[Any]] = []
        self.names = Resolver(self._ask)

    def _ask(self, look_up: Any, name: str, port: int, *more: Any) -> Deferred[Any]:
        self.answers.append(Deferred())
        return self.answers[-1]

    def ask(self, name: str) -> Receiver:
        receiver = Receiver()
        assert self.names.resolveHostName(receiver, name, 2375).name == name
        return receiver


FOUND = [
    (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("::1", 2375, 0, 0)),
    (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 2375)),
]


def test_all_who_ask_at_a_time_share_one_answer() -> None:
    asked = Asked()
    verifyObject(IHostnameResolver, asked.names)
    first, second, other = asked.ask("one"), asked.ask("one"), asked.ask("two")
    assert len(asked.answers) == 2
    asked.answers[0].callback(FOUND)
    for receiver in (first, second):
        assert receiver.complete
        assert receiver.found == [
            IPv6Address("TCP", "::1", 2375, 0, 0),
            IPv4Address("TCP", "127.0.0.1", 2375),
        ]
    assert not other.complete
    asked.ask("one")
    assert len(asked.answers) == 3


def test_a_name_that_is_not_known() -> None:
    asked = Asked()
    receiver = asked.ask("nowhere")
    asked.answers[0].errback(Failure(socket.gaierror("unknown")))
    assert receiver.complete and receiver.found == []


def test_threads_that_nobody_waits_for(monkeypatch: pytest.MonkeyPatch) -> None:
    resolved, gate = threading.Event(), threading.Event()
    daemons: list[bool] = []

    def look_up(*question: Any) -> Any:
        daemons.append(threading.current_thread().daemon)
        resolved.set()
        gate.wait(10)
        return []

    class Reactor:
        @staticmethod
        def callFromThread(call: Any, *args: Any) -> None: ...

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    names(Reactor()).resolveHostName(Receiver(), "one")
    assert resolved.wait(10) and daemons == [True]
    gate.set()
