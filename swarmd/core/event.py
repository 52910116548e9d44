"""One record of an engine's event stream, judged and read once for everybody who hears of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

_DEEPEST = 8  # levels; engines' events have three

_KIND = re.compile(rb'"Type":"([a-z]+)"')
_VERB = re.compile(rb'"(?:Action|status)":"([a-z_-]+)')
_ACTOR = re.compile(rb'(?:"Actor":\{"ID"|"id"):"([0-9A-Za-z_.:@/-]{1,300})"')


class Event(NamedTuple):
    """One record of an engine's event stream.

    Attributes:
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


def event_of_edges(edges: bytes) -> Event | None:
    """What is known of an event that was too long to be read; None if not whom it is about.

    Args:
        edges: Beginning and end of its text. Within a JSON text a quotation mark has a backslash
            before it, so nothing that a client has put into a command or a label looks like a key.
    """
    kind, verb = _KIND.search(edges), _VERB.search(edges)
    actor = _ACTOR.search(edges)
    if verb is None or actor is None:
        return None
    named = kind[1].decode() if kind else "container"
    return Event(named, verb[1].decode(), "", actor[1].decode(), {}, 0.0, {})


def _is_shallow(value: object, levels: int = _DEEPEST) -> bool:
    """What is nested deeper could be read, but not written again."""
    if isinstance(value, dict):
        return levels > 0 and _are_shallow(value.values(), levels - 1)
    return not isinstance(value, list) or (levels > 0 and _are_shallow(value, levels - 1))


def _are_shallow(values: Iterable[object], levels: int) -> bool:
    nested = [value for value in values if isinstance(value, (dict, list))]
    return not nested or all(_is_shallow(value, levels) for value in nested)
