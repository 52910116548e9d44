"""What one create names that lives on a node: networks and volumes that nobody uses yet, images.

A network or volume draws a container to its node. Only where that node will not do, and as long as
it is nobody's, it follows the container instead; an image that no registry has is copied.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import replace

from twisted.internet.defer import Deferred, TimeoutError

from swarmd.core.container.create_request import CreateRequest
from swarmd.core.errors import ApiError, Conflict, EngineRefused
from swarmd.core.model import Engine
from swarmd.manager.containers.create_order import NotMadeError
from swarmd.manager.containers.local_resources import LocalResources, Movable
from swarmd.scheduler.placement import Pin, Placement

PATIENCE = 20.0  # seconds for an image to come to a node; many clients wait 60 for an answer


class Attachments:
    """The networks, volumes and images of one create.

    Args:
        leaves: Key of the engine that its container leaves: networks of that one are copied, and
            its volumes come up empty, which whoever moves a container has to judge.
    """

    def __init__(self, local: LocalResources, config: CreateRequest, leaves: str = "") -> None:
        self._local = local
        self._config = config
        self._leaves = leaves
        self._named: list[tuple[Movable, str]] = [
            *((local.networks, name) for name in config.networks),
            *((local.volumes, name) for name in config.volumes),
        ]

    def ways(self, wanted: Placement) -> list[Placement]:
        """``wanted``, and the same without what could be moved to wherever the container goes."""
        if not self._named:
            return [wanted]
        wanted = replace(wanted, pins=(*wanted.pins, *self._pins()))
        loose = self._left_behind(wanted)
        return [wanted] if loose == wanted else [wanted, loose]

    def _pins(self) -> Iterator[Pin]:
        """Volumes that another create is just bringing into being exist nowhere yet."""
        volumes = self._local.volumes
        for name in self._config.volumes:
            key = self._local.heading(volumes.identity(name))
            if key is not None and not volumes.exists(name):
                yield Pin(f"volume=={name}", frozenset({key}), f"volume {name} is made elsewhere")

    def _left_behind(self, wanted: Placement) -> Placement:
        kinds = (self._local.networks, wanted.networks), (self._local.volumes, wanted.volumes)
        networks, volumes = (
            tuple(name for name in names if not self._follows(kind, name)) for kind, names in kinds
        )
        return replace(wanted, networks=networks, volumes=volumes)

    def _follows(self, kind: Movable, name: str) -> bool:
        if kind.only_on(name, self._leaves):
            return True
        return bool(kind.movable(name)) and not self._local.claims(kind.identity(name))

    def uses(self) -> list[str]:
        """Identities of what could go elsewhere with another container, or is nowhere yet."""
        found = []
        for kind, name in self._named:
            identity = kind.identity(name)
            new = kind is self._local.volumes and not self._local.volumes.exists(name)
            if new or kind.movable(name) or self._local.claims(identity):
                found.append(identity)
        return found

    @asynccontextmanager
    async def on(
        self, engine: Engine, has_other: Callable[[], bool], freed: Callable[[], None]
    ) -> AsyncIterator[ExitStack]:
        """For one attempt on ``engine``: all of it is claimed, and there.

        Args:
            has_other: Whether another engine has the images already, and would do.
            freed: Called when the attempt is over, and its claims with it.

        Yields:
            What ends the claims; who takes it over (``pop_all``) ends them.

        Raises:
            NotMadeError: It could not be brought there.
        """
        with ExitStack() as claims:
            claims.callback(freed)
            if self._named:
                identities = [kind.identity(name) for kind, name in self._named]
                claims.enter_context(self._local.claimed(identities, engine))
            try:
                await self._bring(engine, has_other)
            except ApiError as error:
                raise NotMadeError(error) from None
            yield claims

    def mounted(self, engine: Engine) -> None:
        """The container is there: its volumes may hold data from now on."""
        if self._config.volumes:
            self._local.volumes.mounted(engine, self._config.volumes)

    async def _bring(self, engine: Engine, has_other: Callable[[], bool]) -> None:
        """Its client does not wait long for an image where another node has that already."""
        if any(self._local.images.sources(ref, engine) for ref in self._config.images):
            await self._bring_images(engine, PATIENCE if has_other() else None)
        if self._named:
            async with self._local.moving:
                for kind, name in self._named:
                    await self._bring_one(kind, name, engine)

    async def _bring_images(self, engine: Engine, patience: float | None) -> None:
        """They are brought all the same where this does not wait for them."""
        for ref in self._config.images:
            brought = Deferred.fromCoroutine(self._local.images.bring(ref, engine))
            if patience is not None:
                brought.addTimeout(patience, self._local.clock)
            try:
                await brought
            except TimeoutError:
                cause = f"image {ref} is still on its way there"
                raise EngineRefused(engine.name, 503, cause) from None

    async def _bring_one(self, kind: Movable, name: str, engine: Engine) -> None:
        left = kind.only_on(name, self._leaves)
        if left is not None and await kind.copy(left, engine):
            return
        found = kind.movable(name)
        if found is not None and found.engine is not engine:
            if self._local.claims(kind.identity(name)) > 1:
                raise Conflict(f"{name} is just being taken by a container on another node")
            await kind.move(found, engine)
