"""Where a new process meets the one that serves: without a path, so that nobody else can.

Under systemd, the process that serves leaves one end of a socket pair in systemd's store of
descriptors (``FDSTORE=1``). systemd gives it to the next process of the unit, and closes it when
the unit is stopped: so a stop is told from a restart, which look the same to who is to end.
A process that was started by the one that serves (SIGUSR2) has its end from there.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from twisted.internet.abstract import FileDescriptor
from twisted.logger import Logger
from twisted.python.failure import Failure

from swarmd.config.inherited_sockets import HANDOVER, inherited_handover
from swarmd.service.handover.messages import Message, MessageReader, encoded
from swarmd.service.process.systemd import notify

VARIABLE = "_SWARMD_HANDOVER"  # the descriptor that a process started by SIGUSR2 has
ANSWER = 10.0  # seconds that the other process has for its first answer
_PIECE = 65536
_MOST_DESCRIPTORS = 250  # in one read; the kernel passes no more


class NoAnswer(Exception):
    """The process that serves was not reached, or will not hand over; the text says why."""


class OtherProtocol(NoAnswer):
    """A process of another time: it speaks no protocol that is known here."""


@dataclass(slots=True)
class Call:
    """A new process's end of a conversation that has just begun.

    Attributes:
        welcome: What the process that serves has said, once ``hail`` has returned.
        descriptors: Those of its listening sockets, in the order of ``welcome``.
        reader: Has read up to that, and perhaps the beginning of what follows.
        more: What that process has said behind the welcome.
        started: It was that process that started this one.
    """

    opened: socket.socket
    started: bool
    welcome: Message = field(default_factory=lambda: Message(""))
    descriptors: Sequence[int] = ()
    reader: MessageReader = field(default_factory=MessageReader)
    more: Sequence[Message] = ()

    def hail(self, **about: Any) -> None:
        """Says hello and waits for the welcome. Blocks; raises NoAnswer."""
        try:
            self.opened.sendall(encoded(Message("hello", about)))
            self.welcome = self._answer()
        except OSError as error:
            raise NoAnswer(f"it does not answer: {error}") from None
        if self.welcome.kind != "welcome":
            kind = OtherProtocol if self.welcome.about.get("final") else NoAnswer
            raise kind(str(self.welcome.about.get("why", "it will not")))

    def ask_to_end(self, why: str) -> None:
        """Where nothing else is left; returns once it has, or after a while."""
        with suppress(OSError):
            self.opened.sendall(encoded(Message("end", {"why": why})))
            self.opened.settimeout(ANSWER)
            while self.opened.recv(_PIECE):
                pass

    def _answer(self) -> Message:
        until, descriptors = time.monotonic() + ANSWER, list[int]()
        while True:
            self.opened.settimeout(max(0.01, until - time.monotonic()))
            data, came, _, _ = socket.recv_fds(self.opened, _PIECE, _MOST_DESCRIPTORS)
            descriptors += came
            if not data:
                raise ConnectionResetError("it has ended")
            messages = self.reader.feed(data)
            if messages:
                self.descriptors, self.more = descriptors, messages[1:]
                return messages[0]


def find_call(environ: MutableMapping[str, str]) -> Call | None:
    """To the process that serves; None if there is none that could hand over."""
    given = environ.pop(VARIABLE, "")
    if given.isdigit():
        opened = socket.socket(fileno=int(given))
        opened.set_inheritable(False)
        return Call(opened, started=True)
    descriptor = inherited_handover(environ)
    if descriptor is None:
        return None
    with socket.socket(fileno=os.dup(descriptor)) as meeting:
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                socket.send_fds(meeting, [b"call"], [theirs.fileno()])
            except OSError:  # it has ended meanwhile
                ours.close()
                return None
        return Call(ours, started=False)


def close_meeting(environ: Mapping[str, str]) -> None:
    """There is nobody more to call."""
    descriptor = inherited_handover(environ)
    if descriptor is not None:
        os.close(descriptor)


class MeetingPoint(FileDescriptor):
    """The serving process's end of the pair whose other end systemd keeps.

    Attributes:
        kept: systemd has the other end: then a process that ends may be followed by another.

    Args:
        called: Gets the socket of each process that calls.
        closed: Called once systemd has closed the other end: the unit is stopped.
    """

    _log = Logger()

    def __init__(
        self,
        reactor: Any,
        address: str,
        called: Callable[[socket.socket], None],
        closed: Callable[[], None],
    ) -> None:
        super().__init__(reactor)
        self.kept = False
        self._address = address
        self._called = called
        self._closed = closed
        self._socket: socket.socket | None = None

    def open(self) -> None:
        """Nothing happens without systemd."""
        if not self._address:
            return
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            notify(self._address, f"FDSTOREREMOVE=1\nFDNAME={HANDOVER}")
            notify(self._address, f"FDSTORE=1\nFDNAME={HANDOVER}", [theirs.fileno()])
        ours.setblocking(False)
        self._socket = ours
        self.kept = True  # until systemd closes it, which it does at once where it keeps none
        self.startReading()

    def fileno(self) -> int:
        return self._socket.fileno() if self._socket is not None else -1

    def doRead(self) -> None:
        assert self._socket is not None
        try:
            data, came, _, _ = socket.recv_fds(self._socket, 16, 1)
        except BlockingIOError:
            return
        except OSError as error:
            self._log.debug("hand-over: {error}", error=error)
            data, came = b"", []
        if not data:
            self.close()
            self._closed()
        elif came:
            os.set_inheritable(came[0], False)
            self._called(socket.socket(fileno=came[0]))

    def close(self) -> None:
        self.kept = False
        if self._socket is not None:
            self.stopReading()
            self._socket.close()
            self._socket = None

    def connectionLost(self, reason: Failure) -> None:
        self.close()
