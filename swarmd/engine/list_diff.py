"""The difference between two lists of containers: what is new in the later one.

A fleet of 50,000 is listed again every minute, and next to nothing in those lists is news but the
ages in their Status texts. To make values of all items and put them into the state would be most of
the CPU at rest. What is here takes too much for news rather than too little.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from swarmd.cluster.actions import ContainersListed
from swarmd.cluster.reducers.merge import shows
from swarmd.core.model import Engine

Item = Mapping[str, Any]

_AT_READING = ("State", "Status")


class ListDiff:
    """What lists have told the cluster of each container of one engine, to find what is new in one.

    Attributes:
        nothing: No whole list was told in this session.
    """

    def __init__(self) -> None:
        self.nothing = True
        self._hashes: dict[str, int] = {}  # ID -> hash of its item

    def forget(self) -> None:
        """Another session, perhaps another engine: nothing counts as told."""
        self.nothing = True
        self._hashes.clear()

    def remember(self, listed: ContainersListed, engine: Engine) -> None:
        """The cluster has it, but may have passed over what it knew better."""
        self.nothing = self.nothing and not listed.whole
        for item in listed.entries:
            known = engine.containers.get(str(item.get("Id")))
            if known is not None and known.touched <= listed.at:
                self._hashes[known.id] = _rest(item)

    def news(self, items: Sequence[Item], engine: Engine, now: float) -> list[Item]:
        """Those of a whole list that are not known already; ``now`` is on the engine's clock."""
        return [item for item in items if not self._is_known(item, engine, now)]

    def gone(self, items: Sequence[Item], engine: Engine) -> frozenset[str]:
        """IDs of those that are known, or were heard of, and are not in the list any more."""
        gone = (engine.containers.keys() | engine.dirty) - {str(item.get("Id")) for item in items}
        for container_id in gone:
            self._hashes.pop(container_id, None)
        return frozenset(gone)

    def _is_known(self, item: Item, engine: Engine, now: float) -> bool:
        known = engine.containers.get(str(item.get("Id")))
        if known is None or known.id in engine.dirty or self._hashes.get(known.id) != _rest(item):
            return False
        return shows(known, item.get("State"), str(item.get("Status") or ""), now)


def _rest(item: Item) -> int:
    """A hash of all but the state, whatever the order of keys."""
    rest = {key: item[key] for key in item if key not in _AT_READING}
    return hash(orjson.dumps(rest, option=orjson.OPT_SORT_KEYS))
