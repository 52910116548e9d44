"""News about containers, applied: lists, inspects, removals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from swarmd.cluster.actions import ContainerInspected, ContainersListed
from swarmd.cluster.catalogue import Catalogue, touch
from swarmd.cluster.engine_record import EngineRecord
from swarmd.cluster.notes import Notes
from swarmd.cluster.reducers.merge import after_inspect, after_list
from swarmd.core import decode
from swarmd.core.container.container_state import Container
from swarmd.core.container.kept_identity import kept_identity
from swarmd.core.container.list_item import moved_entry, new_entry
from swarmd.core.decode import Json, MalformedError, Shared


class ContainerReducer:
    """The reducer of news about containers: answers of engines become what the catalogue holds."""

    def __init__(
        self,
        engines: Mapping[str, EngineRecord],
        catalogue: Catalogue,
        shared: Shared,
        notes: Notes,
    ) -> None:
        self._engines = engines
        self._catalogue = catalogue
        self._shared = shared
        self._notes = notes

    def listed(self, engine: EngineRecord, action: ContainersListed) -> None:
        """What was asked for and did not come is gone, unless it was touched meanwhile."""
        listed, broken = set(), 0
        if action.whole:
            self._catalogue.drop_interim(engine)
        for position, item in enumerate(action.entries):
            # Lists are newest first, which is all they tell of the order within a second.
            fraction = 1 - (position + 1) / (len(action.entries) + 1)
            try:
                listed.add(self._one_listed(engine, item, fraction, action))
            except MalformedError:
                broken += 1
        text = f"{broken} of its containers could not be understood"
        self._notes.put(engine, "containers", [text] if broken else [])
        if not broken:
            known = engine.containers.keys() | engine.dirty
            asked = known if action.asked is None else action.asked
            self._drop_unlisted(engine, asked - listed, action.at)

    def _one_listed(
        self, engine: EngineRecord, item: Json, fraction: float, action: ContainersListed
    ) -> str:
        now = action.now - engine.spec.clock_offset
        new = decode.listed_container(
            item,
            key=engine.key,
            node=engine.name,
            ip=engine.ip,
            now=now,
            shared=self._shared,
            fraction=fraction,
        )
        catalogue = self._catalogue
        found = self._known(engine, new, action.at)
        if found is None:
            return new.id
        new = found
        if not catalogue.foreign(engine, new.id) and not catalogue.newer(engine, new.id, action.at):
            old = catalogue.by_id.get(new.id)
            known = after_list(old, new, item.get("Status") or "", now) if old else new
            catalogue.put(engine, touch(known, action.at))
            catalogue.clean_as_of(engine, new.id, action.at)
        return new.id

    def _drop_unlisted(self, engine: EngineRecord, unlisted: Iterable[str], at: float) -> None:
        for container_id in unlisted:
            container = engine.containers.get(container_id)
            if self._catalogue.touched(engine, container_id, at):
                continue
            if container is not None:
                self._catalogue.drop(engine, container)
            else:
                self._catalogue.clean(engine, container_id)

    def inspected(self, engine: EngineRecord, action: ContainerInspected) -> None:
        catalogue = self._catalogue
        try:
            new = decode.inspected_container(action.inspect, key=engine.key, shared=self._shared)
        except MalformedError as error:
            self._notes.put(engine, "inspect", [str(error)])
            return
        found = self._known(engine, new, action.at)
        if found is None:
            return
        new = found
        if catalogue.foreign(engine, new.id) or catalogue.newer(engine, new.id, action.at):
            return
        old = catalogue.by_id.get(new.id)
        if old is None:
            catalogue.mark(engine, new.id, action.at)
            known = new._replace(entry=new_entry(new, engine.name))
        else:
            known = self._renamed(engine, old, after_inspect(old, new))
        catalogue.put(engine, touch(known, action.at))

    def _known(self, engine: EngineRecord, new: Container, at: float) -> Container | None:
        """Under the ID that clients know; None for what is not there yet, in their terms."""
        kept, catalogue = kept_identity(new.labels), self._catalogue
        if kept is None:
            self._oust(new.id)
            return new
        own = engine.ids.own(new.id)
        if new.name == kept.interim_name:
            catalogue.interim[own] = engine.key, kept
            catalogue.clean_as_of(engine, new.id, at)
            return None
        catalogue.interim.pop(own, None)
        if catalogue.foreign(engine, kept.id):
            return None  # asked again, until the old one is known to be gone
        if own != kept.id:
            engine.ids.put(own, kept.id)
        entry = new.entry.replace(own.encode(), kept.id.encode())
        return new._replace(id=kept.id, entry=entry)

    def _oust(self, container_id: str) -> None:
        """Whose ID it is goes before who keeps it: that one is shown again when it is alone."""
        known = self._catalogue.by_id.get(container_id)
        holder = self._engines.get(known.engine) if known is not None else None
        if known is not None and holder is not None and holder.ids.has(container_id):
            self._catalogue.drop(holder, known)

    def handed_over(
        self, container: Container, old: EngineRecord, new: EngineRecord, own: str, at: float
    ) -> None:
        """It is gone on ``old``, and goes on as ``own`` on ``new``."""
        self._catalogue.remove(old, container.id)
        new.ids.put(own, container.id)
        entry = moved_entry(container.entry, container.names, new.name, new.ip, old.ip)
        here = container._replace(engine=new.key, entry=entry)
        self._catalogue.put(new, touch(here, at))
        self._catalogue.mark(new, container.id, at)

    def changed(self, engine: EngineRecord, old: Container, new: Container, at: float) -> None:
        """An event told that ``old`` is ``new`` now."""
        self._catalogue.put(engine, touch(self._renamed(engine, old, new), at))

    def confirmed(self, engine: EngineRecord, container: Container, at: float) -> None:
        """An engine acknowledged a create, which its event or a list may have told already."""
        known = engine.containers.get(container.id)
        if known is None:
            entry = container.entry or new_entry(container, engine.name)
            container = container._replace(engine=engine.key, pending=False, entry=entry)
        elif known.detailed:
            container = known
        else:
            ports = known.demand.ports if known.running else container.demand.ports
            demand = container.demand._replace(ports=ports)
            container = known._replace(
                demand=demand,
                wishes=container.wishes,
                tied=container.tied,
                tty=container.tty,
                sized=True,
            )
        self._catalogue.put(engine, touch(container, at))

    def moved(self, engine: EngineRecord, old_ip: str) -> None:
        """The engine's name or address changed, which each entry shows."""
        for container in list(engine.containers.values()):
            entry = moved_entry(container.entry, container.names, engine.name, engine.ip, old_ip)
            self._catalogue.put(engine, container._replace(entry=entry))

    def _renamed(self, engine: EngineRecord, old: Container, new: Container) -> Container:
        if new.names == old.names:
            return new
        entry = moved_entry(new.entry, new.names, engine.name, engine.ip, engine.ip)
        return new._replace(entry=entry)
