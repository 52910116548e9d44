"""The node watcher: from the stream of news, when a node comes, is lost, or leaves the list."""

from __future__ import annotations

from collections.abc import Callable
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
    """The node watcher (watchdog): one for the daemon, it hears of each loss and each return.

    Args:
        observe: Gets all news while another process does the operators' work.
    """

    _log = Logger()

    def __init__(
        self,
        state: State,
        watchers: tuple[NodeListener, ...],
        observe: Callable[[news.Action], None] = lambda action: None,
    ) -> None:
        self._engines = state.engines
        self._watchers = watchers
        self._observe = observe
        self._standing_by = False
        self._up: set[str] = set()
        state.watch(self._on_action)

    def stand_by(self) -> None:
        """Another process does the operators' work: nobody here acts."""
        self._standing_by = True

    def begin(self) -> None:
        """From now on it is done here: everybody hears how things stand."""
        self._standing_by = False
        for engine in list(self._engines.values()):
            for watcher in self._watchers:
                self._guarded(watcher.listed, engine)
            if engine.healthy:
                for watcher in self._watchers:
                    self._guarded(watcher.came, engine)
                self._up.add(engine.key)

    def _guarded(self, hear: Callable[[Engine], None], engine: Engine) -> None:
        try:
            hear(engine)
        except Exception:  # noqa: BLE001 - one's error must not keep it from the others
            self._log.failure("taking over the operators' work")

    def _on_action(self, action: news.Action) -> None:
        if self._standing_by:
            self._observe(action)
            return
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
