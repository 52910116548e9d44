"""A frontend: one port of swarmd's own address, and the backends that it leads to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import NamedTuple

from swarmd.cluster.publishing.claims import ClaimKey


class Port(NamedTuple):
    """A port of swarmd's own address."""

    number: int
    proto: str

    def __str__(self) -> str:
        return f"{self.number}/{self.proto}"


@dataclass(slots=True, eq=False)
class Backend:
    """Where a frontend leads: one published port of one container.

    Attributes:
        host, port: Of the node; ``port`` is 0 as long as its engine has not told.
        public: The node's port as its engine shows it.
        ready: Neither its health check nor its state speaks against it.
        leaving: It was told to stop.
        proxy: Version of the PROXY protocol that it wants; "" for none.
        connections: At this moment.
        turn: When it was taken last, counted by its frontend.
    """

    key: ClaimKey
    host: str
    port: int
    public: int
    balanced: bool
    ready: bool = True
    leaving: bool = False
    proxy: str = ""
    connections: int = 0
    turn: int = 0


@dataclass(slots=True, eq=False)
class Frontend:
    """One port of swarmd's own address.

    Attributes:
        counts: Totals of "connections", "refused", "received" and "sent", the latter in bytes as
            clients see it.
        turns: How often a backend was taken.
    """

    port: Port
    backends: dict[ClaimKey, Backend] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    turns: int = 0

    def choose(self, without: Collection[Backend] = ()) -> Backend | None:
        """The least loaded of the best, in turn; None if there is none (any more) to be tried."""
        known = [one for one in self.backends.values() if one.port and one not in without]
        return min(known, key=_rank, default=None)

    def take(self, backend: Backend) -> None:
        """It has one connection more."""
        self.turns += 1
        backend.turn = self.turns
        backend.connections += 1

    @property
    def balanced(self) -> bool:
        return all(one.balanced for one in self.backends.values())

    @property
    def connections(self) -> int:
        return sum(one.connections for one in self.backends.values())


def _rank(one: Backend) -> tuple[bool, bool, int, int]:
    return one.leaving, not one.ready, one.connections, one.turn
