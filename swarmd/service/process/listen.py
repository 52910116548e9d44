"""Listening on what ``--host`` names: TCP, a Unix socket, systemd's descriptors, any endpoint."""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Callable, Sequence
from typing import Any

from twisted.internet.defer import Deferred, DeferredList, fail, maybeDeferred, succeed
from twisted.internet.endpoints import (
    TCP4ServerEndpoint,
    TCP6ServerEndpoint,
    UNIXServerEndpoint,
    serverFromString,
)
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import (
    IAddress,
    IListeningPort,
    IProtocolFactory,
    IStreamServerEndpoint,
)
from zope.interface import implementer

from swarmd.config.inherited_sockets import inherited_sockets
from swarmd.service.process.adoption import BACKLOG, AdoptingReactor, adopt, family_of

# The kernel takes no more for a connection while so many bytes of it wait to be sent.
TCP_NOTSENT_LOWAT = 25  # not named in all versions of Python
UNSENT = 128 << 10

# A client that vanished without a FIN is noticed after 80 seconds; the kernel would take 2 hours.
_SILENCE = ((socket.TCP_KEEPIDLE, 30), (socket.TCP_KEEPINTVL, 10), (socket.TCP_KEEPCNT, 5))

Secure = Callable[[IProtocolFactory], IProtocolFactory]


def listen(
    reactor: Any,
    address: str,
    site: IProtocolFactory,
    secure: Secure | None = None,
    given: Sequence[int] = (),
    *,
    shared: bool = False,
) -> Deferred[IListeningPort]:
    """Listens on one address; every kind binds at once, so the result is there on return.

    Args:
        address: ``tcp://host:port``, ``unix:///path``, ``fd://`` or ``fd://N``, or an endpoint
            string of Twisted's.
        secure: Puts TLS around a factory. As with engines, Unix sockets stay plain.
        given: Descriptors of sockets that already listen on it; they are not closed.
        shared: Other processes may listen on the same TCP port (SO_REUSEPORT).
    """
    if shared and not given and address.startswith("tcp://"):
        return _listen_shared(reactor, address, site, secure)
    scheme, mark, rest = address.partition("://")
    guarded = secure(site) if secure is not None else site
    try:
        if scheme == "fd" and mark:
            return _inherited(reactor, rest, site, guarded, given)
        endpoint = _endpoint(reactor, address, given)
    except (OSError, ValueError) as error:
        return fail(error)
    plain = address.startswith("unix:")
    listening: Deferred[IListeningPort] = endpoint.listen(site if plain else guarded)
    return listening.addCallback(_bounded)


def _listen_shared(
    reactor: Any, address: str, site: IProtocolFactory, secure: Secure | None
) -> Deferred[IListeningPort]:
    host, _, port = address.removeprefix("tcp://").rpartition(":")
    interface = host.strip("[]")
    family = socket.AF_INET6 if ":" in interface else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as opened:
        try:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            opened.bind((interface, int(port)))
            opened.listen(BACKLOG)
        except OSError as error:
            words = error.strerror
            return fail(CannotListenError(interface, int(port), OSError(error.errno, words)))
        return listen(reactor, address, site, secure, [opened.fileno()])


def _bounded(port: IListeningPort) -> IListeningPort:
    """Of the answers that a client does not read the kernel would hold megabytes.

    Then small ones would never be too many. All connections inherit the options.
    """
    opened = getattr(port, "socket", None)
    if opened is not None and opened.family in (socket.AF_INET, socket.AF_INET6):
        for option, value in ((TCP_NOTSENT_LOWAT, UNSENT), *_SILENCE):
            opened.setsockopt(socket.IPPROTO_TCP, option, value)
    return port


def _endpoint(reactor: Any, address: str, given: Sequence[int]) -> IStreamServerEndpoint:
    scheme, mark, rest = address.partition("://")
    if given:
        reactor = AdoptingReactor(reactor, given)
    if not mark:
        named: IStreamServerEndpoint = serverFromString(reactor, address)
        return named
    if scheme == "unix":
        if not given:
            remove_dead_socket(rest)
        return UNIXServerEndpoint(reactor, rest, backlog=BACKLOG, mode=0o600)
    if scheme != "tcp":
        raise ValueError(f"unsupported protocol {scheme!r}; use tcp, unix or fd")
    host, _, port = rest.rpartition(":")
    interface = host.strip("[]")
    kind = TCP6ServerEndpoint if ":" in interface else TCP4ServerEndpoint
    return kind(reactor, int(port), backlog=BACKLOG, interface=interface)


def remove_dead_socket(path: str) -> None:
    """Removes what a killed daemon left behind, and nothing else.

    Raises:
        OSError: Somebody listens there, or the file is no socket.
    """
    try:
        mode = os.lstat(path).st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise FileExistsError(f"{path} exists and is no socket")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(path)
        except ConnectionRefusedError:
            os.unlink(path)
            return
    raise FileExistsError(f"another process listens on {path}")


def _inherited(
    reactor: Any,
    which: str,
    site: IProtocolFactory,
    guarded: IProtocolFactory,
    given: Sequence[int],
) -> Deferred[IListeningPort]:
    """All of systemd's sockets, or the one with descriptor ``which``."""
    sockets = [fd for fd in inherited_sockets(os.environ) if which in ("", "*", str(fd))]
    if not (sockets or given):
        raise ValueError("systemd has passed on no such socket")
    ports = []
    for descriptor in sockets or given:
        plain = family_of(descriptor) == socket.AF_UNIX
        ports.append(_bounded(adopt(reactor, descriptor, site if plain else guarded)))
    for descriptor in sockets:
        os.close(descriptor)
    return succeed(ports[0] if len(ports) == 1 else BoundPorts(ports))


@implementer(IListeningPort)
class BoundPorts:
    """Several listening ports that are closed as one."""

    def __init__(self, ports: Sequence[IListeningPort]) -> None:
        self.ports = ports

    def startListening(self) -> None:
        """They already listen."""

    def stopListening(self) -> Deferred[Any]:
        closing = [maybeDeferred(port.stopListening) for port in self.ports]
        return DeferredList(closing, consumeErrors=True)

    def getHost(self) -> IAddress:
        return self.ports[0].getHost()
