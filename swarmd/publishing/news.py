"""Keeps the port table up with what no container tells by itself: lost nodes, starts, stops."""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.interfaces import IReactorTime

from swarmd.cluster.actions import Action, EventSeen
from swarmd.cluster.publishing.shown_ports import ShownPorts
from swarmd.cluster.state import State

SOON = 0.05  # seconds, in which a start's events come one after the other
# Signals that a container may take as anything but the end.
_NOT_THE_END = frozenset({"1", "10", "12", "28"})
_STARTS = frozenset({"start", "restart", "unpause", "rename"})


class PortNews:
    """Hears of all news of the state.

    Args:
        settle: Has the engine of a key asked what its containers are like now.
    """

    def __init__(
        self,
        state: State,
        shown: ShownPorts,
        clock: IReactorTime,
        settle: Callable[[str], None],
    ) -> None:
        self._state = state
        self._table = shown.table
        self._clock = clock
        self._settle = settle
        self._healthy: set[str] = set()
        self._asked: set[str] = set()
        state.catalogue.ports = shown
        state.watch(self._seen)

    def _seen(self, action: Action) -> None:
        engine = self._state.engines.get(action.key)
        healthy = engine is not None and engine.healthy
        if healthy != (action.key in self._healthy):
            self._turned(action.key, healthy=healthy)
        if isinstance(action, EventSeen) and action.event.kind == "container":
            self._container(action)

    def _turned(self, key: str, *, healthy: bool) -> None:
        """What is on a lost node answers nowhere; what is on one that is back, again."""
        if healthy:
            self._healthy.add(key)
        else:
            self._healthy.discard(key)
        engine = self._state.engines.get(key)
        for container in list(engine.containers.values()) if engine is not None else ():
            self._table.put(self._state.engines[key], container)

    def _container(self, action: EventSeen) -> None:
        event = action.event
        if event.verb in _STARTS:
            self._ask_soon(action.key)
        elif event.verb == "kill" and event.attributes.get("signal") not in _NOT_THE_END:
            self._table.leave(event.id)

    def _ask_soon(self, key: str) -> None:
        if key not in self._asked:
            self._asked.add(key)
            self._clock.callLater(SOON, self._ask, key)

    def _ask(self, key: str) -> None:
        self._asked.discard(key)
        self._settle(key)
