"""Names and resources that are spoken for while a create or a rename is under way."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from swarmd.cluster.index import NameIndex
from swarmd.core.errors import NameTaken
from swarmd.core.model import Container, Engine


class Reservation(NamedTuple):
    """The engine is kept itself, not its key: it may leave and come back under the same key."""

    container: Container
    engine: Engine


class _Rename(NamedTuple):
    container: str
    engine: Engine
    since: float


class Reservations:
    """One table of names for both creates and renames, so that no two can get the same.

    ``counted`` hears of each engine whose sums have changed.
    """

    def __init__(self, names: NameIndex, counted: Callable[[Engine], None]) -> None:
        self._counted = counted
        self.pending: dict[str, Reservation] = {}
        self._names = names
        self._reserved: dict[str, str] = {}  # name -> ID of who wants it
        self._doubtful: dict[str, float] = {}  # pending ID -> since when its outcome is unknown
        self._renames: dict[str, _Rename] = {}  # new name -> one whose outcome is unknown

    def holder(self, name: str) -> str:
        """The ID of the container that has or will have the name; "" if it is free."""
        held = self._names.find(name)
        return held[0] if held else self._reserved.get(name, "")

    def take_name(self, name: str, container_id: str, replacing: str = "") -> None:
        for holder in self._names.find(name) or (self._reserved.get(name, container_id),):
            if holder not in (container_id, replacing):
                raise NameTaken(name, holder)
        self._reserved[name] = container_id

    def free_name(self, name: str, container_id: str) -> None:
        if self._reserved.get(name) == container_id:
            del self._reserved[name]
            self._renames.pop(name, None)

    def take(self, container: Container, engine: Engine, replacing: str = "") -> None:
        """Counts ``container`` on ``engine`` as if it were there; NameTaken if its name is."""
        if container.name:
            self.take_name(container.name, container.id, replacing)
        self.pending[container.id] = Reservation(container, engine)
        engine.tally.add(container)
        self._counted(engine)

    def free(self, container_id: str) -> Reservation | None:
        """Ends a reservation; None if there is none (any more)."""
        self._doubtful.pop(container_id, None)
        ended = self.pending.pop(container_id, None)
        if ended is not None:
            ended.engine.doubts.discard(container_id)
            ended.engine.tally.remove(ended.container)
            self._counted(ended.engine)
            self.free_name(ended.container.name, container_id)
        return ended

    def doubt(self, container_id: str, at: float) -> None:
        """Whether it was made is unknown, so it counts until its engine has told."""
        if container_id in self.pending:
            self._doubtful[container_id] = at
            self.pending[container_id].engine.doubts.add(container_id)

    def doubted(self, container_id: str) -> bool:
        return container_id in self._doubtful

    def doubt_name(self, name: str, container_id: str, engine: Engine, at: float) -> None:
        """Whether the container was given the name is unknown until its engine tells."""
        if self._reserved.get(name) == container_id:
            self._renames[name] = _Rename(container_id, engine, at)

    def told_name(self, container_id: str, at: float) -> None:
        """Its engine told, asked at ``at``, what the container is called."""
        for name, rename in list(self._renames.items()):
            if rename.container == container_id and rename.since < at:
                self.free_name(name, container_id)

    def settle(self, engine: Engine, at: float) -> None:
        """The engine told, asked at ``at``, what it has."""
        for name, rename in list(self._renames.items()):
            if rename.since < at and rename.engine is engine:
                self.free_name(name, rename.container)
        for container_id, since in list(self._doubtful.items()):
            if since < at and self.pending[container_id].engine is engine:
                self.free(container_id)
