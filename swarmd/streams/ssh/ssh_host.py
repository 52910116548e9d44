"""All SSH connections to one host, and the engine connections that they carry.

One carries ten (what sshd allows unless ``MaxSessions`` says more); another is made when a further
one is needed, or when sshd refuses to open one. They are made one at a time, for sshd bounds those
that are not logged in yet, and after a failure only once a growing pause is over. One that carries
nothing for a while is closed.

The program needs a moment to start, so two that nobody uses yet are kept running.
"""

from __future__ import annotations

import os
import pwd
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IProtocolFactory
from twisted.internet.protocol import Factory
from twisted.python.failure import Failure

from swarmd.core.addresses import Address, parse_address
from swarmd.core.backoff import backoff
from swarmd.files.reader import BadFileError, read
from swarmd.streams.dialing.dial import dialer
from swarmd.streams.dialing.dial_errors import silent, words
from swarmd.streams.interfaces import Dial
from swarmd.streams.ssh.keys import load_keys
from swarmd.streams.ssh.multiplexer import MOST_CHANNELS, Multiplexer
from swarmd.streams.ssh.ssh_channel import ChannelRefusedError, SshChannel
from swarmd.streams.ssh.transport import SilentSshError, SshError, SshTransport

LOGIN_LIMIT = 15.0  # seconds for a connection, from TCP to the login
DIAL_LIMIT = 20.0  # seconds for an engine connection, waiting for that included
MOST_CONNECTIONS = 64  # to one host
IDLE_LIMIT = 60.0  # seconds
CROWDED_FOR = 5.0  # seconds for which a connection on which sshd refused a channel gets no other
SPARES = 2
LARGEST_KNOWN_HOSTS = 4 << 20  # bytes
_FIRST_WAIT, _LONGEST_WAIT = 1.0, 15.0


@dataclass(frozen=True, slots=True)
class SshFiles:
    """The files of SSH: what to log in with, and whom to trust.

    Attributes:
        known_hosts: Path; ``~`` is the home of whom swarmd runs as.
        key: Path; "" for the keys of an agent, and the usual ones.
    """

    known_hosts: str = "~/.ssh/known_hosts"
    key: str = ""


def ssh_dialer(reactor: Any, address: str, files: SshFiles) -> Dial:
    """As ``swarmd.streams.dialing.dial.dialer``, for ``ssh://[user@]host[:port]``.

    Raises:
        ValueError: It is not known whom to log in as.
    """
    host = SshHost(reactor, parse_address(address), files)
    return lambda factory: Deferred.fromCoroutine(host.open(factory)).addTimeout(
        DIAL_LIMIT, reactor
    )


class _Factory(Factory):
    noisy = False


class SshHost:
    """One host; failures are exceptions for ``swarmd.streams.dialing.dial_errors.words``."""

    def __init__(
        self,
        reactor: Any,
        address: Address,
        files: SshFiles,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._reactor = reactor
        self._address = replace(address, user=address.user or _own_name())
        self._files = files
        self._jitter = jitter
        self._dial = dialer(reactor, str(Address("tcp", address.host, address.port)), None)
        self._connections: list[Multiplexer] = []
        self._crowded: dict[Multiplexer, float] = {}  # until when
        self._idle: dict[Multiplexer, IDelayedCall] = {}
        self._waiting: list[Deferred[None]] | None = None  # for the one that is being made
        self._failures = 0
        self._not_before = 0.0
        self._cause, self._silent = "", False
        self._spares: list[SshChannel] = []
        self._coming = 0  # spares that are being opened

    async def open(self, factory: IProtocolFactory) -> Any:
        """The factory's protocol, connected to the engine."""
        channel = self._spare() or await self._channel()
        protocol: Any = factory.buildProtocol(None)  # type: ignore[arg-type]
        channel.attach(protocol)
        self._busy(channel.conn)
        self._provide()
        return protocol

    def _spare(self) -> SshChannel | None:
        while self._spares:
            channel = self._spares.pop(0)
            if channel.fresh:
                return channel
            channel.abortConnection()
        return None

    def _provide(self) -> None:
        """Spares never cause a further connection; one that fails is only missed."""
        while len(self._spares) + self._coming < SPARES and (room := self._with_room()):
            self._coming += 1
            Deferred.fromCoroutine(room.open()).addBoth(self._provided)

    def _provided(self, outcome: SshChannel | Failure) -> None:
        self._coming -= 1
        if isinstance(outcome, SshChannel):
            self._spares.append(outcome)

    async def _channel(self) -> SshChannel:
        while True:
            connection = self._with_room()
            if connection is None:
                await self._another()
                continue
            try:
                return await connection.open()
            except ChannelRefusedError as error:
                if not connection.proven:
                    connection.transport.loseConnection()
                    raise SshError(f"sshd opens no session: {error}") from None
                self._crowded[connection] = self._reactor.seconds() + CROWDED_FOR

    def _with_room(self) -> Multiplexer | None:
        now = self._reactor.seconds()
        for connection in self._connections:
            if connection.used < MOST_CHANNELS and self._crowded.get(connection, 0.0) <= now:
                return connection
        return None

    async def _another(self) -> None:
        """Waits for one more connection; who gives up waiting does not end the attempt."""
        if len(self._connections) >= MOST_CONNECTIONS:
            raise SshError(f"{MOST_CONNECTIONS} SSH connections are in use, which is the most")
        waiter: Deferred[None] = Deferred()
        if self._waiting is not None:
            self._waiting.append(waiter)
        elif self._cause and self._reactor.seconds() < self._not_before:
            raise self._error()
        else:
            self._waiting = [waiter]
            attempt = Deferred.fromCoroutine(self._connect())
            attempt.addTimeout(LOGIN_LIMIT, self._reactor).addCallbacks(self._made, self._failed)
        await waiter

    async def _connect(self) -> Multiplexer:
        keys = await load_keys(self._reactor, self._files.key)
        connection = Multiplexer(self._reactor, self)
        path = os.path.expanduser(self._files.known_hosts)
        transport = SshTransport(self._address, (read_known_hosts(path), path), keys, connection)
        try:
            await self._dial(_Factory.forProtocol(lambda: transport))
            await transport.ready
        finally:
            keys.close()
        return connection

    def _made(self, connection: Multiplexer) -> None:
        self._failures, self._cause = 0, ""
        self._connections.append(connection)
        self.channel_gone(connection)
        for waiter in self._no_longer_waiting():
            waiter.callback(None)

    def _failed(self, failure: Failure) -> None:
        self._failures += 1
        self._cause, self._silent = words(failure.value), silent(failure.value)
        wait = backoff(self._failures, base=_FIRST_WAIT, ceiling=_LONGEST_WAIT, jitter=self._jitter)
        self._not_before = self._reactor.seconds() + wait
        for waiter in self._no_longer_waiting():
            waiter.errback(self._error())

    def _error(self) -> SshError:
        """Why the last attempt failed, for one more of those who wanted it."""
        return SilentSshError(self._cause) if self._silent else SshError(self._cause)

    def _no_longer_waiting(self) -> list[Deferred[None]]:
        waiting, self._waiting = self._waiting or [], None
        return waiting

    # What becomes of a connection.

    def _busy(self, connection: Multiplexer) -> None:
        timer = self._idle.pop(connection, None)
        if timer is not None:
            timer.cancel()

    def channel_gone(self, connection: Multiplexer) -> None:
        """Without one that is in use it is closed after a while."""
        known = connection in self._connections and connection not in self._idle
        if known and self._unused(connection):
            self._idle[connection] = self._reactor.callLater(IDLE_LIMIT, self._close, connection)

    def _close(self, connection: Multiplexer) -> None:
        del self._idle[connection]
        if self._unused(connection):
            connection.transport.loseConnection()

    def _unused(self, connection: Multiplexer) -> bool:
        return connection.used <= sum(spare.conn is connection for spare in self._spares)

    def connection_lost(self, connection: Multiplexer) -> None:
        self._busy(connection)
        self._crowded.pop(connection, None)
        if connection in self._connections:
            self._connections.remove(connection)


def _own_name() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        raise ValueError("whom to log in as? swarmd's own user has no name: ssh://USER@…") from None


def read_known_hosts(path: str) -> str:
    """ "" if there is no such file: then no host is known.

    Raises:
        ValueError: It cannot be read.
    """
    try:
        data, _ = read(path, LARGEST_KNOWN_HOSTS)
    except BadFileError as error:
        if error.missing:
            return ""
        raise ValueError(f"cannot read {path}: {error}") from None
    return data.decode("utf-8", "replace")
