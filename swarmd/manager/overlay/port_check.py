"""Whether the ports of a swarm can be reached on a node that is in none yet, as seen from swarmd.

Nobody listens there yet, so a refusal is the good answer: the question got there, and so did the
answer. Silence to a datagram may be a firewall, or one that only swallows the refusal.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable, Coroutine
from typing import Any

from twisted.internet.defer import Deferred, DeferredList, TimeoutError
from twisted.internet.endpoints import HostnameEndpoint
from twisted.internet.error import ConnectError, ConnectionRefusedError
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.task import deferLater

MANAGERS_PORT = "2377/tcp"  # as it begins the words for it
TCP, UDP = (2377, 7946), (7946, 4789)
TIMEOUT, LOOKS = 2.0, 20

# Ports that are closed, and those of which nobody can tell, in words.
Found = tuple[tuple[str, ...], tuple[str, ...]]
PortCheck = Callable[[str], Coroutine[Any, Any, Found]]


def port_check(reactor: Any) -> PortCheck:
    """Looks at all ports of one address."""

    async def check(address: str) -> Found:
        tcp = [Deferred.fromCoroutine(_tcp(reactor, address, number)) for number in TCP]
        udp = [Deferred.fromCoroutine(_udp(reactor, address, number)) for number in UDP]
        results = await DeferredList([*tcp, *udp], consumeErrors=True)
        words = [word if ok else "" for ok, word in results]
        return tuple(filter(None, words[:2])), tuple(filter(None, words[2:]))

    return check


async def _tcp(reactor: Any, address: str, number: int) -> str:
    endpoint = HostnameEndpoint(reactor, address, number, timeout=TIMEOUT)
    try:
        connected: Any = await endpoint.connect(Factory.forProtocol(Protocol))
    except ConnectionRefusedError:
        return ""
    except (ConnectError, TimeoutError, OSError):
        return f"{number}/tcp is closed"
    connected.transport.abortConnection()
    return f"{number}/tcp is taken by another program"


async def _udp(reactor: Any, address: str, number: int) -> str:
    """An ICMP message is the answer; the kernel keeps it as an error of the socket."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    word = f"{number}/udp does not answer"
    with socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as asked:
        try:
            asked.connect((address, number))
            asked.send(b"\0")
        except OSError as error:
            return "" if error.errno == errno.ECONNREFUSED else word
        for _ in range(LOOKS):
            await deferLater(reactor, TIMEOUT / LOOKS)
            if asked.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == errno.ECONNREFUSED:
                return ""
    return word
