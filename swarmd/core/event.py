"""One record of an engine's event stream, judged and read once for everybody who hears of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

_DEEPEST = 8  # levels; engines' events have three


class Event(NamedTuple):
    """Attributes:
    verb, detail: "health_status" and "healthy" of ``health_status: healthy``.
    when: Seconds since the epoch on the engine's clock.
    record: All that the engine said, as decoded JSON.
    """

    kind: str
    verb: str
    detail: str
    id: str
    attributes: Mapping[str, str]
    when: float
    record: Mapping[str, Any]


def read_event(record: object) -> Event | None:
    """Also in the form of engines before API 1.22; None for what is no event."""
    if not isinstance(record, dict) or not _is_shallow(record):
        return None
    actor = record.get("Actor") or {}
    attributes = (actor.get("Attributes") or {}) if isinstance(actor, dict) else None
    if not isinstance(attributes, dict):
        return None
    kind, action = record.get("Type", "container"), record.get("Action") or record.get("status")
    actor_id = actor.get("ID") or record.get("id") or ""
    nanoseconds, seconds = record.get("timeNano") or 0, record.get("time") or 0
    if not (isinstance(nanoseconds, int) and isinstance(seconds, int)):
        return None
    for text in (kind, action, actor_id, *attributes.values()):
        if not isinstance(text, str):
            return None
    verb, _, detail = str(action).partition(": ")
    when = nanoseconds / 1e9 or float(seconds)
    return Event(kind, verb, detail, actor_id, attributes, when, record)


def _is_shallow(value: object, levels: int = _DEEPEST) -> bool:
    """What is nested deeper could be read, but not written again."""
    if isinstance(value, dict):
        return levels > 0 and _are_shallow(value.values(), levels - 1)
    return not isinstance(value, list) or (levels > 0 and _are_shallow(value, levels - 1))


def _are_shallow(values: Iterable[object], levels: int) -> bool:
    nested = [value for value in values if isinstance(value, (dict, list))]
    return not nested or all(_is_shallow(value, levels) for value in nested)
