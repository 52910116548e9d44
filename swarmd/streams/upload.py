"""An upload to an engine: the body comes bit by bit, with the engine's back-pressure.

Whoever has the bytes writes them, and stops while the upload is full: nothing of the body is held
here but what the transport buffers. The answer may begin, or be complete, before the body ends.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from swarmd.codec.framing import LAST_CHUNK
from swarmd.codec.head import Headers, ResponseHead, render_request
from swarmd.streams.calls import StreamCall
from swarmd.streams.connection import EngineConnection
from swarmd.streams.dialing.connector import Connector
from swarmd.streams.rewrite import HOST


def upload_head(method: str, target: str, headers: Sequence[tuple[bytes, bytes]]) -> bytes:
    fields: Headers = [HOST, *headers, (b"Transfer-Encoding", b"chunked")]
    return render_request(method.encode(), target.encode(), fields)


class Upload(StreamCall):
    """The call of an upload, whose body is sent as it is made.

    Attributes:
        full: Nothing should be written now; ``on_room`` tells when that ends.
    """

    __slots__ = ("_ended", "_on_room", "full")

    def __init__(
        self,
        link: Connector,
        method: bytes,
        head: bytes,
        receive: Callable[[bytes], None],
        on_head: Callable[[ResponseHead], None] | None,
        on_room: Callable[[], None],
        idle_timeout: float | None,
    ) -> None:
        super().__init__(link, method, head, receive, on_head, idle_timeout)
        self.full = True
        self._ended = False
        self._on_room = on_room

    def write(self, framed: bytes) -> None:
        """More of the body, as a chunk: who sends it to several engines frames it once.

        Nothing happens once the engine has answered or is gone.
        """
        if self.connection is not None and not self._ended:
            self.connection.transport.write(framed)

    def end(self) -> None:
        """The body is complete."""
        if self.connection is not None and not self._ended:
            self.connection.transport.unregisterProducer()
            self._finish(self.connection)
        self._ended = True

    def _finish(self, connection: EngineConnection) -> None:
        self._ended = True
        connection.transport.write(LAST_CHUNK)
        self._restart_timer()

    def connected(self, connection: EngineConnection, *, reused: bool) -> None:
        super().connected(connection, reused=reused)
        if self._ended:  # there was no body at all
            self._finish(connection)
        else:
            connection.transport.registerProducer(self, True)
            self.resumeProducing()

    # A producer, to the engine's transport.

    def pauseProducing(self) -> None:
        self.full = True
        self._restart_timer()

    def resumeProducing(self) -> None:
        self.full = False
        self._stop_timer()
        self._on_room()

    def stopProducing(self) -> None:
        """The connection is lost; whoever waits for the answer hears of it."""

    def _restart_timer(self) -> None:
        """Only an engine that owes something has a time limit: the client may be slow."""
        if self.full or self._ended:
            super()._restart_timer()

    def _free(self, *, keep: bool) -> None:
        """A connection on which half a body went out is of no further use."""
        if self.connection is not None and not self._ended:
            self.connection.transport.unregisterProducer()
        super()._free(keep=keep and self._ended)
