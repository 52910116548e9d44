"""A conversation of two processes: messages, and open files with them, over a Unix socket."""

from __future__ import annotations

import os
import socket
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from twisted.internet.abstract import FileDescriptor
from twisted.internet.interfaces import IFileDescriptorReceiver
from twisted.internet.protocol import Factory, Protocol
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from swarmd.service.handover.messages import BadMessage, Message, MessageReader, encoded

Heard = Callable[[Message, Sequence[int]], None]


@implementer(IFileDescriptorReceiver)
class Conversation(Protocol):
    """One end of a conversation.

    Args:
        heard: Gets each message with its descriptors, which are then its own to close.
        ended: Called once, when the other process has ended or closed it.
    """

    transport: Any
    _log = Logger()

    def __init__(self, heard: Heard, ended: Callable[[], None]) -> None:
        self.heard = heard
        self.ended = ended
        self.open = False
        self._reader = MessageReader()
        self._came: deque[int] = deque()  # descriptors whose message is on its way
        self._lent: deque[int] = deque()  # ours, until the other side says that it has them

    @property
    def on_the_way(self) -> int:
        """How many descriptors the other side has not got yet, as far as it has said."""
        return len(self._lent)

    def connectionMade(self) -> None:
        self.open = True

    def send(self, kind: str, descriptors: Sequence[int] = (), **about: Any) -> None:
        """``descriptors`` may be closed on return; nothing happens once it has ended."""
        if not self.open:
            return
        for each in descriptors:
            lent = os.dup(each)
            self._lent.append(lent)
            self.transport.sendFileDescriptor(lent)
        # Queued, never sent at once as by ``streams.reactor``: descriptors go with queued bytes.
        FileDescriptor.write(self.transport, encoded(Message(kind, about, len(descriptors))))

    def close(self) -> None:
        if self.open:
            self.transport.loseConnection()

    def fileDescriptorReceived(self, descriptor: int) -> None:
        os.set_inheritable(descriptor, False)
        self._came.append(descriptor)

    def dataReceived(self, data: bytes) -> None:
        try:
            for message in self._reader.feed(data):
                self._take(message)
        except BadMessage as error:
            self._log.error("hand-over: {error}", error=error)
            self.transport.abortConnection()

    def _take(self, message: Message) -> None:
        if message.descriptors > len(self._came):
            raise BadMessage(f"{message.kind} without its descriptors")
        descriptors = [self._came.popleft() for _ in range(message.descriptors)]
        if message.kind == "received":
            self._forget(int(message.about.get("count", 0)))
            return
        if descriptors:
            self.send("received", count=len(descriptors))
        try:
            self.heard(message, descriptors)
        except Exception:  # noqa: BLE001 - one message must not end what goes on beside it
            self._log.failure("hand-over: {kind}", kind=message.kind)

    def _forget(self, count: int) -> None:
        for _ in range(min(count, len(self._lent))):
            os.close(self._lent.popleft())

    def connectionLost(self, reason: Failure | None = None) -> None:
        self.open = False
        self._forget(len(self._lent))
        while self._came:
            os.close(self._came.popleft())
        self.ended()


def converse(reactor: Any, opened: socket.socket, conversation: Conversation) -> None:
    """Begins the conversation on ``opened``, a connected Unix stream socket, which is closed."""
    with opened:
        opened.setblocking(False)
        factory = Factory.forProtocol(lambda: conversation)
        factory.noisy = False
        reactor.adoptStreamConnection(opened.fileno(), socket.AF_UNIX, factory)
