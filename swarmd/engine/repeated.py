"""Whether a list of containers says nothing new.

A fleet of 50,000 is listed again every minute, and next to nothing in those lists is news but the
ages in their Status texts. To make values of all items and put them into the state took 9 % of a
processor, this takes less than one. It says no too often rather than too seldom: then the list is
read like any other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from swarmd.cluster.merge import shows
from swarmd.core.model import Engine

Items = Sequence[Mapping[str, Any]]

_AT_READING = ("State", "Status")


class LastList:
    """The last whole list that was told to the cluster, as far as it can repeat itself."""

    def __init__(self) -> None:
        self._rest: int | None = None

    def forget(self) -> None:
        """The cluster has been told something else since."""
        self._rest = None

    def told(self, items: Items) -> None:
        self._rest = _rest(items)

    def says_again(self, items: Items, engine: Engine, now: float) -> bool:
        """Whether ``items`` tell what is known already; ``now`` is on the engine's clock."""
        if self._rest is None or engine.dirty or len(items) != len(engine.containers):
            return False
        return _rest(items) == self._rest and all(_is_known(item, engine, now) for item in items)


def _rest(items: Items) -> int:
    """A hash of all but the states, whatever the order of keys."""
    rest = [{key: item[key] for key in item if key not in _AT_READING} for item in items]
    return hash(orjson.dumps(rest, option=orjson.OPT_SORT_KEYS))


def _is_known(item: Mapping[str, Any], engine: Engine, now: float) -> bool:
    known = engine.containers.get(str(item.get("Id")))
    return known is not None and shows(known, item.get("State"), str(item.get("Status") or ""), now)
