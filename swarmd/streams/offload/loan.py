"""A loan of two connections to a thread: what it moves between them until anything else happens."""

from __future__ import annotations

from collections.abc import Callable
from select import EPOLLIN, EPOLLOUT
from threading import Lock

from swarmd.codec.framing import Walk
from swarmd.streams.offload.port import Ended, LentSocket

READS_PER_TURN = 4  # so that a stream holds up neither its thread's others nor who wants it back


class Direction:
    """One direction.

    Attributes:
        walk: Tells where its body ends; None if only the connection does.
        moved: How many bytes of clear text it was.
        left: What was read and is for the reactor to look at.
    """

    __slots__ = ("left", "moved", "sink", "source", "walk")

    def __init__(self, source: LentSocket, sink: LentSocket, walk: Walk | None = None) -> None:
        self.source = source
        self.sink = sink
        self.walk = walk
        self.moved = 0
        self.left = b""

    def step(self) -> bool:
        """Moves a piece; False if none can be moved now.

        Raises:
            Ended: None can be moved here any more.
        """
        if self.source.over or not self.sink.flush():
            return False
        try:
            data = self.source.read()
        except BlockingIOError:
            return False
        if data and self.walk is not None and not self.walk.passes(data):
            self.left = data
            raise Ended
        if data:
            self.moved += len(data)
            self.sink.write(data)
        return True


class Loan:
    """Two connections, which belong to one thread until they are given back or recalled.

    Attributes:
        watched: One that only receives, and of which any word is for the reactor; None if there
            is none.
        lock: Held by whoever works on them.
        recalled: Somebody waits for the lock.
        over: They are the reactor's again.
        crash: The thread failed; what it moved last may have been moved in part.
    """

    __slots__ = (*("crash", "flows", "give_back", "lock", "over", "recalled", "watched"),)

    def __init__(
        self,
        flows: tuple[Direction, ...],
        watched: LentSocket | None,
        give_back: Callable[[Loan], None],
    ) -> None:
        """``give_back`` is called by the thread, unless the loan is recalled."""
        self.flows = flows
        self.watched = watched
        self.give_back = give_back
        self.lock = Lock()
        self.recalled = self.over = False
        self.crash: BaseException | None = None

    @property
    def ports(self) -> tuple[LentSocket, LentSocket]:
        return self.flows[0].source, self.flows[0].sink

    def run(self, port: LentSocket, events: int) -> bool:
        """Moves what can be moved after ``events`` on ``port``; False if they must go back."""
        if port is self.watched and events & ~EPOLLOUT:
            return False
        try:
            for each in self.ports:
                each.flush()
            for _ in range(READS_PER_TURN):
                moved = [flow.step() for flow in self.flows]
                if self.recalled or not any(moved):
                    break
        except Ended:
            return False
        return not any(flow.source.over for flow in self.flows)

    def wanted(self, port: LentSocket) -> int:
        """What ``run`` waits for on ``port``."""
        wanted = EPOLLOUT if port.unsent else 0
        reads = any(flow.source is port and not flow.sink.unsent for flow in self.flows)
        return wanted | (EPOLLIN if reads or port is self.watched else 0)
