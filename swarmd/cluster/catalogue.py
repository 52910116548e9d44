"""All containers of all engines, and every index over them; engines' sums are kept here alone."""

from __future__ import annotations

from collections.abc import Callable

from swarmd.cluster.container_index import Bounded, NameIndex, PrefixIndex
from swarmd.cluster.engine_record import EngineRecord
from swarmd.cluster.publishing.shown_ports import ShownPorts
from swarmd.cluster.starts import Starts
from swarmd.cluster.views.rows import Rows
from swarmd.core.container.container_state import Container
from swarmd.core.container.kept_identity import KeptIdentity
from swarmd.core.model import Engine
from swarmd.core.names import IDENTITY, is_id

# Enough for every removal that can happen while one list is on its way.
_REMEMBERED_REMOVALS = 10_000
_DIRTY_LIMIT = 20_000
_REMEMBERED_NAMES = 1_000


class Catalogue:
    """Indexes of containers: by ID, name, Swarm ID, start of ID, age; and what must be asked anew.

    Attributes:
        ports: Where published ports answer; None unless swarmd publishes them.
        interim: Containers that were made again on an engine while the old one is still there.

    An answer may be older than what was learnt while it was on its way, so each piece of news
    has the moment of its question (``at``, monotonic seconds), and loses against later news.

    Args:
        counted: Hears of each engine whose sums have changed.
    """

    def __init__(self, counted: Callable[[EngineRecord], None] = lambda engine: None) -> None:
        self._counted = counted
        self.by_id: dict[str, Container] = {}
        self.names = NameIndex()
        self.identities = NameIndex()
        self.ids = PrefixIndex()
        self._marks: dict[str, float] = {}  # dirty ID -> since when
        self._removed: Bounded[None] = Bounded(_REMEMBERED_REMOVALS)
        self._renamed: Bounded[tuple[str, float]] = Bounded(_REMEMBERED_NAMES)
        self._last_engines: Bounded[str] = Bounded(_REMEMBERED_NAMES)  # name -> key of its engine
        self.interim: dict[str, tuple[str, KeptIdentity]] = {}  # engine's ID -> key of the engine
        self.starts = Starts()
        self.rows = Rows()
        self.ports: ShownPorts | None = None

    # Changes

    def put(self, engine: EngineRecord, container: Container) -> None:
        """Adds a container, or replaces what was known of it."""
        old = self.by_id.get(container.id)
        container = self.starts.marked(container)
        self.by_id[container.id] = engine.containers[container.id] = container
        if old is None:
            self.ids.add(container.id)
            self._count(engine, container)
        elif not _counted_alike(old, container):
            self._discount(engine, old)
            self._count(engine, container)
            if old.name != container.name:
                self._renamed.put(old.name, (container.id, container.touched))
        self.rows.put(engine, container)
        if self.ports is not None:
            self.ports.table.put(engine, container)

    def drop(self, engine: EngineRecord, container: Container) -> None:
        """Forgets a container; it may come back, say with its engine."""
        del self.by_id[container.id], engine.containers[container.id]
        self.ids.remove(container.id)
        self._discount(engine, container)
        self.clean(engine, container.id)
        self.starts.forget(container.id)
        engine.ids.gone(container.id)
        self.rows.drop(engine, container)
        if self.ports is not None:
            self.ports.drop(container.id)

    def remove(self, engine: EngineRecord, container_id: str) -> None:
        """The container exists no more; a list that was asked for before must not revive it."""
        if is_id(container_id):
            self._removed.put(_of(engine, container_id), None)
        self.clean(engine, container_id)
        self.interim.pop(container_id, None)
        if (container := engine.containers.get(container_id)) is not None:
            self.drop(engine, container)
            if _leaves_something(container) and not self.names.find(container.name):
                self._last_engines.put(container.name, engine.key)

    def drop_all(self, engine: EngineRecord) -> None:
        for container in list(engine.containers.values()):
            self.drop(engine, container)
        self.drop_interim(engine)
        for container_id in list(engine.dirty):
            self.clean(engine, container_id)

    def drop_interim(self, engine: EngineRecord) -> None:
        for own, (key, _) in list(self.interim.items()):
            if key == engine.key:
                del self.interim[own]

    # What may be out of date

    def mark(self, engine: EngineRecord, container_id: str, at: float) -> None:
        if _of(engine, container_id) in self._removed or len(engine.dirty) >= _DIRTY_LIMIT:
            return
        engine.dirty.add(container_id)
        self._marks[container_id] = max(at, self._marks.get(container_id, at))

    def clean(self, engine: EngineRecord, container_id: str) -> None:
        engine.dirty.discard(container_id)
        self._marks.pop(container_id, None)

    def clean_as_of(self, engine: EngineRecord, container_id: str, at: float) -> None:
        """An answer to a question of ``at`` has told all about it."""
        if self._marks.get(container_id, at) <= at:
            self.clean(engine, container_id)

    def newer(self, engine: EngineRecord, container_id: str, at: float) -> bool:
        """Whether more is known of it than an answer to a question of ``at`` can tell."""
        known = self.by_id.get(container_id)
        removed = _of(engine, container_id) in self._removed
        return (known is not None and known.touched > at) or removed

    def touched(self, engine: EngineRecord, container_id: str, at: float) -> bool:
        """Whether something happened to it after ``at``."""
        return self.newer(engine, container_id, at) or self._marks.get(container_id, at) > at

    def foreign(self, engine: Engine, container_id: str) -> bool:
        """Whether it is known to be another engine's: none may speak for another."""
        known = self.by_id.get(container_id)
        return known is not None and known.engine != engine.key

    def gave_up(self, name: str, since: float) -> Container | None:
        """The container that had the name, and has been called otherwise at ``since`` or later."""
        container_id, when = self._renamed.get(name) or ("", 0.0)
        container = self.by_id.get(container_id)
        return container if container and when >= since and container.name != name else None

    def last_engine(self, name: str) -> str:
        """Key of the engine where a container of that name has left something; "" if none has."""
        return self._last_engines.get(name) or ""

    def start_error(self, container_id: str) -> str:
        """Why its last start was refused before its engine heard of it; "" if it was not."""
        return self.starts.error(container_id)

    # Indexes

    def _count(self, engine: EngineRecord, container: Container) -> None:
        engine.tally.add(container)
        self._counted(engine)
        for name in container.names:
            self.names.add(name, container.id)
        if identity := container.labels.get(IDENTITY):
            self.identities.add(identity, container.id)

    def _discount(self, engine: EngineRecord, container: Container) -> None:
        engine.tally.remove(container)
        self._counted(engine)
        for name in container.names:
            self.names.remove(name, container.id)
        if identity := container.labels.get(IDENTITY):
            self.identities.remove(identity, container.id)


def _counted_alike(old: Container, new: Container) -> bool:
    return (
        old.state == new.state
        and old.starting == new.starting
        and old.holds == new.holds
        and old.names == new.names
        and old.demand == new.demand
        and old.labels == new.labels
        and old.networks == new.networks
        and old.mounts == new.mounts
    )


def _of(engine: EngineRecord, container_id: str) -> str:
    """A removal counts on the engine that told of it: none may speak for another."""
    return f"{engine.key} {container_id}"


def touch(container: Container, at: float) -> Container:
    return container._replace(touched=max(at, container.touched))


def _leaves_something(container: Container) -> bool:
    """Folders of its host, or an address that clients know."""
    folders = any(mount.source and not mount.name for mount in container.mounts)
    return folders or bool(container.demand.ports)
