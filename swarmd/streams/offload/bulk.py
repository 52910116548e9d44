"""When the bulk of a stream with TLS goes to a thread, and how it comes back.

A stream goes over after a mebibyte in one direction; small ones, and somebody who types, stay. With
it go both of its connections, whole, for a TLS connection has one state for both directions: what
either sends is the thread's, or, where only one direction may pass unread, the first word of the
other side brings all of it back. Then the reactor goes on as if nothing had been, and after another
mebibyte of bulk it goes over again.

Memory of one direction meanwhile: one read of 128 KiB, in the clear and as it goes out. Of a reader
that has stopped only what goes out waits, and what Twisted's transport held: some 200 KiB.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from OpenSSL.SSL import Error
from twisted.logger import Logger
from twisted.python.failure import Failure

from swarmd.codec.framing import Walk
from swarmd.streams.offload import transports
from swarmd.streams.offload.loan import Direction, Loan
from swarmd.streams.offload.port import LentSocket
from swarmd.streams.offload.transports import can_go, go_on, has_unsent, is_reading, tcp_of
from swarmd.streams.offload.workers import WORKERS, Worker
from swarmd.streams.relay import Side
from swarmd.tls.half_close import HalfCloseTLS

THRESHOLD = 1 << 20  # bytes that go the ordinary way
TYPING = 4096  # a read below it is somebody typing, or a tail that is followed: no bulk so far

_log = Logger()


def has_tls(side: Side) -> bool:
    """Whether either end of its pair speaks TLS."""
    return transports.has_tls(side.transport, side.other.transport)


def offload(one: Side, two: Side) -> tuple[Offload, ...]:
    """Makes two sides that pass everything on hand over their bulk, if either has TLS."""
    return (Offload(one, two),) if has_tls(one) else ()


class Offload:
    """The bulk of what ``sides`` send, one or both of a pair; a carrier of the relay.

    Their ``deliver`` must be set: it is what takes small streams, and all that a thread gives back.
    ``stop`` must be called before either transport is closed.
    """

    __slots__ = ("_due", "_loan", "_moved", "_pair", "_sides", "_stopped", "_thread", "_walk")

    def __init__(self, *sides: Side, walk: Walk | None = None) -> None:
        """``walk`` tells where the body of a single side ends."""
        self._sides = sides
        self._walk = walk
        self._moved = [0] * len(sides)
        self._due = self._stopped = False
        self._loan: Loan | None = None
        self._pair: tuple[tuple[Side, LentSocket], ...] = ()
        self._thread: Worker | None = None
        for number, side in enumerate(sides):
            side.deliver = partial(self._pass, number, side.deliver)

    def _pass(self, number: int, deliver: Callable[[bytes], None], data: bytes) -> None:
        deliver(data)
        moved = self._moved
        moved[number] = moved[number] + len(data) if len(data) >= TYPING else 0
        if moved[number] >= THRESHOLD and not (self._due or self._stopped):
            self._due = True
            # Not from within the reading of either connection, which may have more at hand.
            _reactor(self._sides[0]).callLater(0, self._lend)

    # To the thread.

    def _lend(self) -> None:
        self._due = False
        self._moved = [0] * len(self._sides)
        if self._stopped or WORKERS.paused:
            return
        sides = [side for side in self._sides if not (side.ended or side.other.deaf)]
        if not sides or not all(can_go(each.transport) for each in (sides[0], sides[0].other)):
            return
        # What only receives here may still have something to say that has to leave first.
        if len(sides) == 2 or not has_unsent(sides[0].transport):
            self._hand_over(sides[0], sides[0].other, both=len(sides) == 2)

    def _hand_over(self, one: Side, two: Side, *, both: bool) -> None:
        watched = not both and is_reading(two.transport)
        first, second = (transports.take(each.transport, self.recall) for each in (one, two))
        flows = (
            Direction(first, second, self._walk),
            *([Direction(second, first)] if both else []),
        )
        reactor = _reactor(one)
        give_back = partial(reactor.callFromThread, self._return)
        self._pair = ((one, first), (two, second))
        self._loan = Loan(flows, second if watched else None, give_back)
        try:
            self._thread = WORKERS.take(self._loan, reactor, self.recall)
        except (OSError, RuntimeError):  # no room for a thread: it stays
            self._return(self._loan)

    # Back from it.

    def recall(self) -> None:
        """Back to the reactor, now."""
        loan, thread = self._loan, self._thread
        if loan is not None and thread is not None:
            thread.recall(loan)
            self._return(loan)

    def stop(self) -> None:
        self._stopped = True
        loan, thread = self._loan, self._thread
        if loan is not None and thread is not None:
            thread.recall(loan)
            self._take_back(loan)

    def _return(self, loan: Loan) -> None:
        if loan is not self._loan:  # it was recalled meanwhile
            return
        pair = self._pair
        self._take_back(loan)
        if loan.crash is not None:
            _break_off(pair, loan.crash)
            return
        for side, port in pair:
            _pass_on_error(side, port)
        if loan.flows[0].left:  # only a direction by itself is walked
            pair[0][0].received(loan.flows[0].left)
        for side, _ in pair:
            if isinstance(side.transport, HalfCloseTLS):
                side.transport.go_on()
        self._read_on(pair, loan)

    def _take_back(self, loan: Loan) -> None:
        """The transports are as they were, but are not read."""
        pair, self._pair = self._pair, ()
        self._loan = self._thread = None
        WORKERS.returned(loan)
        for side, port in pair:
            transports.give_back(side.transport, port)
        for flow in loan.flows:
            for side, port in pair:
                if port is flow.source and side.meter is not None:
                    side.meter(flow.moved)

    def _read_on(self, pair: tuple[tuple[Side, LentSocket], ...], loan: Loan) -> None:
        sources = {flow.source for flow in loan.flows} | {loan.watched}
        for side, port in pair:
            if port in sources and not (port.read_error or side.other.deaf):
                go_on(side.transport, side.other.transport)


def _reactor(side: Side) -> Any:
    return tcp_of(side.transport).reactor


def _pass_on_error(side: Side, port: LentSocket) -> None:
    """An error that the thread has met was taken from the socket, so here it would never be met."""
    error = port.write_error or port.read_error
    if isinstance(error, Error):
        side.transport.fail(error)
    elif port.write_error is not None:
        side.owner.side_deaf(side)
    elif port.read_error is not None:
        side.transport.abortConnection()


def _break_off(pair: tuple[tuple[Side, LentSocket], ...], crash: BaseException) -> None:
    """Bytes may be missing: neither end may look clean."""
    _log.failure("a stream is broken off: its thread failed", Failure(crash))
    for side, _ in pair:
        side.deaf = True
    for side, _ in pair:
        side.transport.abortConnection()
