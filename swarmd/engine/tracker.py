"""The tracker of one engine: found, followed, lost, found again."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from typing import Any

from twisted.application.service import Service
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import deferLater
from twisted.logger import Logger
from twisted.python.failure import Failure

from swarmd.cluster import actions
from swarmd.cluster.reducers.list_reducer import KINDS
from swarmd.core.backoff import backoff
from swarmd.core.errors import ApiError, EngineUnreachable
from swarmd.engine.client import EngineClient, cause, is_silent
from swarmd.engine.event_stream import Position
from swarmd.engine.identify import NotManageableError
from swarmd.engine.interfaces import Link
from swarmd.engine.limits import REFUSED_CEILING, START_SPREAD
from swarmd.engine.session import RefusedError, Session, SessionOverError
from swarmd.engine.sync import Sync
from swarmd.engine.task_group import SharedCalls
from swarmd.engine.tracking_context import TrackingContext


class EngineTracker(Service):
    """The tracker of one engine: one session after another, and what readers ask for in between.

    Attributes:
        link: All connections to the engine; its maker closes it, for streams outlive the tracking.
    """

    _log = Logger()

    def __init__(self, key: str, link: Link, context: TrackingContext) -> None:
        self.key = key
        self.link = link
        self._context = context
        self._position = Position()
        self._client = EngineClient(link, context.timing.call)
        self._sync = Sync(key, self._client, context)
        self._containers = SharedCalls(self._list_containers)
        self._lists = {kind: SharedCalls(partial(self._list, kind)) for kind in KINDS}
        self._work: Deferred[None] | None = None
        self._complaint = ""

    def startService(self) -> None:
        super().startService()
        self._work = Deferred.fromCoroutine(self._track())
        self._work.addErrback(self._stopped)

    def stopService(self) -> None:
        super().stopService()
        if self._work is not None:
            self._work.cancel()

    # Read your writes

    async def refresh(self, ids: Collection[str], timeout: float | None = None) -> None:
        """Lists these containers again, in one call together with what others ask for.

        Raises:
            EngineUnreachable: Also if the engine takes longer than ``timeout`` seconds.
        """
        if ids:
            await self._context.reads.turn()
            await self._within(self._containers.ask(ids), timeout)

    async def refresh_list(self, kind: str, timeout: float | None = None) -> None:
        """Lists "images", "networks" or "volumes" again; errors as of ``refresh``."""
        await self._context.reads.turn()
        await self._within(self._lists[kind].ask(()), timeout)

    async def refresh_image(self, name: str, timeout: float | None = None) -> None:
        """Asks for one image again; errors as of ``refresh``."""
        await self._within(Deferred.fromCoroutine(self._sync.image(name)), timeout)

    async def inspect(
        self, container_id: str, timeout: float | None = None
    ) -> dict[str, Any] | None:
        """An inspect of this moment, known to the cluster too; None if there is no such one."""
        asked = Deferred.fromCoroutine(self._sync.inspect(container_id))
        found: dict[str, Any] | None = await self._within(asked, timeout)
        return found

    async def _within(self, asked: Deferred[Any], timeout: float | None) -> Any:
        limit = self._context.timing.call if timeout is None else timeout
        asked.addTimeout(limit, self._context.clock, self._too_late)
        return await asked

    def _too_late(self, _result: Any, limit: float) -> Any:
        raise EngineUnreachable(self.link.node, f"no answer within {limit:g} s", silent=True)

    async def _list_containers(self, ids: frozenset[str]) -> None:
        await self._sync.containers(ids)

    async def _list(self, kind: str, _: frozenset[str]) -> None:
        await self._sync.list(kind)

    # Sessions

    async def _track(self) -> None:
        clock, timing = self._context.clock, self._context.timing
        await deferLater(clock, START_SPREAD * self._context.jitter())
        await self._context.time_slices.turn()
        attempt = 0
        while True:
            begun = clock.seconds()
            ceiling = await self._one_session()
            lasted = clock.seconds() - begun
            attempt = 1 if lasted > timing.retry_ceiling + timing.call else attempt + 1
            wait = backoff(attempt, base=timing.retry, ceiling=ceiling, jitter=self._context.jitter)
            await deferLater(clock, wait)

    async def _one_session(self) -> float:
        """Runs one to its end; returns the longest wait before the next, in seconds."""
        session = Session(self.key, self._client, self._sync, self._position, self._context)
        try:
            await session.run()
        except CancelledError:
            raise
        except SessionOverError as error:
            self._log.info("{key}: asked anew: {error}", key=self.key, error=error)
        except RefusedError as error:
            self._complain(str(error))
            return REFUSED_CEILING
        except NotManageableError as error:
            self._complain(str(error))
            self._context.dispatch(
                actions.EngineRejected(self.key, str(error), self._context.now())
            )
            return REFUSED_CEILING
        except ApiError as error:
            self._lost(cause(error), silent=is_silent(error))
        except Exception as error:  # noqa: BLE001 - an engine must not be given up for a mistake
            self._log.failure("{key}: session", key=self.key)
            self._lost(f"internal error: {error!r}", silent=False)
        return self._context.timing.retry_ceiling

    def _lost(self, error: str, *, silent: bool) -> None:
        """The fall of an engine that was well is told by those who follow nodes, each time."""
        engine = self._context.engines.get(self.key)
        if engine is not None and engine.healthy:
            self._complaint = error
        else:
            self._complain(error)
        now, limit = self._context.now(), self._context.timing.failure_retry
        failed = actions.EngineFailed(self.key, error, now, limit, fatal=True, silent=silent)
        self._context.dispatch(failed)

    def _complain(self, error: str) -> None:
        """Once: an engine that is down for a day is tried thousands of times."""
        if error != self._complaint:
            self._log.warn("{key}: {error}", key=self.key, error=error)
        self._complaint = error

    def _stopped(self, failure: Failure) -> None:
        failure.trap(CancelledError)
