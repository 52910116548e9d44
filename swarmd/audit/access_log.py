"""The access log: a line for each request when it is over, of a stream when that ends."""

from __future__ import annotations

import select
from collections.abc import Callable
from typing import Any

from twisted.internet.interfaces import IDelayedCall

from swarmd.audit.access_line import (
    LONGEST_PATH,
    AccessRequest,
    json_record,
    shown_query,
    text_line,
)
from swarmd.audit.line_log import LineLog
from swarmd.core.request.identity import Identity
from swarmd.core.request.request_record import RequestRecord
from swarmd.core.request.trace_context import TraceContext
from swarmd.front.client_identity import identity_of
from swarmd.front.request import DockerRequest

FLUSH = 0.2  # seconds that a line may wait for others
# Bytes that are written at once: so many do not mix with other writers' on a pipe.
BATCH = select.PIPE_BUF


class AccessLog(LineLog):
    """The access log of all clients.

    Attributes:
        form: text or json; may be changed at any time.

    Args:
        place: ``-`` or a path.
        now: Wall-clock seconds.

    Raises:
        OSError: Nothing can be written there.
    """

    def __init__(self, place: str, reactor: Any, now: Callable[[], float], form: str) -> None:
        super().__init__("access", place, reactor)
        self.form = form
        self._now = now
        self._lines: list[bytes] = []
        self._size = 0
        self._flushing: IDelayedCall | None = None

    def stopService(self) -> None:
        self._flush()
        super().stopService()

    def reread(self) -> None:
        self._flush()
        super().reread()

    def move(self, place: str) -> None:
        self._flush()
        super().move(place)

    def retire(self) -> None:
        self._flush()
        super().retire()

    def __call__(self, request: DockerRequest, trace: TraceContext | None) -> RequestRecord:
        """The record of a request that begins."""
        identity, arrived = identity_of(request), request.arrived
        seconds = self._reactor.seconds
        asked = AccessRequest(
            self._now() - (seconds() - arrived),
            identity.address or "unix",
            _user(identity),
            request.method,
            request.path[:LONGEST_PATH],
            shown_query(request.raw_query),
            request.head.version,
        )

        def log(record: RequestRecord) -> None:
            line = json_record if self.form == "json" else text_line
            self._add(line(asked, record, seconds() - arrived))

        return RequestRecord(trace, log)

    def _add(self, line: bytes) -> None:
        if self._size + len(line) > BATCH:
            self._flush()
        self._lines.append(line)
        self._size += len(line)
        if self._flushing is None:
            self._flushing = self._reactor.callLater(FLUSH, self._flush)

    def _flush(self) -> None:
        if self._flushing is not None and self._flushing.active():
            self._flushing.cancel()
        self._flushing = None
        if self._lines:
            self.writer.write(b"".join(self._lines), len(self._lines))
            self._lines, self._size = [], 0


def _user(identity: Identity) -> str:
    """As far as its connection proves it."""
    proven = identity.common_name or identity.names or identity.uid is not None
    return identity.name if proven else "-"
