"""Shutdowns of engines: which containers of a lost node ended because it was stopped.

dockerd stops its containers first, and says so as if a user had done it. Whether their last
moments still arrive is chance; so what counts is that all that ran there was told to end.
"""

from __future__ import annotations

from twisted.internet.interfaces import IReactorTime

from swarmd.cluster import actions as news
from swarmd.core.model import Engine

# Seconds before the loss is noticed; an engine gives its containers ten of them.
LATELY = 60.0
MOST = 20_000  # of one engine: it is not trusted with our memory
_ID_LENGTH = 64
_VERBS = ("kill", "start", "destroy")  # of all others nothing is kept


class Shutdowns:
    """Containers that were stopped with their engine, by the news: no user wished that."""

    def __init__(self, clock: IReactorTime) -> None:
        self._clock = clock
        self._kills: dict[str, dict[str, float]] = {}  # engine key -> container's ID -> when

    def on_action(self, action: news.Action) -> None:
        if isinstance(action, news.EngineUnlisted):
            self._kills.pop(action.key, None)
        elif isinstance(action, news.EventSeen):
            event = action.event
            if event.kind == "container" and event.verb in _VERBS:
                self._happened(action.key, event.verb, event.id)

    def _happened(self, key: str, verb: str, container_id: str) -> None:
        lately = self._lately(key)
        lately.pop(container_id, None)
        if verb == "kill" and len(lately) < MOST and len(container_id) <= _ID_LENGTH:
            lately[container_id] = self._clock.seconds()

    def _lately(self, key: str) -> dict[str, float]:
        """In the order of time, so that it costs little to forget what was long ago."""
        lately, since = self._kills.setdefault(key, {}), self._clock.seconds() - LATELY
        while lately and lately[first := next(iter(lately))] <= since:
            del lately[first]
        return lately

    def with_engine(self, engine: Engine) -> frozenset[str]:
        """IDs; none where something ran on untold, for then people stopped the others."""
        ended = frozenset(self._lately(engine.key))
        survivors = any(one.running and one.id not in ended for one in engine.containers.values())
        return frozenset() if survivors else ended
