"""One engine connection over SSH: a session that runs ``docker system dial-stdio``.

For its protocol it is a transport like a socket's: back-pressure both ways, each direction ends
alone. What the program has on its standard error is the reason if it fails.

The end comes with the program's status: an output that ends because the program was killed must
not look complete. Bounds: 64 KiB and one write wait for the host's window, and our window waits
for a protocol that has paused.
"""

from __future__ import annotations

from typing import Any, Protocol

from twisted.conch.error import ConchError
from twisted.conch.ssh.channel import SSHChannel
from twisted.conch.ssh.common import NS, getNS
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionAborted, ConnectionDone
from twisted.internet.interfaces import IReactorTime
from twisted.python.failure import Failure

from swarmd.streams.dialing.dial_errors import SilentError
from swarmd.streams.ssh.login import QUIET

COMMAND = "docker system dial-stdio"
WINDOW = 1 << 20  # bytes that the host may send ahead
MOST_WAITING = 64 << 10  # bytes of ours, before our producer is paused
_MOST_COMPLAINT = 4096  # bytes of standard error
_STDERR = 1
# What the docker CLI says if nobody listens on its engine's socket.
_ABSENT = ("daemon running", "daemon is running", "connection refused", "no such file or directory")


class ChannelRefusedError(Exception):
    """A session that the host does not open now: there may be too many."""


class CommandFailedError(Exception):
    """The failure of the command on the host; the text is what the program said."""


class NoEngineError(CommandFailedError, SilentError):
    """A host without an engine: as where a connection is refused."""


class SharedConnection(Protocol):
    """What a channel needs of its SSH connection, beside what every one of Conch's can do.

    Attributes:
        clock: For what is told by the next turn.
    """

    clock: IReactorTime

    @property
    def full(self) -> bool:
        """Nothing may be sent now; ``SshChannel.flush`` is called when that ends."""

    def lost_because(self) -> Exception: ...

    def channel_gone(self, channel: SshChannel) -> None:
        """It is closed, on the host as well."""

    def kill(self, channel: SshChannel) -> None:
        """Ends the program that runs in it."""


class SshChannel(SSHChannel):
    """A channel of an SSH connection as a transport.

    Attributes:
        opened: Fires with the channel once the program runs.
        protocol: Reads what the engine sends; None until it is attached.
    """

    _log = QUIET
    name = b"session"
    conn: Any  # a SharedConnection, and Conch's

    def __init__(self, connection: SharedConnection) -> None:
        super().__init__(localWindow=WINDOW)
        self.conn = connection
        self.protocol: Any = None
        self.opened: Deferred[SshChannel] = Deferred(lambda _: self.abortConnection())
        self._clock = connection.clock
        self._waiting = bytearray()
        self._producer: Any = None
        self._producer_paused = False
        self._ending = self._eof_sent = self._closing = False
        self._paused = self._delivering = False
        self._held: list[bytes] = []
        self._seen_eof = self._eof_delivered = self._gone = False
        self._status: int | str | None = None
        self._complaint = b""

    # Opening.

    def channelOpen(self, specificData: bytes) -> None:
        if self._gone:
            self.conn.sendClose(self)
            return
        asked = self.conn.sendRequest(self, b"exec", NS(COMMAND.encode()), wantReply=1)
        asked.addCallbacks(self._runs, self._runs_not)

    def openFailed(self, reason: Any) -> None:
        lost = not isinstance(reason, ConchError)
        self._fail(self.conn.lost_because() if lost else ChannelRefusedError(_words(reason)))
        self.conn.channel_gone(self)

    def _runs(self, _: object) -> None:
        if not self._gone:
            self.opened.callback(self)

    def _runs_not(self, _: Failure) -> None:
        refused = CommandFailedError(f"sshd does not run {COMMAND!r}")
        self._fail(self._cause() if self.remoteClosed else refused)
        self.conn.sendClose(self)

    def _fail(self, error: Exception) -> None:
        if not self._gone:
            self._gone = True
            self.opened.errback(error)

    @property
    def fresh(self) -> bool:
        """It runs, and has said nothing yet: a protocol may be attached."""
        return not (self._gone or self.localClosed or self._seen_eof or self._held)

    @property
    def over(self) -> bool:
        """The program has ended."""
        return self._status is not None or bool(self.remoteClosed)

    def attach(self, protocol: Any) -> None:
        self.protocol = protocol
        protocol.makeConnection(self)

    # Out.

    def write(self, data: bytes) -> None:
        if self._ending or self._gone or self.localClosed or not data:
            return
        self._waiting += data
        self.flush()
        if len(self._waiting) > MOST_WAITING:
            self._pause_producer()

    def writeSequence(self, data: list[bytes]) -> None:
        self.write(b"".join(data))

    def addWindowBytes(self, data: int) -> None:
        self.remoteWindowLeft += data
        self.flush()

    def flush(self) -> None:
        """Sends what the host, and the connection that all channels share, have room for."""
        waiting = self._waiting
        while waiting and self.remoteWindowLeft and not self.conn.full:
            size = min(len(waiting), self.remoteWindowLeft, self.remoteMaxPacket)
            self.conn.sendData(self, bytes(waiting[:size]))
            self.remoteWindowLeft -= size
            del waiting[:size]
        if not waiting:
            self._emptied()

    def _emptied(self) -> None:
        if self._producer_paused:
            self._producer_paused = False
            self._producer.resumeProducing()
        if not self._waiting and self._ending and not self._eof_sent:
            self._eof_sent = True
            self.conn.sendEOF(self)
        if not self._waiting and self._closing:
            self.conn.sendClose(self)

    def _pause_producer(self) -> None:
        if self._producer is not None and not self._producer_paused:
            self._producer_paused = True
            self._producer.pauseProducing()

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        """``streaming`` must be true: nobody pulls from an engine's connection."""
        if self._gone:
            producer.stopProducing()
            return
        self._producer = producer
        if len(self._waiting) > MOST_WAITING:
            self._pause_producer()

    def unregisterProducer(self) -> None:
        self._producer = None
        self._producer_paused = False

    def loseWriteConnection(self) -> None:
        self._ending = True
        self.flush()

    def loseConnection(self) -> None:
        self._ending = self._eof_sent = self._closing = True
        self.flush()

    def abortConnection(self) -> None:
        """Also ends the program: with only its input at an end it may wait for the engine."""
        if self._gone:
            return
        self._gone = self._ending = True
        self._waiting.clear()
        self._held.clear()
        if self in self.conn.channelsToRemoteChannel:
            self.conn.kill(self)
            self.conn.sendClose(self)
        if self.protocol is not None:
            self._clock.callLater(0, self._notify_lost, ConnectionAborted())

    # In.

    def dataReceived(self, data: bytes) -> None:
        if self._gone:
            return
        if self._paused or self._held or self.protocol is None:
            self._held.append(data)
        else:
            self.protocol.dataReceived(data)
            self._open_window()

    def _open_window(self) -> None:
        if not self._paused and self.localWindowLeft < self.localWindowSize // 2:
            self.conn.adjustWindow(self, self.localWindowSize - self.localWindowLeft)

    def extReceived(self, dataType: int, data: bytes) -> None:
        if dataType == _STDERR and len(self._complaint) < _MOST_COMPLAINT:
            self._complaint += data
        self._open_window()

    def pauseProducing(self) -> None:
        self._paused = True

    def stopProducing(self) -> None:
        self.loseConnection()

    def resumeProducing(self) -> None:
        self._paused = False
        if self._delivering:
            return
        self._delivering = True
        try:
            while self._held and not self._paused:
                self.protocol.dataReceived(self._held.pop(0))
        finally:
            self._delivering = False
        if not self._gone:
            self._open_window()
            self._deliver_end()

    def eofReceived(self) -> None:
        self._seen_eof = True
        self._deliver_end()

    def request_exit_status(self, data: bytes) -> bool:
        self._status = int.from_bytes(data[:4], "big")
        self._deliver_end()
        return True

    def request_exit_signal(self, data: bytes) -> bool:
        self._status = f"was ended by signal {getNS(data)[0].decode('ascii', 'replace')}"
        self._deliver_end()
        return True

    def closeReceived(self) -> None:
        self._waiting.clear()
        self.conn.sendClose(self)

    def closed(self) -> None:
        """By both sides, or with the whole connection."""
        self.conn.channel_gone(self)
        if not self.opened.called:
            self._fail(self._cause())
        self._deliver_end()

    def _deliver_end(self) -> None:
        """Tells the end, once everything before it was told."""
        if self._paused or self._held or self._gone or self.protocol is None:
            return
        if self._seen_eof and self._status == 0 and not self._eof_delivered:
            self._eof_delivered = True
            self.protocol.readConnectionLost()
        if self.remoteClosed and not self._gone:
            self._gone = True
            self._notify_lost(self._cause())

    def _cause(self) -> Exception:
        if self._status is None:
            lost: Exception = self.conn.lost_because()
            return lost
        if self._status == 0:
            return ConnectionDone()
        said = self._failure_words()
        absent = any(sign in said for sign in _ABSENT)
        return NoEngineError(said) if absent else CommandFailedError(said)

    def _failure_words(self) -> str:
        said = " ".join(self._complaint.decode("utf-8", "replace").split())
        if self._status == 127:
            said = f"{said}; is the docker CLI installed there, and in the PATH?"
        status = f"ended with status {self._status}" if self._status.__class__ is int else ""
        return f"{COMMAND!r} on the host: {said or status or self._status}"

    def _notify_lost(self, error: Exception) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            producer.stopProducing()
        self.protocol.connectionLost(Failure(error))

    # Where it leads.

    def getPeer(self) -> Any:
        return self.conn.transport.transport.getPeer()

    def getHost(self) -> Any:
        return self.conn.transport.transport.getHost()


def _words(reason: ConchError) -> str:
    value = reason.value
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
