"""A relay of two connections: each direction ends alone, and has back-pressure.

FIN or close_notify of one side is passed on as such. A side that is lost takes the other with it:
an engine's connection is aborted when the client is gone, and a client's when its engine died, so
that a truncated stream never looks complete. What waits in memory is bounded by the transports'
own buffers: 64 KiB, and one read more, for each direction.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from twisted.python.failure import Failure

from swarmd.core.request.request_record import RequestRecord


class RelayOwner(Protocol):
    """The owner of a relay, who decides what the ends of a connection mean."""

    def side_ended(self, side: Side) -> None: ...

    def side_lost(self, side: Side, reason: Failure) -> None: ...

    def side_deaf(self, side: Side) -> None:
        """It took no more, and that error has been consumed: its end will look like a clean one."""


class Side:
    """One of the two connections of a relay; what it hears goes to the other.

    Attributes:
        deaf: What was written to it failed.
        ended: It sends no more.
        deliver: Takes what it sends.
        meter: Is told how many bytes it has sent; None if nobody counts.
    """

    __slots__ = ("deaf", "deliver", "ended", "meter", "other", "owner", "transport")

    def __init__(self, transport: Any, owner: RelayOwner) -> None:
        self.transport = transport
        self.owner = owner
        self.other: Side = self
        self.deliver: Callable[[bytes], None] = transport.write
        self.meter: Callable[[int], None] | None = None
        self.deaf = self.ended = False

    def received(self, data: bytes) -> None:
        if self.meter is not None:
            self.meter(len(data))
        self.deliver(data)

    def half_closed(self) -> None:
        # Twisted tells it again when a transport that is at its end is resumed.
        if not self.ended:
            self.ended = True
            self.owner.side_ended(self)

    def lost(self, reason: Failure) -> None:
        self.owner.side_lost(self, reason)


class Carrier(Protocol):
    """A carrier of the bytes of one direction."""

    def stop(self) -> None:
        """Its connections are about to be closed."""


class Relay:
    """A relay that joins a client and an engine for good.

    It is a caller of the engine's link, so that it ends with the link.

    Attributes:
        carriers: Stopped before either connection is closed.
    """

    __slots__ = ("_over", "carriers", "client", "engine")

    waiting = False
    method = b""

    def __init__(self, client: Any, engine: Any, over: Callable[[Relay], None]) -> None:
        """The transports of both; ``over`` is called once, when either connection is gone."""
        self._over: Callable[[Relay], None] | None = over
        self.client = Side(client, self)
        self.engine = Side(engine, self)
        self.carriers: tuple[Carrier, ...] = ()
        pair(self.client, self.engine)

    def side_ended(self, side: Side) -> None:
        if side.deaf:
            side.transport.abortConnection()
            return
        other = side.other
        end_writing(other)
        if other.ended:
            side.transport.loseConnection()
            other.transport.loseConnection()

    def side_lost(self, side: Side, reason: Failure) -> None:
        self._finish()
        other = side.other
        if side.ended and not side.deaf and (other.ended or side is self.engine):
            # All that it had to say is on its way to the other one, which may still be at it.
            other.transport.unregisterProducer()
            other.transport.loseConnection()
        else:
            abort(other)

    def side_deaf(self, side: Side) -> None:
        """A client is gone then; what an engine said before it was may still be on its way."""
        side.deaf = True
        if side is self.client or side.ended:
            side.transport.abortConnection()

    def refuse(self, cause: str) -> None:
        """The link closes."""
        self._finish()
        abort(self.client)
        abort(self.engine)

    def unreachable(self, cause: str, *, silent: bool = False) -> None:
        """The same."""
        self.refuse(cause)

    def connected(self, connection: Any, *, reused: bool) -> None:
        """Never: it has its connection already."""

    def _finish(self) -> None:
        for carrier in self.carriers:
            carrier.stop()
        over, self._over = self._over, None
        if over is not None:
            over(self)


def pair(one: Side, two: Side) -> None:
    one.other, two.other = two, one
    one.deliver, two.deliver = two.transport.write, one.transport.write


def measure(client: Side, engine: Side, record: RequestRecord | None) -> None:
    """What each side sends counts for the record, if there is one."""
    if record is not None:
        client.meter, engine.meter = record.add_received, record.add_sent


def throttle(one: Side, two: Side) -> None:
    """Each side is read only as fast as the other one takes it."""
    for side in (one, two):
        if not side.ended:
            side.other.transport.registerProducer(side.transport, True)


def end_writing(side: Side) -> None:
    """Nothing more for this side; what was written before still goes out, then the FIN.

    With a paused producer registered, Twisted would resume that INSTEAD of half-closing.
    """
    side.transport.unregisterProducer()
    side.transport.loseWriteConnection()


def abort(side: Side) -> None:
    side.transport.unregisterProducer()
    side.transport.abortConnection()
