"""The way to one host by SSH: found once for all who wait for it, and found anew when it fails.

After a failure the next try waits for a growing pause, and who asks meanwhile hears the reason.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectError
from twisted.internet.interfaces import IProtocolFactory
from twisted.logger import Logger
from twisted.python.failure import Failure

from swarmd.core.addresses import Address, parse_address
from swarmd.core.backoff import backoff
from swarmd.streams.dialing.dial_errors import silent, words
from swarmd.streams.interfaces import Dial
from swarmd.streams.ssh.command import SOCKET
from swarmd.streams.ssh.files import SshFiles
from swarmd.streams.ssh.forward import Forward
from swarmd.streams.ssh.key_file import check_key
from swarmd.streams.ssh.probe import answers
from swarmd.streams.ssh.reasons import SilentSshError, SshError
from swarmd.streams.ssh.stdio import Stdio
from swarmd.timers.periodic import Periodic

LOGIN_LIMIT = 15.0  # seconds, from the connection to the login
FIND_LIMIT = 25.0  # seconds until a way is known, that included
DIAL_LIMIT = 30.0  # seconds for an engine connection, waiting for that included
IDLE_LIMIT = 60.0  # seconds without a stream until the login is given up
TIDY = 5.0  # seconds
STDIO_FOR = 600.0  # seconds after which forwarding is tried again where it was not possible
_FIRST_WAIT, _LONGEST_WAIT = 1.0, 15.0

Way = Forward | Stdio


def ssh_dialer(reactor: Any, address: str, files: SshFiles) -> Dial:
    """As ``swarmd.streams.dialing.dial.dialer``, for ``ssh://[user@]host[:port][/socket]``."""
    host = SshHost(reactor, parse_address(address), files)
    return lambda factory: Deferred.fromCoroutine(host.open(factory)).addTimeout(
        DIAL_LIMIT, reactor
    )


class SshHost:
    """One host; failures are exceptions for ``swarmd.streams.dialing.dial_errors.words``."""

    _log = Logger()

    def __init__(
        self,
        reactor: Any,
        address: Address,
        files: SshFiles,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._reactor = reactor
        self._address = address
        self._files = files
        self._jitter = jitter
        self._forward: Forward | None = None
        self._stdio = Stdio(reactor, address, files)
        self._way: Way | None = None
        self._stdio_until = 0.0
        self._streams: list[Any] = []  # transports; those that are gone are dropped now and then
        self._used = 0.0
        self._waiting: list[Deferred[Way]] | None = None  # for the way that is being looked for
        self._failures = 0
        self._not_before = 0.0
        self._cause, self._silent = "", False
        self._tidying = Periodic(reactor, TIDY, self._tidy, failed="SSH could not be tidied up")

    async def open(self, factory: IProtocolFactory) -> Any:
        """The factory's protocol, connected to the engine."""
        protocol = await self._open(factory)
        self._used = self._reactor.seconds()
        self._streams.append(protocol.transport)
        if peer := self._forward.peer if self._forward else "":
            # Clients are shown the host, not our end of a socket.
            kind = IPv6Address if ":" in peer else IPv4Address
            protocol.transport.getPeer = lambda: kind("TCP", peer, self._address.port)
        return protocol

    async def _open(self, factory: IProtocolFactory) -> Any:
        way = self._usable() or await self._found()
        try:
            protocol = await way.open(factory)
        except ConnectError:  # its ssh has just ended
            way = await self._found()
            protocol = await way.open(factory)
        way.provide()
        return protocol

    @property
    def idle(self) -> bool:
        """Nothing runs for it any more."""
        forwarded = self._forward is not None and not self._forward.process.over
        return not forwarded and not self._stdio.used

    def close(self) -> None:
        """Ends all that runs for it."""
        self._way = None
        if self._forward is not None:
            self._forward.stop()
        self._stdio.stop()
        self._tidying.stopService()

    def _usable(self) -> Way | None:
        way = self._way
        if way is None or way.refused or not way.alive:
            return None
        return None if way is self._stdio and self._reactor.seconds() > self._stdio_until else way

    # Finding the way.

    def _found(self) -> Deferred[Way]:
        """Who gives up waiting does not end the search."""
        waiter: Deferred[Way] = Deferred()
        if self._waiting is not None:
            self._waiting.append(waiter)
        elif self._cause and self._reactor.seconds() < self._not_before:
            waiter.errback(self._error())
        else:
            self._waiting = [waiter]
            search = Deferred.fromCoroutine(self._find())
            search.addTimeout(FIND_LIMIT, self._reactor).addCallbacks(self._is, self._failed)
        return waiter

    async def _find(self) -> Way:
        forward = await self._logged_in()
        forward.refused = False
        if await answers(forward.open, self._reactor):
            return forward
        await self._try_stdio(forward)
        forward.stop()
        self._stdio_until = self._reactor.seconds() + STDIO_FOR
        self._log.warn(
            "{host}: sshd opens no {socket} ({reason}): a process ssh for each stream runs "
            "docker system dial-stdio there",
            host=self._address,
            socket=self._address.path or SOCKET,
            reason=forward.reason,
        )
        return self._stdio

    async def _logged_in(self) -> Forward:
        if self._forward is not None and self._forward.alive:
            return self._forward
        if self._files.key:
            check_key(self._files.key)
        self._forward = forward = Forward(self._reactor, self._address, self._files)
        starting = Deferred.fromCoroutine(forward.start())
        await starting.addTimeout(LOGIN_LIMIT, self._reactor)
        return forward

    async def _try_stdio(self, forward: Forward) -> None:
        """Raises SshError where no engine answers in this way either."""
        self._stdio.refused = False
        if await answers(self._stdio.open, self._reactor):
            return
        error = await self._stdio.last_words()
        kind = SilentSshError if silent(error) else SshError
        place = self._address.path or SOCKET
        raise kind(f"{error} (and sshd opens no {place}: {forward.reason or 'it is closed'})")

    def _is(self, way: Way) -> None:
        self._failures, self._cause, self._way = 0, "", way
        self._used = self._reactor.seconds()
        if not self._tidying.running:
            self._tidying.startService()
        for waiter in self._no_longer_waiting():
            waiter.callback(way)

    def _failed(self, failure: Failure) -> None:
        self._failures += 1
        self._cause, self._silent = words(failure.value), silent(failure.value)
        wait = backoff(self._failures, base=_FIRST_WAIT, ceiling=_LONGEST_WAIT, jitter=self._jitter)
        self._not_before = self._reactor.seconds() + wait
        for waiter in self._no_longer_waiting():
            waiter.errback(self._error())

    def _error(self) -> SshError:
        """Why the last search failed, for one more of those who wanted it."""
        return SilentSshError(self._cause) if self._silent else SshError(self._cause)

    def _no_longer_waiting(self) -> list[Deferred[Way]]:
        waiting, self._waiting = self._waiting or [], None
        return waiting

    # What is left.

    def _tidy(self) -> None:
        """A login without use is given up after a while, a program without a reader at once."""
        self._stdio.tidy()
        self._streams = [each for each in self._streams if not each.disconnected]
        if self._streams or self._reactor.seconds() - self._used < IDLE_LIMIT:
            return
        self.close()
