"""One ``ssh`` that forwards a socket of ours to the engine's: one login for all streams."""

from __future__ import annotations

import re
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectError
from twisted.internet.interfaces import IProtocolFactory

from swarmd.core.addresses import Address
from swarmd.streams.dialing.dial import dialer
from swarmd.streams.ssh.command import forward_command
from swarmd.streams.ssh.files import SshFiles
from swarmd.streams.ssh.process import SshProcess
from swarmd.streams.ssh.reasons import why_ended
from swarmd.streams.ssh.socket_folder import SocketFolder

# What ssh says once its sockets are made, as every version of it did.
_READY = "debug1: Entering interactive session"
_REFUSED = ": open failed: "
_CONNECTING = re.compile(r"debug1: Connecting to \S+ \[([^\]]+)\] port ")


class Forward:
    """A forwarded socket, in a folder that only we may look into.

    Attributes:
        refused: The host did not open a stream that was asked for since this was set to False.
        reason: What it said of that.
        peer: The IP address of the host; "" if that is behind another.
        process: The ``ssh``.
    """

    def __init__(self, reactor: Any, address: Address, files: SshFiles) -> None:
        self.refused = False
        self.reason = ""
        self.peer = ""
        self.process = SshProcess(reactor, self._heard, self._clean)
        self._reactor = reactor
        self._address = address
        self._files = files
        self._folder: SocketFolder | None = None
        self._ending = False
        self._ready: Deferred[None] = Deferred(lambda _: self.stop())

    async def start(self) -> None:
        """Until it may be used.

        Raises:
            SshError: Why it may not.
            ValueError: A file's name cannot be passed on.
        """
        self._folder = SocketFolder()
        try:
            command = forward_command(self._address, self._files, self._socket)
            self.process.start(command, {})
        except BaseException:
            self._clean()
            raise
        self.process.ended().addCallback(self._ended)
        await self._ready

    @property
    def alive(self) -> bool:
        return not self.process.over and not self._ending

    async def open(self, factory: IProtocolFactory) -> Any:
        """The factory's protocol, connected to our socket; the host has not opened its side yet.

        Raises:
            ConnectError: The process is about to end.
        """
        try:
            return await dialer(self._reactor, f"unix://{self._socket}", None)(factory)
        except ConnectError:
            self.stop()
            raise

    def provide(self) -> None:
        """Nothing to do: a further stream costs no login."""

    def stop(self) -> None:
        self._ending = True
        self.process.stop()

    @property
    def _socket(self) -> str:
        return self._folder.socket if self._folder is not None else ""

    def _heard(self, line: str) -> None:
        if line.startswith(_READY) and not self._ready.called:
            self._ready.callback(None)
        elif found := _CONNECTING.match(line):
            self.peer = found[1]
        elif _REFUSED in line:
            self.refused, self.reason = True, line.partition(_REFUSED)[2]

    def _ended(self, _: None) -> None:
        if not self._ready.called:
            process = self.process
            error = why_ended(process.lines, process.status, self._address, self._files)
            self._ready.errback(error)

    def _clean(self) -> None:
        if self._folder is not None:
            self._folder.remove()
