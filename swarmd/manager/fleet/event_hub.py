"""The event hub: events of all engines as one stream, encoded once for all its listeners."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from swarmd.cluster.images.placeholders import Placeholders
from swarmd.cluster.interfaces import StateView
from swarmd.cluster.kept_ids import with_kept_ids
from swarmd.cluster.state import State
from swarmd.core.container.kept_identity import kept_identity

Listener = Callable[["FleetEvent"], None]

REMEMBERED = 1024  # events of our own; engines remember 256 of theirs each

_LEGACY = ("status", "id", "from")


@dataclass(slots=True)
class FleetEvent:
    """One event, with its node's attributes added.

    Attributes:
        record: The engine's record; ``Actor.Attributes`` has ``node.name``, ``node.id``,
            ``node.addr`` and ``node.ip`` as classic Swarm set them.
        time: Nanoseconds since the epoch, by the engine's clock.
        offset: What our clock is ahead of that one, in nanoseconds.
    """

    record: dict[str, Any]
    time: int
    offset: int = 0
    _lines: dict[bool, bytes] = field(default_factory=dict)

    def line(self, *, legacy: bool) -> bytes:
        """Encoded, with its newline; made once, however many listeners there are.

        Args:
            legacy: With the keys of old that clients before API 1.52 read.
        """
        if legacy not in self._lines:
            shown = self.record if legacy else _without(self.record, _LEGACY)
            self._lines[legacy] = orjson.dumps(shown) + b"\n"
        return self._lines[legacy]

    @property
    def moment(self) -> int:
        """When it was, by our clock, which is that of all clients."""
        return self.time + self.offset

    @property
    def identity(self) -> tuple[int, str, str]:
        """Equal for two reports of one event."""
        actor = self.record.get("Actor") or {}
        return self.time, str(actor.get("ID", "")), str(self.record.get("Action", ""))


class EventHub:
    """The hub of events: fan-out of all engines' events to all listeners.

    Gives each event to every listener, in the order of arrival.

    Attributes:
        on_own: Hears of each event of our own: its record.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self._listeners: dict[object, Listener] = {}
        self._own: deque[FleetEvent] = deque(maxlen=REMEMBERED)
        self.on_own: Callable[[dict[str, Any]], None] | None = None

    @property
    def listeners(self) -> int:
        return len(self._listeners)

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Returns what ends the subscription; ending it twice does no harm."""
        token = object()
        self._listeners[token] = listener
        return lambda: (self._listeners.pop(token, None), None)[1]

    def sees(self, event: FleetEvent) -> bool:
        """Whether listeners of this hub may know of it."""
        return True

    def publish(self, key: str, event: Mapping[str, Any]) -> None:
        if not self._listeners or is_own_affair(self._state, key, event):
            return
        self._deliver(self.describe(key, event))

    def publish_own(self, record: dict[str, Any]) -> None:
        """An event of the fleet itself, which no engine knows: remembered here."""
        self.take_in(record)
        if self.on_own is not None:
            self.on_own(record)

    def own(self) -> list[dict[str, Any]]:
        """The records of those that are remembered."""
        return [event.record for event in self._own]

    def take_in(self, record: dict[str, Any]) -> None:
        """One of another process, or of this one."""
        event = FleetEvent(record, int(record["timeNano"]))
        self._own.append(event)
        self._deliver(event)

    def past(self, since: int, until: int) -> list[FleetEvent]:
        """The fleet's own events of that time (nanoseconds), as far as they are remembered."""
        return [event for event in self._own if since <= event.moment <= until]

    def _deliver(self, event: FleetEvent) -> None:
        for listener in list(self._listeners.values()):
            listener(event)

    def describe(self, key: str, event: Mapping[str, Any]) -> FleetEvent:
        """``event`` of engine ``key`` as clients of the fleet see it."""
        engine = self._state.engines.get(key)
        record, offset = dict(event), 0
        if engine is not None:
            offset = int(engine.spec.clock_offset * 1e9)
            actor = dict(record.get("Actor") or {})
            if record.get("Type") == "container":
                _keep_id(record, actor)
            if record.get("Type") == "network":
                own = str(actor.get("ID", "")).encode()
                actor["ID"] = with_kept_ids(own, engine).decode()
            actor["Attributes"] = {
                **(actor.get("Attributes") or {}),
                "node.name": engine.name,
                "node.id": engine.spec.id,
                "node.addr": engine.address,
                "node.ip": engine.ip,
            }
            record["Actor"] = actor
            _legacy(record, actor)
        return FleetEvent(record, int(record.get("timeNano") or 0), offset)


def is_of_placeholder(placeholders: Placeholders, record: Mapping[str, Any]) -> bool:
    """Whether it is of how swarmd took a name from an image, which on one host had lost it."""
    actor = record.get("Actor") or {}
    labels = actor.get("Attributes") or {}
    return record.get("Type") == "image" and placeholders.has(str(actor.get("ID", "")), labels)


def is_of_handover(state: StateView, key: str, record: Mapping[str, Any]) -> bool:
    """Whether it tells that a container was made again elsewhere, which clients know as one."""
    actor = record.get("Actor") or {}
    attributes = actor.get("Attributes") or {}
    if record.get("Type") != "container":
        return False
    if kept := kept_identity(attributes):
        names = (attributes.get("name"), attributes.get("oldName", "").removeprefix("/"))
        if kept.interim_name in names:
            return True
    if record.get("Action") != "destroy":
        return False
    container_id = str(actor.get("ID", ""))
    here = state.containers.get(container_id)
    elsewhere = here is not None and here.engine != key
    return elsewhere or state.handovers.has_left(container_id, attributes, key)


def is_own_affair(state: StateView, key: str, record: Mapping[str, Any]) -> bool:
    """Whether it is of how swarmd does something that on one host does not happen."""
    return is_of_placeholder(state.placeholders, record) or is_of_handover(state, key, record)


def _keep_id(record: dict[str, Any], actor: dict[str, Any]) -> None:
    """Of one that is gone by now nothing but its labels tells by which ID clients knew it."""
    kept = kept_identity(actor.get("Attributes") or {})
    if kept is not None:
        actor["ID"] = kept.id
        if "id" in record:
            record["id"] = kept.id


def _without(record: Mapping[str, Any], keys: Sequence[str]) -> dict[str, Any]:
    return {key: value for key, value in record.items() if key not in keys}


def _legacy(record: dict[str, Any], actor: Mapping[str, Any]) -> None:
    """Container and image events carry their old keys too: clients before API 1.52 read them."""
    kind = record.get("Type")
    if kind not in ("container", "image"):
        return
    record.setdefault("status", record.get("Action"))
    if actor.get("ID"):
        record.setdefault("id", actor["ID"])
    if kind == "container":
        record.setdefault("from", actor["Attributes"].get("image", ""))
