"""Duplicate names: several containers have one, and operators hear of it.

Two swarmds may give one name in the same moment, and whoever talks to an engine itself may take one
that is given. Nobody's container is stopped for that; but it must not stay unseen either.
"""

from __future__ import annotations

from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from swarmd.cluster.state import State
from swarmd.timers.periodic import Periodic

# Seconds between two looks. What a move of swarmd's own leaves for a moment is no news.
INTERVAL = 5.0
_MOST = 5  # names, and nodes of each, that one line has


class DuplicateNames(Periodic):
    """A watch for names that containers of several nodes share.

    Tells the log of each name that was shared at two looks, and ``docker info`` of all.
    """

    _log = Logger()

    def __init__(self, state: State, clock: IReactorTime) -> None:
        super().__init__(clock, INTERVAL, self._look, failed="shared names could not be looked for")
        self._state = state
        self._last: set[str] = set()
        self._reported: set[str] = set()

    def notices(self) -> list[str]:
        """One line, however many there are."""
        shared = sorted(self._shared)
        if not shared:
            return []
        named = [self._words(name) for name in shared[:_MOST]]
        return [
            f"several containers have the name {_listed(named, len(shared))}: "
            "say NODE/NAME, and rename or remove one"
        ]

    @property
    def _shared(self) -> set[str]:
        return self._state.catalogue.names.shared

    def _look(self) -> None:
        shared = set(self._shared)
        news = (shared & self._last) - self._reported
        self._reported = (self._reported & shared) | news
        self._last = shared
        for name in sorted(news)[:_MOST]:
            self._log.warn("several containers have the name {name}", name=self._words(name))

    def _words(self, name: str) -> str:
        state = self._state
        engines = (state.containers[one].engine for one in state.catalogue.names.find(name))
        nodes = sorted(state.engines[key].name for key in engines)
        return f"{name} ({_listed(nodes[:_MOST], len(nodes))})"


def _listed(shown: list[str], total: int) -> str:
    more = total - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")
