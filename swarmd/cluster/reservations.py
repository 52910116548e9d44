"""Names and resources that are spoken for while a create or a rename is under way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from swarmd.cluster.container_index import NameIndex
from swarmd.core.container.container_state import Container
from swarmd.core.errors import NameTaken
from swarmd.core.model import Engine


def _nothing() -> None:
    """Nobody waits for the end; there is nobody to hear from."""


class Reservation(NamedTuple):
    """Resources and a name that a create under way has claimed on an engine.

    The engine is kept itself, not its key: it may leave and come back under the same key.
    """

    container: Container
    engine: Engine


class ClaimChange(NamedTuple):
    """A change of what is claimed, for another process that places containers, too.

    Attributes:
        kind: "take" or "free" resources; "name" or "unname"; "made": a create was acknowledged.
        id: Of the reservation, or of the container that is renamed.
        container: What takes the resources, or was made.
        made: The new container's ID.
    """

    kind: str
    id: str
    name: str = ""
    container: Container | None = None
    made: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Doubt:
    """A create or a rename that an engine was asked for, and whose answer was lost.

    A list settles nothing: it does not show what the engine is still busy with.

    Attributes:
        claim: ID of the reservation, or of the container that was to get the name.
        over: Called once, when it is certain that the name is there or never will be.
    """

    claim: str
    name: str
    engine: Engine
    over: Callable[[], None] = _nothing


class Reservations:
    """What creates and renames under way have claimed.

    One table of names for both creates and renames, so that no two can get the same.

    ``counted`` hears of each engine whose sums have changed.

    Attributes:
        watchers: Hear of each change.
        hear: Before something is chosen for a claim: takes in what another process has claimed.
    """

    def __init__(self, names: NameIndex, counted: Callable[[Engine], None]) -> None:
        self._counted = counted
        self.pending: dict[str, Reservation] = {}
        self._names = names
        self._reserved: dict[str, str] = {}  # name -> ID of who wants it
        self._doubts: dict[str, Doubt] = {}  # by name: only its holder can be in doubt
        self.watchers: list[Callable[[ClaimChange], None]] = []
        self.hear: Callable[[], None] = _nothing

    def announce(self, change: ClaimChange) -> None:
        for watcher in self.watchers:
            watcher(change)

    def claims(self) -> list[ClaimChange]:
        """All that is claimed, as changes from nothing."""
        names = [ClaimChange("name", claim, name) for name, claim in self._reserved.items()]
        taken = [ClaimChange("take", each, "", one.container) for each, one in self.pending.items()]
        return names + taken

    def holder(self, name: str) -> str:
        """The ID of the container that has or will have the name; "" if it is free."""
        held = self._names.find(name)
        return held[0] if held else self._reserved.get(name, "")

    def take_name(self, name: str, container_id: str, replacing: str = "") -> None:
        for holder in self._names.find(name) or (self._reserved.get(name, container_id),):
            if holder not in (container_id, replacing):
                raise NameTaken(name, holder)
        self._reserved[name] = container_id
        self.announce(ClaimChange("name", container_id, name))

    def free_name(self, name: str, container_id: str) -> None:
        if self._reserved.get(name) == container_id:
            del self._reserved[name]
            self.announce(ClaimChange("unname", container_id, name))
            if doubt := self._doubts.pop(name, None):
                doubt.over()

    def take(self, container: Container, engine: Engine, replacing: str = "") -> None:
        """Counts ``container`` on ``engine`` as if it were there; NameTaken if its name is."""
        if container.name:
            self.take_name(container.name, container.id, replacing)
        self.pending[container.id] = Reservation(container, engine)
        engine.tally.add(container)
        self._counted(engine)
        self.announce(ClaimChange("take", container.id, "", container))

    def free(self, container_id: str) -> Reservation | None:
        """Ends a reservation; None if there is none (any more)."""
        ended = self.pending.pop(container_id, None)
        if ended is not None:
            ended.engine.tally.remove(ended.container)
            self._counted(ended.engine)
            self.announce(ClaimChange("free", container_id))
            self.free_name(ended.container.name, container_id)
        return ended

    # What is in doubt

    def doubt(self, doubt: Doubt) -> None:
        """What holds the name keeps it, and all that it takes, until ``resolve``."""
        if self._reserved.get(doubt.name) == doubt.claim:
            self._doubts[doubt.name] = doubt

    def doubted(self, name: str, claim: str) -> bool:
        return name in self._doubts and self._doubts[name].claim == claim

    def doubts(self, engine: Engine) -> list[Doubt]:
        """Those that ``engine`` is to be asked about."""
        return [doubt for doubt in self._doubts.values() if doubt.engine is engine]

    def resolve(self, doubt: Doubt) -> None:
        """It is certain now; what is there is counted as a container."""
        if self._doubts.get(doubt.name) is doubt:
            self.free(doubt.claim)
            self.free_name(doubt.name, doubt.claim)

    def give_up(self, engine: Engine) -> None:
        """The engine will never tell: it is no longer ours."""
        for doubt in self.doubts(engine):
            self.resolve(doubt)
