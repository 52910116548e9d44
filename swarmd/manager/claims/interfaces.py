"""What claims need of this swarmd's membership, and of who moves networks and volumes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from swarmd.core.model import Engine
from swarmd.store.interfaces import Condition, Store, Write


class Member(Protocol):
    """This swarmd as one of several: ``manager/membership`` has it."""

    @property
    def store(self) -> Store: ...

    @property
    def joined(self) -> bool:
        """Whether its session is certainly held, and all that is shared was read."""

    @property
    def session_id(self) -> str: ...

    def complaint(self) -> str:
        """What keeps swarmds from agreeing, and since when; "" if nothing does."""

    async def commit(self, conditions: Sequence[Condition], writes: Sequence[Write]) -> int:
        """As of ``Store``; Unavailable if it was not done, or nobody knows."""


class UseCounter(Protocol):
    """Who counts the networks and volumes that somebody is about to use."""

    def claimed(
        self, identities: Iterable[str], engine: Engine
    ) -> AbstractContextManager[None]: ...
