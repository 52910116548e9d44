"""What one record of an engine's event stream changes.

The order of events differs between engine versions and is not to be relied on, so an event
updates what it tells beyond doubt, and marks what it is about for asking again.
"""

from __future__ import annotations

from swarmd.cluster.actions import EventSeen
from swarmd.cluster.catalogue import Catalogue
from swarmd.cluster.engine_record import EngineRecord
from swarmd.cluster.reducers.container_reducer import ContainerReducer
from swarmd.cluster.reducers.list_reducer import IMAGES, NETWORKS, VOLUMES, ListReducer
from swarmd.cluster.reducers.merge import IGNORED, after_event
from swarmd.core.event import Event
from swarmd.core.image.image_reference import familiar_if_valid
from swarmd.core.names import PLACEHOLDER

_ID_LENGTH = 64
_QUIET_IMAGE_VERBS = frozenset({"save", "push"})
_QUIET_NETWORK_VERBS = frozenset({"connect", "disconnect"})
_QUIET_VOLUME_VERBS = frozenset({"mount", "unmount"})


class EventReducer:
    """The reducer of engines' events: applies them to the catalogue and the lists."""

    def __init__(
        self, catalogue: Catalogue, containers: ContainerReducer, lists: ListReducer
    ) -> None:
        self._catalogue = catalogue
        self._containers = containers
        self._lists = lists

    def seen(self, engine: EngineRecord, action: EventSeen) -> None:
        engine.updated = action.now
        event = action.event
        if event.kind == "container":
            self._container(engine, event, action.at)
        elif event.kind == "image" and event.verb not in _QUIET_IMAGE_VERBS:
            self._image(engine, event, action.at)
        elif event.kind == "network":
            self._network(engine, event, action.at)
        elif event.kind == "volume" and event.verb not in _QUIET_VOLUME_VERBS:
            self._lists.mark(engine, VOLUMES, action.at)

    def _container(self, engine: EngineRecord, event: Event, at: float) -> None:
        if event.verb == "prune":
            self._prune(engine, at)
        elif event.verb == "commit":
            self._lists.mark(engine, IMAGES, at)
        elif event.verb in IGNORED or self._catalogue.foreign(engine, event.id):
            return
        elif event.verb == "destroy":
            self._catalogue.remove(engine, event.id)
        elif len(event.id) == _ID_LENGTH and event.id.isalnum():
            self._change(engine, event, at)

    def _change(self, engine: EngineRecord, event: Event, at: float) -> None:
        old = engine.containers.get(event.id)
        if old is not None:
            new = after_event(old, event.verb, event.detail, event.attributes, event.when)
            self._containers.changed(engine, old, new, at)
        self._catalogue.mark(engine, event.id, at)

    def _prune(self, engine: EngineRecord, at: float) -> None:
        for container in engine.containers.values():
            if not container.running:
                self._catalogue.mark(engine, container.id, at)

    def _image(self, engine: EngineRecord, event: Event, at: float) -> None:
        """A container's item shows its image's ID once the tag is gone or another image's."""
        self._lists.mark(engine, IMAGES, at)
        name, when = event.attributes.get("name", ""), event.when + engine.spec.clock_offset
        if event.verb == "tag":
            if PLACEHOLDER not in event.attributes:
                self._lists.image_named(engine, name, event.id, when)
            self._lists.images_changed(engine, [name], at)
        elif event.verb == "create":  # untagged
            self._lists.images_changed(engine, [event.id], at)
        elif event.verb == "pull":
            self._lists.image_named(engine, familiar_if_valid(event.id), "", when)
            self._lists.images_changed(engine, [event.id], at)
        names = {event.id, name, familiar_if_valid(name)}
        for container in engine.containers.values():
            if familiar_if_valid(container.image) in names or container.image_id in names:
                self._catalogue.mark(engine, container.id, at)

    def _network(self, engine: EngineRecord, event: Event, at: float) -> None:
        if event.verb not in _QUIET_NETWORK_VERBS:
            self._lists.mark(engine, NETWORKS, at)
            return
        member = event.attributes.get("container", "")
        if member in engine.containers:
            self._catalogue.mark(engine, member, at)
