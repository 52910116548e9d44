"""The state as a scope sees it: what is not in it does not exist.

The view has what ``StateView`` names, and nothing else: whatever is added there is missing here, an
error of the types, until somebody has said how much of it a scope may see.
"""

from __future__ import annotations

from collections.abc import Iterable

from swarmd.cluster.scoped.scoped_engine import ScopedEngine
from swarmd.cluster.scoped.scoped_indexes import (
    ScopedCatalogue,
    ScopedEngines,
    ScopedIndex,
    ScopedRoster,
)
from swarmd.cluster.scoped.sight import FilteredMapping, Sight
from swarmd.cluster.state import State
from swarmd.cluster.views.node_table import NodeTable
from swarmd.core.model import Engine


class _Execs:
    """Whose an exec is, also another's: the container is looked up in what is seen."""

    def __init__(self, state: State) -> None:
        self._execs = state.execs

    def get(self, exec_id: str) -> str | None:
        return self._execs.get(exec_id)


class ScopedState:
    """A ``StateView``: of what changes the state, it has what a request about seen things needs."""

    def __init__(self, state: State, sight: Sight) -> None:
        self._real = state
        self._sight = sight
        self._known: dict[str, tuple[Engine, Engine]] = {}
        self.containers = FilteredMapping(lambda: state.containers, sight.container)
        self.engines = ScopedEngines(state, self._seen)
        self.catalogue = ScopedCatalogue(state, sight, self.containers)
        self.roster = ScopedRoster(state, self._seen)
        self.index = ScopedIndex(state, self.engines)
        self.node_table = NodeTable()
        self.execs = _Execs(state)
        self.placeholders = state.placeholders
        self.handovers = state.handovers

    def _seen(self, engine: Engine) -> Engine:
        """One object for one engine, since engines are compared by identity."""
        known = self._known.get(engine.key)
        if known is None or known[0] is not engine:
            known = self._known[engine.key] = engine, ScopedEngine(engine, self._sight)
        return known[1]

    def add_exec(self, exec_id: str, container_id: str) -> None:
        self._real.add_exec(exec_id, container_id)

    def mark_dirty(self, container_id: str) -> None:
        self._real.mark_dirty(container_id)

    def mark_stale(self, key: str, what: str) -> None:
        self._real.mark_stale(key, what)

    def image_named(self, key: str, tag: str, image_id: str, when: float) -> None:
        self._real.image_named(key, tag, image_id, when)

    def images_changed(self, key: str, names: Iterable[str]) -> None:
        self._real.images_changed(key, names)

    def images_gone(self, key: str, names: Iterable[str]) -> None:
        self._real.images_gone(key, names)

    def reserve_name(self, name: str, container_id: str) -> None:
        self._real.reserve_name(name, container_id)

    def release_name(self, name: str, container_id: str, *, granted: bool | None) -> None:
        self._real.release_name(name, container_id, granted=granted)
