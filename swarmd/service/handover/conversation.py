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

# Reads at most in one ``catch_up``: the kernel holds less, and the other process may be talking.
MOST_READS = 1000


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
        self._to_hear: deque[Message] = deque()
        self._hearing = False
        self._reads = 0
        self._came: deque[int] = deque()  # descriptors whose message is on its way
        self._lent: deque[int] = deque()  # ours, until the other side says that it has them

    @property
    def on_the_way(self) -> int:
        """How many descriptors the other side has not got yet, as far as it has said."""
        return len(self._lent)

    def connectionMade(self) -> None:
        self.open = True

    def begin(self, reader: MessageReader, messages: Sequence[Message]) -> None:
        """``messages`` were read before it began; perhaps ``reader`` has the start of another."""
        self._reader = reader
        self._to_hear.extend(messages)
        self._hear()

    def send(self, kind: str, descriptors: Sequence[int] = (), **about: Any) -> None:
        """``descriptors`` may be closed on return; nothing happens once it has ended.

        It is with the other process on return, as far as the kernel has room: what a client is
        told behind it, the other one can know before it hears from that client.
        """
        if not self.open:
            return
        for each in descriptors:
            lent = os.dup(each)
            self._lent.append(lent)
            self.transport.sendFileDescriptor(lent)
        # Queued first, never sent as by ``streams.reactor``: descriptors go with queued bytes.
        FileDescriptor.write(self.transport, encoded(Message(kind, about, len(descriptors))))
        self.transport.doWrite()  # a failure is the reactor's to find

    def catch_up(self) -> None:
        """Hears all that the other process has said so far; nothing while it is being heard."""
        read = -1
        for _ in range(MOST_READS):
            if self._hearing or not self.open or read == self._reads:
                return
            read = self._reads
            self.transport.doRead()  # its end is the reactor's to find

    def close(self) -> None:
        if self.open:
            self.open = False
            self.transport.loseConnection()

    def fileDescriptorReceived(self, descriptor: int) -> None:
        os.set_inheritable(descriptor, False)
        self._came.append(descriptor)

    def dataReceived(self, data: bytes) -> None:
        self._reads += 1
        try:
            self._to_hear.extend(self._reader.feed(data))
            self._hear()
        except BadMessage as error:
            self._log.error("hand-over: {error}", error=error)
            self.transport.abortConnection()

    def _hear(self) -> None:
        """One after the other, whatever the hearing of one brings about."""
        if self._hearing:
            return
        self._hearing = True
        try:
            while self._to_hear:
                self._take(self._to_hear.popleft())
        finally:
            self._hearing = False

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
