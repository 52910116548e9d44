"""What a client of ``/events`` asks for: a window of time and Docker's filters. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from swarmd.core.errors import BadParameter
from swarmd.core.image.image_reference import familiar_repository
from swarmd.core.request.filter_arguments import read_filters

NANOS = 10**9
_TIME = re.compile(r"(-?\d{1,12})(?:\.(\d{1,9}))?\Z")
# Actions that carry a detail behind a colon; asked for without it, they match by their beginning.
_WITH_DETAIL = {"health_status", "exec_create", "exec_start"}
# Filters that take an ID or a name, whole or its beginning, of the actor.
_NAMED = ("container", "network", "volume", "plugin", "daemon", "service", "secret", "config")

Filters = Mapping[str, frozenset[str]]


def parse_time(text: str) -> int | None:
    """Nanoseconds of ``SECONDS[.NANOS]``; None for ""; engines accept no other form either."""
    if not text:
        return None
    found = _TIME.match(text)
    if found is None:
        raise BadParameter(f'strconv.ParseInt: parsing "{text}": invalid syntax')
    if text == "-1":
        return None  # as engines have it for a time that is not given
    return int(found[1]) * NANOS + int((found[2] or "").ljust(9, "0"))


@dataclass(frozen=True, slots=True)
class EventQuery:
    """The query of ``GET /events``.

    Attributes:
        since, until: Nanoseconds since the epoch, or None.
        sizes: Of the values of each filter, so that a beginning is looked up, not tried.
    """

    since: int | None
    until: int | None
    filters: Filters
    sizes: Mapping[str, frozenset[int]]

    @classmethod
    def of(cls, arg: Callable[[str], str]) -> EventQuery:
        since, until = parse_time(arg("since")), parse_time(arg("until"))
        if since is not None and until is not None and since > until:
            raise BadParameter(
                f"`since` time ({arg('since')}) cannot be after `until` time ({arg('until')})"
            )
        given = read_filters(arg("filters"))
        filters = {key: frozenset(values) for key, values in given.items()}
        sizes = {key: frozenset(map(len, values)) for key, values in filters.items()}
        return cls(since, until, filters, sizes)

    def in_window(self, time: int) -> bool:
        return (self.since is None or time >= self.since) and (
            self.until is None or time <= self.until
        )

    def accepts(self, record: Mapping[str, Any]) -> bool:
        """Whether the filters let it through; keys that nobody knows are ignored, as by engines."""
        actor = record.get("Actor") or {}
        attributes: Mapping[str, str] = actor.get("Attributes") or {}
        actor_id = str(actor.get("ID", ""))
        named = (actor_id, attributes.get("name", ""))
        return (
            self._exact("type", [str(record.get("Type", ""))])
            and self._exact("scope", [str(record.get("scope") or "local")])
            and self._action(str(record.get("Action", "")))
            and all(self._begins(kind, named) for kind in _NAMED)
            and self._begins(
                "node", (attributes.get("node.name", ""), attributes.get("node.id", ""))
            )
            and self._exact("image", _image_names(record, actor_id, attributes))
            and all(_has_label(attributes, label) for label in self.filters.get("label", ()))
        )

    def _exact(self, key: str, texts: Iterable[str]) -> bool:
        wanted = self.filters.get(key)
        return not wanted or not wanted.isdisjoint(texts)

    def _begins(self, key: str, texts: Iterable[str]) -> bool:
        wanted = self.filters.get(key)
        if not wanted:
            return True
        sizes = self.sizes[key]
        return any(text[:size] in wanted for text in texts for size in sizes)

    def _action(self, action: str) -> bool:
        wanted = self.filters.get("event", frozenset())
        if wanted & _WITH_DETAIL:
            return action.startswith(tuple(wanted))
        return not wanted or action in wanted


def _image_names(
    record: Mapping[str, Any], actor_id: str, attributes: Mapping[str, str]
) -> list[str]:
    name = attributes.get("name" if record.get("Type") == "image" else "image", "")
    return [actor_id, name, familiar_repository(actor_id), familiar_repository(name)]


def _has_label(attributes: Mapping[str, str], label: str) -> bool:
    key, equals, value = label.partition("=")
    return key in attributes and (not equals or attributes[key] == value)
