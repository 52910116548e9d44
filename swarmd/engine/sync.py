"""Synchronisation: what is on an engine, asked for and told to the cluster."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from twisted.logger import Logger

from swarmd.cluster import actions
from swarmd.cluster.reducers.list_reducer import IMAGES, KINDS, NETWORKS, VOLUMES
from swarmd.core.errors import ApiError, EngineRefused
from swarmd.engine.client import MOST_IDS, ONE_CONTAINER, EngineClient, cause, containers_path
from swarmd.engine.list_diff import ListDiff
from swarmd.engine.tracking_context import TrackingContext

_PATHS = {IMAGES: "/images/json", NETWORKS: "/networks", VOLUMES: "/volumes"}
# Seconds for a list of volumes: an engine waits 15 for each volume driver that is gone.
DRIVERS = 40.0


class Sync:
    """Lists and inspects of one engine, as actions.

    Each question is dated with the moment at which it was *asked*: the cluster must not take an
    answer for newer than an event that came while it was under way.
    """

    _log = Logger()

    def __init__(self, key: str, client: EngineClient, context: TrackingContext) -> None:
        self._key = key
        self._client = client
        self._context = context
        self._hashes: dict[str, int] = {}  # kind -> hash of the body that was dispatched last
        self._last = ListDiff()

    def forget(self) -> None:
        """Another session, perhaps another engine: nothing counts as told."""
        self._hashes.clear()
        self._last.forget()

    async def everything(self) -> None:
        """The containers' list must succeed; the others may fail, as with a broken driver."""
        await self._all_containers()
        await self._try_lists(KINDS)

    async def changed(self) -> None:
        """Only what events and clients have changed.

        Where that is no container, one is listed: an engine may hang though it answers pings.
        """
        engine = self._context.engines.get(self._key)
        if engine is None:
            return
        if engine.dirty:
            await self.containers(engine.dirty)
        else:
            await self._client.listing(ONE_CONTAINER)
        await self._try_lists([kind for kind in KINDS if kind in engine.stale])

    async def _try_lists(self, kinds: Iterable[str]) -> None:
        for kind in kinds:
            try:
                await self.list(kind, in_line=True)
            except ApiError as error:
                self._log.warn("{key}: no list of {kind}: {e}", key=self._key, kind=kind, e=error)

    async def _all_containers(self) -> None:
        """The whole list in a new session, later what is new in it."""
        at = self._context.clock.seconds()
        body = await self._client.listing(containers_path())
        await self._context.time_slices.turn()
        items = self._client.items(body)
        now = self._context.now()
        engine = self._context.engines.get(self._key)
        if engine is None or self._last.nothing:
            self._dispatch_containers(actions.ContainersListed(self._key, items, at, now))
            return
        news = self._last.news(items, engine, now - engine.spec.clock_offset)
        about = frozenset(str(item.get("Id")) for item in news) | self._last.gone(items, engine)
        self._dispatch_containers(
            actions.ContainersListed(self._key, news, at, now, about, rest_known=True)
        )

    async def containers(self, ids: Collection[str]) -> None:
        """Lists ``ids``, or all containers if there are none or too many."""
        asked = frozenset(ids) if 0 < len(ids) <= MOST_IDS else None
        at = self._context.clock.seconds()
        items = self._client.items(await self._client.listing(containers_path(asked or ())))
        self._dispatch_containers(
            actions.ContainersListed(self._key, items, at, self._context.now(), asked)
        )

    def _dispatch_containers(self, listed: actions.ContainersListed) -> None:
        self._context.dispatch(listed)
        engine = self._context.engines.get(self._key)
        if engine is not None:
            self._last.remember(listed, engine)

    async def list(self, kind: str, *, in_line: bool = False) -> None:
        """``kind`` is "images", "networks" or "volumes"; ``in_line`` if nobody waits for it."""
        at = self._context.clock.seconds()
        limit = DRIVERS if kind == VOLUMES else 0.0
        try:
            body = await self._client.listing(_PATHS[kind], limit)
        except ApiError as error:
            self._context.dispatch(actions.ListFailed(self._key, kind, cause(error), at))
            raise
        if in_line:
            await self._context.time_slices.turn()
        engine = self._context.engines.get(self._key)
        if engine is None or (self._hashes.get(kind) == hash(body) and kind not in engine.stale):
            return
        self._context.dispatch(self._listed(kind, body, at))
        self._hashes[kind] = hash(body)

    def _listed(self, kind: str, body: bytes, at: float) -> actions.Action:
        if kind == VOLUMES:
            volumes, warnings = self._client.volumes(body)
            return actions.VolumesListed(self._key, volumes, warnings, at)
        listed = actions.ImagesListed if kind == IMAGES else actions.NetworksListed
        return listed(self._key, self._client.items(body), at)

    async def image(self, name: str) -> None:
        """One, without the list of all."""
        at = self._context.clock.seconds()
        try:
            found = await self._client.image(name)
        except EngineRefused:
            return  # the next list will tell
        self._context.dispatch(actions.ImageShown(self._key, name, found, at))

    async def inspect(self, container_id: str, *, in_line: bool = False) -> dict[str, Any] | None:
        """The inspect, told to the cluster as well; None if the engine has no such container.

        ``in_line`` if nobody waits for it.
        """
        at = self._context.clock.seconds()
        found = await self._client.container(container_id)
        if in_line:
            await self._context.time_slices.turn()
        if found is None:
            self._context.dispatch(actions.ContainerGone(self._key, container_id))
        else:
            self._context.dispatch(actions.ContainerInspected(self._key, found, at))
        return found
