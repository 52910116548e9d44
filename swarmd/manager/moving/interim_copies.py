"""Containers that were made again on another node while the old ones are still there.

A move that swarmd or a node did not see the end of leaves one. Its label says whose copy it is,
and which engine has the old one: if that is there, the copy is removed; if not, it is the
container, and gets its name. As long as that engine does not answer, it is not shown.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from twisted.application.service import Service
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger
from twisted.python.failure import Failure

from swarmd.cluster import actions as news
from swarmd.core.container.kept_identity import KeptIdentity
from swarmd.core.errors import ApiError
from swarmd.core.model import Engine
from swarmd.manager.fleet.answers import accepted, read_answer
from swarmd.manager.fleet.fleet import Fleet
from swarmd.manager.fleet.retry import retry

CALL = 30.0  # seconds for one answer
# Seconds after which a copy beside its original is nobody's work: another swarmd may be at it.
ABANDONED = 120.0
_ENTIRELY = (("force", "1"), ("v", "1"))


class InterimCopies(Service):
    """The copies that are not there yet, and what becomes of those that somebody left."""

    _log = Logger()

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._met: dict[str, float] = {}  # engine's ID of a copy -> when it was met
        self._mending: Deferred[None] | None = None
        self._later: IDelayedCall | None = None
        fleet.state.watch(self._on_action)

    def stopService(self) -> None:
        super().stopService()
        if self._later is not None and self._later.active():
            self._later.cancel()
        if self._mending is not None:
            self._mending.cancel()

    # Single ones

    async def name(self, engine: Engine, own: str, kept: KeptIdentity) -> None:
        """The old one is gone: from now on it is the container. What fails is mended later."""
        try:
            rename = ("POST", "containers", own, "rename")
            await self._call(engine, *rename, query=[("name", kept.name)])
            self._fleet.state.catalogue.interim.pop(own, None)
            await self._learn(engine, own)
        except ApiError as error:
            text = "{name} has not its name on {node} yet: {error}"
            self._log.warn(text, name=kept.name, node=engine.name, error=error)
            self._mend_later()

    async def _learn(self, engine: Engine, own: str) -> None:
        at = self._fleet.clock.seconds()
        answer = await self._call(engine, "GET", "containers", own, "json")
        inspect = read_answer(engine.name, answer.body, dict)
        self._fleet.dispatch(news.ContainerInspected(engine.key, inspect, at))

    async def remove(self, own: str) -> None:
        """The old one stays. What fails is mended later."""
        key, _ = self._fleet.state.catalogue.interim.get(own) or ("", None)
        engine = self._fleet.state.engines.get(key)
        if engine is None:
            return
        try:
            path = ("DELETE", "containers", own)
            await retry(partial(self._call, engine, *path, 404, query=_ENTIRELY))
            self._fleet.dispatch(news.ContainerGone(key, own))
        except ApiError as error:
            text = "a copy of {id} is left on {node}: {error}"
            self._log.warn(text, id=own, node=engine.name, error=error)
            self._mend_later()

    async def _call(self, engine: Engine, method: str, *path: Any, **more: Any) -> Any:
        """Statuses at the end of ``path`` are as good as success."""
        parts = [one for one in path if isinstance(one, str)]
        fine = [one for one in path if not isinstance(one, str)]
        answer = await self._fleet.call(engine, method, *parts, timeout=CALL, **more)
        return accepted(engine.name, answer, *fine)

    # What was left

    def _on_action(self, action: news.Action) -> None:
        if not self._fleet.state.catalogue.interim:
            self._met.clear()
        elif isinstance(action, news.ContainersListed):
            self._mend_soon()

    def _mend_later(self) -> None:
        if self.running and not (self._later is not None and self._later.active()):
            self._later = self._fleet.clock.callLater(ABANDONED, self._mend_soon)

    def _mend_soon(self) -> None:
        if self._mending is None and self.running:
            self._mending = Deferred.fromCoroutine(self._mend())
            self._mending.addErrback(self._broke).addBoth(self._mended)

    def _broke(self, failure: Failure) -> None:
        if not failure.check(ApiError):
            self._log.failure("copies of containers", failure)

    def _mended(self, _: object) -> None:
        self._mending = None

    async def _mend(self) -> None:
        state = self._fleet.state
        for own, (key, kept) in list(state.catalogue.interim.items()):
            engine, origin = state.engines.get(key), state.roster.owner(kept.origin)
            if kept.id in state.handovers or engine is None or origin is None:
                continue
            if engine.healthy and origin.healthy:
                await self._settle(engine, own, kept, origin)

    async def _settle(self, engine: Engine, own: str, kept: KeptIdentity, origin: Engine) -> None:
        now = self._fleet.clock.seconds()
        old = await self._fleet.call(origin, "GET", "containers", kept.id, "json", timeout=CALL)
        if kept.id in self._fleet.state.handovers:
            return
        if old.status == 404:
            await self.name(engine, own, kept)
        elif old.status == 200 and now - self._met.setdefault(own, now) >= ABANDONED:
            await self.remove(own)
        else:
            self._mend_later()
