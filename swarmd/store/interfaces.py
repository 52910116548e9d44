"""What a store of keys and values is to those who agree through it.

Each key has a *revision*, which changes whenever it is written, also when it went and came back. A
commit is atomic: its conditions hold and all its writes are done, or none is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class KeyValue:
    """One key, what stands there, and since which revision."""

    key: str
    value: bytes
    revision: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All keys below one prefix, as they were in one moment.

    Attributes:
        revision: No smaller than any of the entries'.
        entries: In the order of their keys.
    """

    prefix: str
    revision: int
    entries: tuple[KeyValue, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """One key that is different now; ``entry`` is None if it is gone."""

    key: str
    entry: KeyValue | None


@dataclass(frozen=True, slots=True)
class Absent:
    """The condition that nothing stands at a key."""

    key: str


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The condition that a key stands there, and was not written since ``revision``."""

    key: str
    revision: int


@dataclass(frozen=True, slots=True)
class Put:
    """A key that is written, whatever stands there.

    Attributes:
        value: At least one byte.
        bound: The key goes when this process's session ends; otherwise it stays.
    """

    key: str
    value: bytes
    bound: bool = False


@dataclass(frozen=True, slots=True)
class Delete:
    """A key that goes; nothing happens if there is none."""

    key: str


Condition = Absent | Unchanged
Write = Put | Delete
Receive = Callable[[int, Sequence[Change]], None]
Standing = tuple[tuple[str, KeyValue | None], ...]


class CommitConflict(Exception):
    """A condition did not hold: nothing was done.

    Attributes:
        standing: What stands at the key of each condition, read in or after that moment.
    """

    def __init__(self, standing: Standing) -> None:
        super().__init__(f"changed meanwhile: {', '.join(key for key, _ in standing)}")
        self.standing = standing


class StoreLost(Exception):
    """The store cannot be asked; what was to be done is certainly not done. The text says why."""


class StoreUnsure(Exception):
    """A commit's answer did not come: nobody knows whether it was done. The text says why."""


@dataclass(frozen=True, slots=True)
class Outage:
    """Why, and since when, a store does not answer.

    Attributes:
        since: Seconds since 1970.
        reason: One line that names the store.
    """

    since: float
    reason: str


class StoreSession(Protocol):
    """A sign of life that the store keeps: keys bound to it go when it ends.

    It ends once, for good: who needs another asks for one.

    Attributes:
        id: As the store calls it.
    """

    @property
    def id(self) -> str: ...

    def held(self) -> bool:
        """Whether the store cannot have ended it yet.

        By a clock that counts while the machine is suspended; False some time before the store
        would end it, and from then on.
        """

    def on_end(self, call: Callable[[], None]) -> None:
        """Calls once, as soon as it is known not to be held; at once if that is so already."""

    async def end(self) -> None:
        """Ends it, and tells the store, if that can be reached; its keys go."""


class KeyWatch(Protocol):
    """What follows a prefix."""

    def stop(self) -> None:
        """Nothing is received from now on."""


class Store(Protocol):
    """A store; every call has a time limit of its own.

    Attributes:
        name: As users know it, without secrets: ``etcd://a:2379,b:2379/PREFIX``.
    """

    @property
    def name(self) -> str: ...

    @property
    def outage(self) -> Outage | None:
        """None while it answers."""

    async def read(self, prefix: str) -> Snapshot:
        """What stands below a prefix ("" is all), no older than this call.

        Raises:
            StoreLost: It cannot be had.
        """

    def watch(self, since: Snapshot, receive: Receive) -> KeyWatch:
        """Follows a prefix, from what was read of it, until the watch is stopped.

        ``receive`` gets a revision and what changed up to it, each key at most once: of several
        writes to a key perhaps only the last. Nothing that stands is missed: after an
        interruption, whatever differs from what was received before is a change. What one commit
        writes below the prefix comes in one call; two watches are not in step. Errors do not come
        here: the watch goes on until it can go on.
        """

    async def commit(self, conditions: Sequence[Condition], writes: Sequence[Write]) -> int:
        """Does all writes in one, if all conditions hold; each key is written at most once.

        Returns:
            The revision that all keys have that were put. A watch that received it, or a later
            one, has received what was written.

        Raises:
            CommitConflict: Not done: something else stands there.
            StoreLost: Not done: it cannot be asked, or there is no session for what is bound.
            StoreUnsure: Done or not.
            ValueError: The keys or the sizes are not to be had in every store.
        """

    async def session(self, ttl: float) -> StoreSession:
        """Begins this process's session, to which ``Put.bound`` binds from now on.

        Args:
            ttl: Seconds that it outlives the last sign of life; a store may take more.

        Raises:
            StoreLost: It cannot be had.
        """

    async def close(self) -> None:
        """Ends its session, watches and connections."""
