"""Sees what happens to nodes: each change once, for ``docker events`` and for the log."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from swarmd.cluster import actions as news
from swarmd.core.model import Engine
from swarmd.manager.fleet.fleet import Fleet
from swarmd.manager.nodes.node_change import NodeChange, NodeIdentity

_CHANGES = (
    news.EngineValidated,
    news.EngineCordoned,
    news.EngineDraining,
    news.EngineDrained,
)


class NodeEvents:
    """A ``NodeListener``, the last of all: what is only remembered of a node is no event.

    Args:
        log: Gets each change as well.
    """

    def __init__(self, fleet: Fleet, log: Callable[[NodeChange], None]) -> None:
        self._fleet = fleet
        self._log = log
        self._known: dict[str, NodeIdentity] = {}
        self._cordoned: set[str] = set()
        self._reported: set[str] | None = None  # keys of nodes that are up, as was said

    def up(self) -> list[str]:
        """Keys of the nodes that are up, as far as was said."""
        engines = self._fleet.state.engines
        return [key for key in self._known if key in engines and engines[key].healthy]

    def go_on(self, up: Iterable[str]) -> None:
        """Another process has said that these are up; what has changed since then is said."""
        self._reported = set(up)

    def settle(self) -> None:
        """All nodes were heard of: what was up, and is not, has fallen unheard."""
        reported, self._reported = self._reported or set(), None
        for key in reported:
            engine = self._fleet.state.engines.get(key)
            if engine is not None and not engine.healthy:
                self.lost(engine)

    def listed(self, engine: Engine) -> None:
        """The list that swarmd starts with brings nobody who joins."""
        is_new = engine.key not in self._known
        self._known[engine.key] = NodeIdentity.of(engine)
        if not is_new:
            return
        if engine.cordoned:
            self._cordoned.add(engine.key)
        if self._fleet.lists > 1 and self._reported is None:
            self._publish("joined", engine)

    def came(self, engine: Engine) -> None:
        if self._reported is None or engine.key not in self._reported:
            self._publish("up", engine)

    def lost(self, engine: Engine) -> None:
        """A node that is refused has no name any more: it is told under the one it had."""
        known = self._known.get(engine.key, NodeIdentity.of(engine))
        self._emit("down", known, reason=engine.error)

    def left(self, key: str) -> None:
        self._cordoned.discard(key)
        node = self._known.pop(key, None)
        if node is not None:
            self._emit("left", node)

    def on_action(self, action: news.Action) -> None:
        """Called with all that any engine tells; most of it is none of this."""
        if not isinstance(action, _CHANGES) or action.key not in self._known:
            return
        engine = self._fleet.state.engines[action.key]
        match action:
            case news.EngineValidated():
                self._validated(engine)
            case news.EngineCordoned(cordoned=cordoned):
                self._set_cordoned(engine, cordoned)
            case news.EngineDraining():
                self._publish("drain", engine)
            case news.EngineDrained():
                self._drained(engine, action)

    def _validated(self, engine: Engine) -> None:
        before = self._known[engine.key]
        if not engine.spec.id:
            return
        self._known[engine.key] = NodeIdentity.of(engine)
        if before.id not in ("", engine.spec.id):
            self._publish("replaced", engine, was=before.id)

    def _set_cordoned(self, engine: Engine, cordoned: bool) -> None:
        if cordoned is (engine.key in self._cordoned):
            return
        (self._cordoned.add if cordoned else self._cordoned.discard)(engine.key)
        self._publish("cordon" if cordoned else "uncordon", engine)

    def _drained(self, engine: Engine, action: news.EngineDrained) -> None:
        counts = {"moved": action.moved, "stays": action.stays, "failed": action.failed}
        self._publish("drained", engine, **{key: str(value) for key, value in counts.items()})

    def _publish(self, action: str, engine: Engine, **about: str) -> None:
        self._emit(action, NodeIdentity.of(engine), **about)

    def _emit(self, action: str, node: NodeIdentity, **about: str) -> None:
        change = NodeChange(action, node, about)
        self._fleet.hub.publish_own(change.record(self._fleet.now()))
        self._log(change)
