"""Reports of copies of built images: by events, and by warnings as long as one is missing.

A build's own stream ends before its copies are made, and with BuildKit carries no words of ours.
"""

from __future__ import annotations

from collections import defaultdict

from twisted.logger import Logger

from swarmd.cluster.actions import EngineNoted
from swarmd.core.model import Engine, Image
from swarmd.manager.fleet.fleet import Fleet

SOURCE = "copies"  # of an engine's warnings
COPIED, FAILED = "distribute", "distribute_failed"  # actions of an image's event
MOST = 5  # images of one node that are named in its warnings

_log = Logger()


class CopyReports:
    """Reports of copies: for each node, which built images it should have and has not."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._missing: defaultdict[str, dict[str, str]] = defaultdict(dict)  # key, ref -> why

    def copied(self, ref: str, image: Image, engine: Engine) -> None:
        if self._missing[engine.key].pop(ref, None) is not None:
            self._warn(engine)
        self._publish(engine, image, COPIED, {"name": ref})

    def failed(self, ref: str, image: Image, engine: Engine, why: str) -> None:
        _log.warn("image {ref} was not distributed: {why}", ref=ref, why=why)
        missing = self._missing[engine.key]
        missing.pop(ref, None)
        missing[ref] = why
        while len(missing) > MOST:
            del missing[next(iter(missing))]
        self._warn(engine)
        self._publish(engine, image, FAILED, {"name": ref, "error": why})

    def _warn(self, engine: Engine) -> None:
        missing = self._missing[engine.key].items()
        texts = [f"image {ref} was built, but not distributed: {why}" for ref, why in missing]
        self._fleet.dispatch(EngineNoted(engine.key, SOURCE, texts))

    def _publish(self, engine: Engine, image: Image, action: str, about: dict[str, str]) -> None:
        now = self._fleet.now()
        self._fleet.hub.publish(
            engine.key,
            {
                "Type": "image",
                "Action": action,
                "Actor": {"ID": image.id, "Attributes": about},
                "scope": "swarm",
                "time": int(now),
                "timeNano": int(now * 1e9),
            },
        )
