"""The audit trail of one request: noted on its way and reported once.

The trail of the request that is being served is found by whoever acts for it, however deep: it is
a context variable, which coroutines take along.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar


class AuditTrail:
    """The record of what one request does, which is reported once.

    Attributes:
        nodes: Those that were asked to change something, in that order.
        answer: The body of a 201, which tells what was made.
    """

    __slots__ = ("_on_finish", "answer", "nodes")

    def __init__(self, on_finish: Callable[[AuditTrail, int, bool], None]) -> None:
        """``on_finish`` gets the status, and whether the client got the whole answer."""
        self.nodes: list[str] = []
        self.answer = b""
        self._on_finish: Callable[[AuditTrail, int, bool], None] | None = on_finish

    def run(self, step: Callable[[], None]) -> None:
        """What ``step`` does, and begins, belongs to this trail."""
        before = _current.set(self)
        try:
            step()
        finally:
            _current.reset(before)

    def finish(self, status: int, *, complete: bool = True) -> None:
        """The outcome is known. Only the first call counts."""
        on_finish, self._on_finish = self._on_finish, None
        if on_finish is not None:
            on_finish(self, status, complete)


_current: ContextVar[AuditTrail | None] = ContextVar("trail", default=None)


def touched(node: str) -> None:
    """A node is asked to change something."""
    trail = _current.get()
    if trail is not None and node not in trail.nodes:
        trail.nodes.append(node)
