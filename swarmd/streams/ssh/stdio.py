"""A process ``ssh`` for each stream, which runs the docker CLI on the host.

A login takes its time, so that some are kept running that nobody uses yet.
"""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import Any

from twisted.internet.interfaces import IProtocolFactory
from twisted.internet.protocol import Factory

from swarmd.core.addresses import Address
from swarmd.streams.ssh.command import dial_command, dial_words
from swarmd.streams.ssh.files import SshFiles
from swarmd.streams.ssh.process import SshProcess
from swarmd.streams.ssh.reasons import SshError, why_ended, why_no_engine

MOST_PROCESSES = 64  # for one host
SPARES = 2
END_LIMIT = 5.0  # seconds from the end of a stream to that of its process
_SSH_FAILED = 255


class Stdio:
    """Streams to one host by processes of their own.

    A process's input and output are one socket, of which the other end is ours: half-close, bulk
    through the kernel and the rest are as with any other engine.

    Attributes:
        alive: As a way it cannot end.
        refused: A process has failed since this was set to False.
    """

    alive = True

    def __init__(self, reactor: Any, address: Address, files: SshFiles) -> None:
        self.refused = False
        self._reactor = reactor
        self._address = address
        self._files = files
        self._streams: dict[SshProcess, Any] = {}  # -> the transport of our end
        self._spares: dict[SshProcess, socket.socket] = {}  # -> our end, not adopted yet
        self._last: SshProcess | None = None

    @property
    def used(self) -> int:
        """How many processes there are."""
        return len(self._streams) + len(self._spares)

    async def open(self, factory: IProtocolFactory) -> Any:
        """The factory's protocol; whether an engine answers shows when it is used.

        Raises:
            SshError: There are too many, or there is no ``ssh``.
        """
        self.tidy()
        process = next(iter(self._spares), None) or self._start()
        with self._spares.pop(process) as ours:
            protocol = self._adopt(ours, factory)
        self._streams[process], self._last = protocol.transport, process
        return protocol

    def provide(self) -> None:
        """What the next streams need is made ready."""
        with suppress(OSError):  # no descriptor is left for one that nobody has asked for
            while len(self._spares) < SPARES and self.used < MOST_PROCESSES:
                self._start()

    def _start(self) -> SshProcess:
        """A spare one."""
        if self.used >= MOST_PROCESSES:
            raise SshError(f"{MOST_PROCESSES} streams by SSH are in use, which is the most")
        process, (ours, theirs) = SshProcess(self._reactor), socket.socketpair()
        with theirs:
            end = theirs.fileno()
            process.start(dial_command(self._address, self._files), {0: end, 1: end})
        self._spares[process] = ours
        process.ended().addCallback(lambda _: self._ended(process))
        return process

    def _adopt(self, ours: socket.socket, factory: IProtocolFactory) -> Any:
        """The reactor works with a copy of the descriptor."""
        ours.setblocking(False)
        adopter = _Adopter(factory)
        self._reactor.adoptStreamConnection(ours.fileno(), socket.AF_UNIX, adopter)
        return adopter.made

    def _ended(self, process: SshProcess) -> None:
        self._streams.pop(process, None)
        if (ours := self._spares.pop(process, None)) is not None:
            ours.close()
        self.refused |= bool(process.status)

    async def last_words(self) -> SshError:
        """Why the process that was started last gave no connection to an engine."""
        assert self._last is not None
        process = self._last
        await process.ended().addTimeout(END_LIMIT, self._reactor)
        if process.status == _SSH_FAILED:
            return why_ended(process.lines, process.status, self._address, self._files)
        return why_no_engine(process.lines, process.status, dial_words(self._address))

    def tidy(self) -> None:
        """Where nobody reads any more, the program on the host might wait for its engine."""
        for process, transport in self._streams.items():
            if transport.disconnected:
                process.stop()

    def stop(self) -> None:
        for process in (*self._streams, *self._spares):
            process.stop()


class _Adopter(Factory):
    """Keeps what it has made: whoever adopts a descriptor does not say."""

    noisy = False

    def __init__(self, factory: IProtocolFactory) -> None:
        self._factory = factory
        self.made: Any = None

    def buildProtocol(self, addr: Any) -> Any:
        self.made = self._factory.buildProtocol(addr)
        return self.made
