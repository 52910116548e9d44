from __future__ import annotations

import errno
import socket
from typing import Any

import pytest
from twisted.internet.error import CannotListenError
from twisted.internet.task import Clock

from swarmd.cluster.publishing.frontend import Frontend, Port
from swarmd.publishing.limits import RETRY, TRIES
from swarmd.publishing.publisher import IN_USE, Publisher
from tests.lab.ports import free_port

HERE = "127.0.0.1"


class Listener:
    """A listening port of the scripted reactor."""

    def __init__(self, reactor: Any, place: tuple[str, int]) -> None:
        self.socket = self
        self._reactor = reactor
        self._place = place

    def stopReading(self) -> None:
        pass

    def close(self) -> None:
        self._reactor.listening.remove(self._place)


class Reactor(Clock):
    """Of whose addresses some ports are taken."""

    def __init__(self, *taken: tuple[str, int]) -> None:
        super().__init__()
        self.taken = set(taken)
        self.listening: set[tuple[str, int]] = set()

    def listenTCP(self, port: int, factory: Any, backlog: int, interface: str) -> Listener:
        place = interface, port
        if place in self.taken:
            raise CannotListenError(interface, port, OSError(errno.EADDRINUSE, "in use"))
        if port < 1024:
            raise CannotListenError(interface, port, OSError(errno.EACCES, "no"))
        self.listening.add(place)
        return Listener(self, place)


def frontend(number: int = 8080, proto: str = "tcp") -> Frontend:
    return Frontend(Port(number, proto))


def test_it_listens_at_every_address_or_at_none() -> None:
    reactor = Reactor(("192.0.2.2", 8080))
    publisher = Publisher(reactor, ["192.0.2.1", "192.0.2.2"])
    assert publisher.open(frontend()) == IN_USE
    assert reactor.listening == set()
    other = frontend(9090)
    assert publisher.open(other) == ""
    assert reactor.listening == {("192.0.2.1", 9090), ("192.0.2.2", 9090)}
    publisher.close(other)
    assert reactor.listening == set()


def test_why_not_is_said_as_the_system_says_it() -> None:
    publisher = Publisher(Reactor(), [HERE])
    assert publisher.open(frontend(80)) == "Permission denied"
    assert "sctp" in publisher.open(frontend(8080, "sctp"))


def test_one_that_stands_by_listens_when_it_is_its_turn() -> None:
    reactor = Reactor((HERE, 8080))
    publisher = Publisher(reactor, [HERE])
    publisher.held = True
    one, gone = frontend(), frontend(9090)
    assert publisher.open(one) == publisher.open(gone) == ""
    publisher.close(gone)
    publisher.let_in()
    assert reactor.listening == set()
    reactor.advance(RETRY)
    reactor.taken.clear()  # the process before has given up
    reactor.advance(RETRY)
    assert reactor.listening == {(HERE, 8080)}
    assert not reactor.getDelayedCalls()


def test_it_does_not_try_for_ever() -> None:
    reactor = Reactor((HERE, 8080))
    publisher = Publisher(reactor, [HERE])
    publisher.held = True
    publisher.open(frontend())
    publisher.let_in()
    reactor.pump([RETRY] * TRIES)
    assert not reactor.getDelayedCalls()


def test_who_has_given_up_listens_no_more() -> None:
    reactor = Reactor()
    publisher = Publisher(reactor, [HERE])
    publisher.hold()
    publisher.let_in()
    publisher.open(frontend())
    assert publisher.descriptors() == {}
    publisher.give_up(())
    assert reactor.listening == set()
    assert publisher.open(frontend(9090)) == "" and reactor.listening == set()


@pytest.mark.parametrize("address", [HERE, "::1"])
def test_udp_is_bound_as_well(address: str) -> None:
    from twisted.internet import reactor

    publisher, one = Publisher(reactor, [address]), frontend(free_port(), "udp")
    assert publisher.open(one) == ""
    assert publisher.open(one) == IN_USE
    publisher.close(one)
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as free:
        free.bind((address, one.port.number))
