"""A tunnel whose upload somebody reads as it passes, and whose end waits for the reader.

Who needs the whole body before it begins, as an engine that builds, does nothing before that end.
"""

from __future__ import annotations

from typing import Protocol

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from swarmd.codec.framing import BadBody
from swarmd.core.errors import ApiError, BadParameter
from swarmd.streams.completion import LEFT, Done
from swarmd.streams.dialing.connector import Connector
from swarmd.streams.interfaces import ClientRequest
from swarmd.streams.relay import Side
from swarmd.streams.tunnel import Tunnel


class Reader(Protocol):
    """The reader of a body on its way to an engine."""

    def feed(self, data: bytes) -> None:
        """More of the body, without its coding; must not raise."""

    def ready(self) -> Deferred[None]:
        """Fires, once all was fed, when the engine may have the body's end.

        Fails with an ApiError if it must not: the client then gets that.
        """


def read_tunnel(
    request: ClientRequest, link: Connector, target: bytes, reader: Reader, *, done: Done
) -> None:
    """As ``tunnel``, with ``reader`` in between."""
    call = ReadTunnel(request, link, target, reader, done)
    if request.gone:
        call.notify_done(LEFT)
    else:
        call.start(request.channel)


class ReadTunnel(Tunnel):
    """A tunnel whose body is read on its way."""

    __slots__ = ("_last", "_left", "_reader")

    def __init__(
        self, request: ClientRequest, link: Connector, target: bytes, reader: Reader, done: Done
    ) -> None:
        super().__init__(request, link, target, done, None)
        self._reader = reader
        self._last: bytes | None = None  # the end of the body, until it may go
        self._left = False  # the client has ended its side meanwhile

    def _take(self, data: bytes) -> None:
        upload, body = self._upload.framing, bytearray()
        if upload.done:
            return
        try:
            used = upload.feed(data, body)
        except BadBody as error:
            self._break_off(BadParameter(str(error)))
            return
        if body:
            self._reader.feed(bytes(body))
        piece = data if used == len(data) else data[:used]
        if self._upload.framing.done:
            self._last = piece
            self._reader.ready().addCallbacks(self._release, self._refused)
        elif piece:
            self._pass_on(piece)

    def _read_client(self, client: Side) -> None:
        client.deliver = self._take

    def _release(self, _: None) -> None:
        last, self._last = self._last, None
        if last is None or self._client is None or self._lingering:
            return
        self._pass_on(last)
        if self._left and self._engine is not None:
            self._end_upload(self._engine)

    def _refused(self, failure: Failure) -> None:
        error = failure.value
        if self._client is not None and not self._lingering:
            self._break_off(error if isinstance(error, ApiError) else ApiError(str(error)))

    def _client_ended(self) -> None:
        if self._last is None:
            super()._client_ended()
        else:
            self._left = True
