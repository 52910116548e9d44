"""What one record of an engine's event stream changes.

The order of events differs between engine versions and is not to be relied on, so an event
updates what it tells beyond doubt, and marks what it is about for asking again.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import NoneType
from typing import Any, NamedTuple

from swarmd.cluster.actions import EventSeen
from swarmd.cluster.catalogue import Catalogue
from swarmd.cluster.containers import Containers
from swarmd.cluster.lists import IMAGES, NETWORKS, VOLUMES, Lists
from swarmd.cluster.merge import IGNORED, after_event
from swarmd.core.model import Engine

_ID_LENGTH = 64
_QUIET_IMAGE_VERBS = frozenset({"save", "push"})
_QUIET_NETWORK_VERBS = frozenset({"connect", "disconnect"})
_QUIET_VOLUME_VERBS = frozenset({"mount", "unmount"})


class Event(NamedTuple):
    """Attributes:
    verb, detail: "health_status" and "healthy" of ``health_status: healthy``.
    when: Seconds since the epoch on the engine's clock.
    """

    kind: str
    verb: str
    detail: str
    id: str
    attributes: Mapping[str, str]
    when: float


_DEEPEST = 8  # levels; engines' events have three


def is_event(record: object) -> bool:
    """Whether it has the form of one, so that nobody who hears of it needs to check again."""
    if not isinstance(record, dict) or not _is_shallow(record):
        return False
    actor = record.get("Actor")
    if not isinstance(actor, (dict, NoneType)):
        return False
    attributes = (actor or {}).get("Attributes")
    if not isinstance(attributes, (dict, NoneType)):
        return False
    texts = (*(attributes or {}).values(), record.get("Type", ""), (actor or {}).get("ID", ""))
    return all(isinstance(text, str) for text in texts) and read_event(record) is not None


def _is_shallow(value: object, levels: int = _DEEPEST) -> bool:
    """What is nested deeper could be read, but not written again."""
    if isinstance(value, dict):
        return levels > 0 and all(_is_shallow(item, levels - 1) for item in value.values())
    if isinstance(value, list):
        return levels > 0 and all(_is_shallow(item, levels - 1) for item in value)
    return True


def read_event(record: Mapping[str, Any]) -> Event | None:
    """Also in the form of engines before API 1.22; None for what is no event."""
    actor = record.get("Actor") or {}
    attributes = (actor.get("Attributes") or {}) if isinstance(actor, dict) else None
    if not isinstance(attributes, dict):
        return None
    kind, action = record.get("Type", "container"), record.get("Action") or record.get("status")
    actor_id = actor.get("ID") or record.get("id") or ""
    nanoseconds, seconds = record.get("timeNano") or 0, record.get("time") or 0
    numbers = isinstance(nanoseconds, int) and isinstance(seconds, int)
    if not (isinstance(action, str) and isinstance(actor_id, str) and numbers):
        return None
    verb, _, detail = action.partition(": ")
    texts = {key: value for key, value in attributes.items() if isinstance(value, str)}
    return Event(kind, verb, detail, actor_id, texts, nanoseconds / 1e9 or float(seconds))


class Events:
    """Applies events to the catalogue and the lists."""

    def __init__(self, catalogue: Catalogue, containers: Containers, lists: Lists) -> None:
        self._catalogue = catalogue
        self._containers = containers
        self._lists = lists

    def seen(self, engine: Engine, action: EventSeen) -> None:
        engine.updated = action.now
        event = read_event(action.event)
        if event is None:
            return
        if event.kind == "container":
            self._container(engine, event, action.at)
        elif event.kind == "image" and event.verb not in _QUIET_IMAGE_VERBS:
            self._image(engine, event, action.at)
        elif event.kind == "network":
            self._network(engine, event, action.at)
        elif event.kind == "volume" and event.verb not in _QUIET_VOLUME_VERBS:
            self._lists.mark(engine, VOLUMES, action.at)

    def _container(self, engine: Engine, event: Event, at: float) -> None:
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

    def _change(self, engine: Engine, event: Event, at: float) -> None:
        old = engine.containers.get(event.id)
        if old is not None:
            new = after_event(old, event.verb, event.detail, event.attributes, event.when)
            self._containers.changed(engine, old, new, at)
        self._catalogue.mark(engine, event.id, at)

    def _prune(self, engine: Engine, at: float) -> None:
        for container in engine.containers.values():
            if not container.running:
                self._catalogue.mark(engine, container.id, at)

    def _image(self, engine: Engine, event: Event, at: float) -> None:
        """A container's item shows its image's ID once the tag is gone or another image's."""
        self._lists.mark(engine, IMAGES, at)
        names = {event.id, event.attributes.get("name")}
        for container in engine.containers.values():
            if container.image in names or container.image_id in names:
                self._catalogue.mark(engine, container.id, at)

    def _network(self, engine: Engine, event: Event, at: float) -> None:
        if event.verb not in _QUIET_NETWORK_VERBS:
            self._lists.mark(engine, NETWORKS, at)
            return
        member = event.attributes.get("container", "")
        if member in engine.containers:
            self._catalogue.mark(engine, member, at)
