"""W3C Trace Context: ``traceparent`` is read strictly, and written anew for engines. Pure.

What is malformed counts as if it were not there, and is not passed on: the trace begins anew.
"""

from __future__ import annotations

import re
from typing import NamedTuple

# Later versions may add fields behind these four; of them, these four count.
_TRACEPARENT = re.compile(
    rb"(?P<version>[0-9a-f]{2})-(?P<trace>[0-9a-f]{32})-(?P<parent>[0-9a-f]{16})-"
    rb"(?P<flags>[0-9a-f]{2})(?P<more>-.*)?"
)
_INVALID_VERSION = b"ff"
_SAMPLED, _RANDOM = 1, 2  # all other flags are reserved, and must not be passed on


class TraceContext(NamedTuple):
    """The place of a request in a trace.

    Attributes:
        trace_id: The same in all that belongs to it.
        parent_id: Of who asks; "" where the trace begins here.
        span_id: Of the request in swarmd, which is the parent of what engines are asked for it.
        lines: The header lines for engines.
    """

    trace_id: str
    parent_id: str
    span_id: str
    lines: bytes

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """The same as pairs."""
        pairs = (line.partition(b": ") for line in self.lines.splitlines())
        return [(name, value) for name, _, value in pairs]


def continued(
    traceparent: bytes | None, tracestate: bytes | None, span_id: str
) -> TraceContext | None:
    """The trace that a client's headers name, with a span of our own; None if they name none."""
    found = _TRACEPARENT.fullmatch(traceparent or b"")
    if found is None or found["version"] == _INVALID_VERSION:
        return None
    if found["version"] == b"00" and found["more"]:
        return None
    trace, parent = found["trace"].decode(), found["parent"].decode()
    if not trace.strip("0") or not parent.strip("0"):
        return None
    known = _SAMPLED | _RANDOM if found["version"] == b"00" else _SAMPLED
    return _context(trace, parent, span_id, int(found["flags"], 16) & known, tracestate)


def begun(trace_id: str, span_id: str) -> TraceContext:
    """A trace that begins here. It was asked for, so engines that can are to record it."""
    return _context(trace_id, "", span_id, _SAMPLED, None)


def _context(trace: str, parent: str, span: str, flags: int, state: bytes | None) -> TraceContext:
    lines = b"traceparent: 00-%b-%b-%02x\r\n" % (trace.encode(), span.encode(), flags)
    if state:
        lines += b"tracestate: %b\r\n" % state
    return TraceContext(trace, parent, span, lines)
