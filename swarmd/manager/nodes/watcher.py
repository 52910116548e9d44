"""The node watcher: from the stream of news, when a node comes, is lost, or leaves the list."""

from __future__ import annotations

from typing import Protocol

from twisted.logger import Logger

from swarmd.cluster import actions as news
from swarmd.cluster.state import State
from swarmd.core.model import Engine


class NodeListener(Protocol):
    """A listener of nodes' news; an error of it is logged and concerns nobody else."""

    def listed(self, engine: Engine) -> None:
        """Discovery names the node; it was perhaps known before."""

    def came(self, engine: Engine) -> None:
        """It is healthy now, and all that is on it is known."""

    def lost(self, engine: Engine) -> None:
        """It was healthy and does not answer any more."""

    def left(self, key: str) -> None:
        """Discovery does not name it any more, which says nothing of its containers."""

    def on_action(self, action: news.Action) -> None:
        """Any news, once it is applied."""


class NodeWatcher:
    """The node watcher (watchdog): one for the daemon, it hears of each loss and each return."""

    _log = Logger()

    def __init__(self, state: State, watchers: tuple[NodeListener, ...]) -> None:
        self._engines = state.engines
        self._watchers = watchers
        self._up: set[str] = set()
        state.watch(self._on_action)

    def _on_action(self, action: news.Action) -> None:
        for watcher in self._watchers:
            try:
                watcher.on_action(action)
                self._pass_on(action, watcher)
            except Exception:  # noqa: BLE001 - news must reach everybody
                self._log.failure("after {action}", action=type(action).__name__)
        self._note(action)

    def _pass_on(self, action: news.Action, watcher: NodeListener) -> None:
        engine = self._engines.get(action.key)
        if engine is None:
            if isinstance(action, news.EngineUnlisted):
                watcher.left(action.key)
        elif isinstance(action, news.EngineListed):
            watcher.listed(engine)
        elif isinstance(action, news.EngineAnswered):
            if engine.healthy and action.key not in self._up:
                watcher.came(engine)
        elif action.key in self._up and not engine.healthy:
            watcher.lost(engine)

    def _note(self, action: news.Action) -> None:
        engine = self._engines.get(action.key)
        if engine is not None and engine.healthy:
            if isinstance(action, news.EngineAnswered):
                self._up.add(action.key)
        else:
            self._up.discard(action.key)
