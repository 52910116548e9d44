"""The connection pool of one engine: idle connections, kept for the next call."""

from __future__ import annotations

from twisted.internet.interfaces import IDelayedCall, IReactorTime

from swarmd.streams.connection import EngineConnection

MOST_IDLE = 16  # connections kept for one engine
IDLE_LIMIT = 60.0  # seconds; engines have no such limit, descriptors have


class Pool:
    """The idle connections to one engine; the last one used is the first one used again."""

    __slots__ = ("_clock", "_idle", "_timer")

    def __init__(self, clock: IReactorTime) -> None:
        self._clock = clock
        self._idle: list[EngineConnection] = []
        self._timer: IDelayedCall | None = None

    def __len__(self) -> int:
        return len(self._idle)

    def take(self) -> EngineConnection | None:
        """One that is alive as far as this machine knows."""
        while self._idle:
            connection = self._idle.pop()
            if connection.is_alive():
                return connection
            connection.drop()
        return None

    def put(self, connection: EngineConnection) -> None:
        if len(self._idle) >= MOST_IDLE:
            connection.drop()
            return
        connection.rest(self._clock.seconds(), self._idle.remove)
        self._idle.append(connection)
        if self._timer is None:
            self._timer = self._clock.callLater(IDLE_LIMIT, self._expire)

    def _expire(self) -> None:
        self._timer = None
        oldest = self._clock.seconds() - IDLE_LIMIT
        for connection in [each for each in self._idle if each.idle_since <= oldest]:
            connection.drop()
        if self._idle:
            due = self._idle[0].idle_since - oldest
            self._timer = self._clock.callLater(due, self._expire)

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._idle:
            self._idle[-1].drop()
