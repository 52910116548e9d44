"""The state of the fleet, the only one: ``dispatch`` is the way in for news; all others read.

Everything is indexed and summed up as it comes, so that no look-up and no placement walks the
containers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from swarmd.cluster import actions as news
from swarmd.cluster import health
from swarmd.cluster.catalogue import Catalogue
from swarmd.cluster.engine_record import EngineRecord
from swarmd.cluster.handovers import Handovers
from swarmd.cluster.images.placeholders import Placeholders
from swarmd.cluster.notes import Notes
from swarmd.cluster.reducers.acknowledged import (
    AGAIN,
    BEGUN,
    DONE,
    FAILED,
    LOST,
    REFUSED,
    Acknowledged,
)
from swarmd.cluster.reducers.container_reducer import ContainerReducer
from swarmd.cluster.reducers.event_reducer import EventReducer
from swarmd.cluster.reducers.list_reducer import ListReducer
from swarmd.cluster.reservations import ClaimChange, Doubt, Reservations
from swarmd.cluster.roster import Roster, label_warnings
from swarmd.cluster.views.node_table import NodeTable
from swarmd.core.container.container_state import Container, Demand
from swarmd.core.container.kept_identity import kept_identity
from swarmd.core.container.list_item import renamed
from swarmd.core.decode import Shared
from swarmd.core.index.engine_index import EngineIndex
from swarmd.core.index.tally import Tally
from swarmd.core.model import Engine

_INDEXED = news.ImagesListed | news.ImageShown | news.NetworksListed | news.VolumesListed


class State(Acknowledged):
    """The state of the fleet, which only actions change.

    Engines by key, containers by full ID, and what is reserved.

    Attributes:
        containers: Those that engines have; pending ones are in ``reservations`` alone.
        index: Engines by what placement asks of them.

    Args:
        seconds: The monotonic clock of the actions' ``at``. Without it, the moment of the latest
            news stands for now.
    """

    def __init__(self, seconds: Callable[[], float] | None = None) -> None:
        super().__init__()
        self.roster = Roster()
        self.engines = self.roster.engines
        self.index = EngineIndex()
        self.catalogue = Catalogue(self.index.touch)
        self.containers = self.catalogue.by_id
        self.reservations = Reservations(self.catalogue.names, self.index.touch)
        self.node_table = NodeTable()
        self._watchers: list[Callable[[news.Action], None]] = []
        self._latest = 0.0
        self._seconds = seconds or (lambda: self._latest)
        shared, self._notes = Shared(), Notes()
        self.placeholders = Placeholders()
        self.handovers = Handovers()
        self._lists = ListReducer(shared, self._notes, self.placeholders)
        self._containers = ContainerReducer(self.engines, self.catalogue, shared, self._notes)
        self._events = EventReducer(self.catalogue, self._containers, self._lists)

    # News

    def watch(self, watcher: Callable[[news.Action], None]) -> None:
        """``watcher``, which must not raise, hears of every action once it is applied."""
        self._watchers.append(watcher)

    def dispatch(self, action: news.Action) -> None:
        """Applies one piece of news; what comes from an engine that left is no news."""
        self._apply(action)
        for watcher in self._watchers:
            watcher(action)

    def _apply(self, action: news.Action) -> None:
        if isinstance(action, news.EngineListed):
            self._engine_listed(action)
            return
        engine = self.engines.get(action.key)
        if engine is None:
            return
        match action:
            case news.EngineUnlisted():
                self._engine_unlisted(engine)
            case news.EngineValidated():
                self._engine_validated(engine, action)
            case news.EngineRejected():
                self._refuse(engine, action.error, action.now)
            case news.EngineAnswered():
                if engine.failures or not engine.healthy:
                    self.index.touch(engine)
                health.answered(engine, action.now, accepted=self.roster.accepted(engine))
            case news.EngineFailed():
                health.failed(engine, action)
                self.index.touch(engine)
            case news.EngineCordoned():
                engine.cordoned = action.cordoned
                self.index.touch(engine)
            case news.EngineLabelled():
                self.roster.label(engine, action.labels)
                self._notes.put(engine, "labels", label_warnings(engine))
                self.index.touch(engine)
            case news.InDoubt() | news.EngineDraining() | news.EngineDrained():
                pass  # for those who watch
            case news.DoubtResolved():
                self.reservations.resolve(action.doubt)
            case news.EngineMeasured():
                engine.usage = action.usage
                self.index.touch(engine)
            case news.EngineNoted():
                self._notes.put(engine, action.source, action.texts)
            case _:
                if self.roster.accepted(engine):
                    self._learn(engine, action)

    def _learn(self, engine: EngineRecord, action: news.Content) -> None:
        """What is on an engine; nothing is believed of one that is not validated."""
        if isinstance(action, _INDEXED):
            self.index.touch(engine)
        match action:
            case news.ContainersListed():
                self._time(action.at)
                self._containers.listed(engine, action)
            case news.ContainerInspected():
                self._time(action.at)
                self._containers.inspected(engine, action)
            case news.ContainerGone():
                self.catalogue.remove(engine, action.id)
            case news.ImagesListed():
                self._lists.images(engine, action)
            case news.ImageShown():
                self._lists.image_shown(engine, action)
            case news.NetworksListed():
                self._lists.networks(engine, action)
            case news.VolumesListed():
                self._lists.volumes(engine, action)
            case news.ListFailed():
                self._lists.failed(engine, action)
            case _:
                self._time(action.at)
                self._events.seen(engine, action)

    def _time(self, at: float) -> None:
        self._latest = max(self._latest, at)

    # Engines

    def _engine_listed(self, action: news.EngineListed) -> None:
        engine = self.engines.get(action.key)
        shown = (engine.name, engine.ip) if engine else ("", "")
        known, engine = engine, self.roster.list(action)
        if known is None:
            self.index.add(engine)
        self._refresh_shown(engine, *shown)

    def _engine_unlisted(self, engine: EngineRecord) -> None:
        self.reservations.give_up(engine)
        self._empty(engine)
        self.roster.unlist(engine)
        self.index.drop(engine)

    def _engine_validated(self, engine: EngineRecord, action: news.EngineValidated) -> None:
        refusal = self.roster.refusal(engine, action.spec)
        if refusal:
            self._refuse(engine, refusal, action.now)
            return
        if engine.spec.id not in ("", action.spec.id):
            self._refuse(engine, "another engine answers here now", action.now)
        if engine.spec.clock_offset != action.spec.clock_offset:
            self.catalogue.rows.reorder()
        shown = engine.name, engine.ip
        self.roster.accept(engine, action)
        self._refresh_shown(engine, *shown)

    def _refresh_shown(self, engine: EngineRecord, old_name: str, old_ip: str) -> None:
        self.index.touch(engine)
        self._notes.put(engine, "labels", label_warnings(engine))
        if (engine.name, engine.ip) != (old_name, old_ip):
            self._containers.moved(engine, old_ip)

    def _refuse(self, engine: EngineRecord, error: str, now: float) -> None:
        self.reservations.give_up(engine)
        self._empty(engine)
        self.roster.refuse(engine, error, now)
        self.index.touch(engine)

    def _empty(self, engine: EngineRecord) -> None:
        """Forgets what is on the engine; what is being created there stays counted."""
        self.catalogue.drop_all(engine)
        self._lists.drop(engine)
        self._notes.drop(engine)
        engine.tally, engine.usage = Tally(), None
        for reservation in self.reservations.pending.values():
            if reservation.engine is engine:
                engine.tally.add(reservation.container)

    # What is under way

    def reserve(self, container: Container, replacing: str = "") -> None:
        """Counts a container that is about to be created; NameTaken if its name is not free.

        Args:
            replacing: ID of the container whose name it takes over.
        """
        self.reservations.take(container, self.engines[container.engine], replacing)

    def release(self, container_id: str) -> None:
        """The create is certainly over."""
        self.reservations.free(container_id)

    def doubt(self, container_id: str, over: Callable[[], None]) -> None:
        """The engine's answer was lost: it has made the container, may yet do so, or never will.

        Args:
            over: Called when that is certain, or will never be told: the engine is off the list.
        """
        reservation = self.reservations.pending.get(container_id)
        if reservation and self.engines.get(reservation.engine.key) is reservation.engine:
            container, engine = reservation
            self._doubt(Doubt(container_id, container.name, engine, over))
        else:
            self.release(container_id)
            over()

    def _doubt(self, doubt: Doubt) -> None:
        self.reservations.doubt(doubt)
        self.dispatch(news.InDoubt(doubt.engine.key))

    def confirm(self, pending_id: str, container: Container) -> None:
        """The create was acknowledged: the real container takes the place of the reservation.

        It is marked for asking, since the engine knows more of it than we do.
        """
        made = ClaimChange("made", pending_id, container=container, made=container.id)
        self.reservations.announce(made)
        reservation = self.reservations.free(pending_id)
        engine = self.engines.get(container.engine)
        if engine is None or (reservation is not None and reservation.engine is not engine):
            return
        kept = kept_identity(container.labels)
        if kept is not None and kept.interim_name == container.name:
            self.catalogue.interim[container.id] = engine.key, kept
            return  # ``hand_over`` is its confirmation
        at = max(self._seconds(), container.touched)
        if not self.catalogue.newer(engine, container.id, at) and not self.catalogue.foreign(
            engine, container.id
        ):
            self._containers.confirmed(engine, container, at)
            self.catalogue.mark(engine, container.id, at)
            self._announce("mark_dirty", container.id, engine.key)

    def hand_over(self, container: Container, own: str, key: str) -> None:
        """The container is gone from its engine, and goes on as ``own`` on that of ``key``."""
        old, new = self.engines[container.engine], self.engines[key]
        self.handovers.leave(container.id, container.labels, old.key)
        self._containers.handed_over(container, old, new, own, self._seconds())

    def reserve_name(self, name: str, container_id: str) -> None:
        """A rename is about to be asked for; NameTaken if another has or wants the name."""
        self.reservations.take_name(name, container_id)

    def release_name(self, name: str, container_id: str, *, granted: bool | None) -> None:
        """The rename is over; ``granted`` is None if the engine's answer was lost.

        A refusal does not tell what became of an earlier one of which that was so.
        """
        container = self.containers.get(container_id)
        engine = self.engines[container.engine] if container is not None else None
        if granted is None and engine is not None:
            self._doubt(Doubt(container_id, name, engine))
            return
        if granted or not self.reservations.doubted(name, container_id):
            self.reservations.free_name(name, container_id)
        if granted and container is not None and engine is not None:
            new = container._replace(names=renamed(container.names, name))
            self._containers.changed(engine, container, new, self._seconds())

    def begin_start(self, container_id: str, *, again: bool = False) -> None:
        """Its engine is asked to start it: what it asks for is its own from now on.

        Args:
            again: It may be running, and is ended first.
        """
        self.start_changed(container_id, AGAIN if again else BEGUN)

    def end_start(self, container_id: str, *, done: bool | None) -> None:
        """``done`` is None if its engine was lost with the answer."""
        self.start_changed(container_id, LOST if done is None else DONE if done else FAILED)

    def refuse_start(self, container_id: str, why: str) -> None:
        """Its engine was not asked."""
        self.start_changed(container_id, REFUSED, why)

    def resize(self, container_id: str, demand: Demand) -> None:
        """Its engine is asked to give it that; what it has in the end only an inspect tells."""
        container = self.containers.get(container_id)
        if container is not None:
            new = container._replace(demand=demand, detailed=False, sized=False)
            self.catalogue.put(self.engines[container.engine], new)

    def gave_up(self, name: str, within: float) -> Container | None:
        """The container that was called ``name`` until at most ``within`` seconds ago."""
        return self.catalogue.gave_up(name, self._seconds() - within)

    def last_engine(self, name: str) -> str:
        return self.catalogue.last_engine(name)

    @contextmanager
    def without(self, containers: Sequence[Container]) -> Iterator[None]:
        """As if these were gone, for a look at placement that waits for nothing."""
        there = [(self.engines[one.engine], one) for one in containers]
        for engine, container in there:
            engine.tally.leave(container)
            self.index.touch(engine)
        try:
            yield
        finally:
            for engine, container in there:
                engine.tally.stay(container)
                self.index.touch(engine)

    @contextmanager
    def imagined(self, moves: Sequence[tuple[Container, Engine]]) -> Iterator[None]:
        """As if each were on that engine; for a look at placement that waits for nothing."""
        with self.without([container for container, _ in moves]):
            for container, engine in moves:
                engine.tally.add(container)
                self.index.touch(engine)
            try:
                yield
            finally:
                for container, engine in moves:
                    engine.tally.remove(container)
                    self.index.touch(engine)

    def name_taken(self, name: str) -> bool:
        return bool(self.reservations.holder(name))
