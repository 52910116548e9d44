"""What a container needs on its node: networks and volumes that nobody uses yet, and its image.

A network or volume lives on one node and draws containers there. Only where that node will not do,
and as long as it is nobody's, it follows the container instead; an image that no registry has is
copied. From the choice of a node on, until the container is made or not, what it names is claimed:
another create must not move it away meanwhile.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from twisted.internet.defer import Deferred, DeferredLock, TimeoutError
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater

from swarmd.core.container.create_request import CreateRequest
from swarmd.core.errors import Conflict, EngineRefused
from swarmd.core.model import Engine
from swarmd.manager.fleet.shield import shielded
from swarmd.manager.images.copying.supply import Supply
from swarmd.manager.networks.local_networks import LocalNetworks
from swarmd.manager.volumes.local_volumes import LocalVolumes
from swarmd.scheduler.placement import Pin, Placement

COURTESY = 0.1  # seconds


class Attachments:
    """The networks, volumes and images that a create names."""

    def __init__(
        self, networks: LocalNetworks, volumes: LocalVolumes, images: Supply, clock: IReactorTime
    ) -> None:
        self._networks = networks
        self._volumes = volumes
        self._images = images
        self._clock = clock
        self._claims: Counter[str] = Counter()
        self._heading: dict[str, str] = {}  # key of the engine to which a claimed thing goes
        self._moving = DeferredLock()

    async def settle(self, config: CreateRequest) -> None:
        await self._networks.settle(config.networks)

    async def waited(self, config: CreateRequest) -> bool:
        """Returns when nothing is on its way, so that every look finds things where they stay.

        Whether that took time, in which things may have changed.

        Compose creates independent services at the same time. A container that may go anywhere
        waits a moment before it takes a network for its node: one that may not can go first.
        """
        yields = not _is_bound(config) and any(map(self._networks.movable, config.networks))
        if yields:
            await deferLater(self._clock, COURTESY)
        if under_way := bool(self._moving.locked):
            await self._moving.run(lambda: None)
        return yields or under_way

    def left_behind(self, wanted: Placement, leaves: str = "") -> Placement:
        """``wanted`` without what could be moved to wherever the container goes.

        Args:
            leaves: Key of the engine that it leaves: networks of that one are copied, and its
                volumes come up empty, which whoever moves a container has to judge.
        """
        networks = (
            name
            for name in wanted.networks
            if not self._networks.only_on(name, leaves)
            and (self._claims[self._networks.identity(name)] or not self._networks.movable(name))
        )
        volumes = (
            name
            for name in wanted.volumes
            if not self._volumes.only_on(name, leaves)
            and (self._claims[self._volumes.identity(name)] or not self._volumes.movable(name))
        )
        return replace(wanted, networks=tuple(networks), volumes=tuple(volumes))

    def pins(self, config: CreateRequest) -> Iterator[Pin]:
        """Volumes that another create is just bringing into being exist nowhere yet."""
        for name in config.volumes:
            key = self._heading.get(self._volumes.identity(name))
            if key is not None and not self._volumes.exists(name):
                yield Pin(f"volume=={name}", frozenset({key}), f"volume {name} is made elsewhere")

    @contextmanager
    def claimed(self, config: CreateRequest, engine: Engine) -> Iterator[None]:
        """For the time of one attempt to create on ``engine``."""
        claims = [
            *map(self._networks.identity, config.networks),
            *map(self._volumes.identity, config.volumes),
        ]
        self._claims.update(claims)
        self._heading.update(dict.fromkeys(claims, engine.key))
        try:
            yield
        finally:
            self._claims.subtract(claims)
            for claim in claims:
                if not self._claims[claim]:
                    self._heading.pop(claim, None)
            self._claims += Counter()  # drops what is at zero

    def lacks(self, config: CreateRequest, engine: Engine) -> bool:
        """Whether an image of it must be brought to ``engine``."""
        return any(self._images.sources(ref, engine) for ref in config.images)

    async def bring(
        self, config: CreateRequest, engine: Engine, leaves: str = "", patience: float | None = None
    ) -> None:
        """Moves or copies what is elsewhere to ``engine``, before the create is sent there.

        Args:
            patience: Seconds for which images are waited for; they are brought all the same.
        """
        await self._bring_images(config, engine, patience)
        if config.networks or config.volumes:
            await self._moving.acquire()
            try:
                await self._bring_networks(config, engine, leaves)
                await self._bring_volumes(config, engine)
            finally:
                self._moving.release()

    async def _bring_images(
        self, config: CreateRequest, engine: Engine, patience: float | None
    ) -> None:
        for ref in config.images:
            brought = Deferred.fromCoroutine(self._images.bring(ref, engine))
            if patience is not None:
                brought.addTimeout(patience, self._clock)
            try:
                await brought
            except TimeoutError:
                cause = f"image {ref} is still on its way there"
                raise EngineRefused(engine.name, 503, cause) from None

    async def _bring_networks(self, config: CreateRequest, engine: Engine, leaves: str) -> None:
        for name in config.networks:
            copied = self._networks.only_on(name, leaves)
            network = self._networks.movable(name)
            if copied is not None:
                await self._networks.copy(copied, engine)
            elif network is not None and network.engine is not engine:
                self._check_alone(self._networks.identity(name), name)
                await self._networks.move(network, engine)

    async def _bring_volumes(self, config: CreateRequest, engine: Engine) -> None:
        for name in config.volumes:
            volume = self._volumes.movable(name)
            if volume is not None and volume.engine is not engine:
                self._check_alone(self._volumes.identity(name), name)
                await self._volumes.move(volume, engine)

    async def follow(self, network: str, engine: Engine) -> bool:
        """Moves a network that is nobody's to a container's engine; whether it did.

        Once begun, that goes on to its end: half a move leaves two.
        """
        return await shielded(self._follow(network, engine))

    async def _follow(self, network: str, engine: Engine) -> bool:
        await self._moving.acquire()
        try:
            await self._networks.settle([network])
            found = self._networks.movable(network)
            taken = self._claims[self._networks.identity(network)]
            if found is None or taken or found.engine.key == engine.key:
                return False
            await self._networks.move(found, engine)
            return True
        finally:
            self._moving.release()

    async def tidy(self, engine: Engine) -> None:
        """Drops the copies of networks that moves have left there, and that nobody uses."""
        await self._moving.acquire()
        try:
            await self._networks.drop_unused(engine, kept=+self._claims)
        finally:
            self._moving.release()

    def _check_alone(self, claim: str, name: str) -> None:
        if self._claims[claim] > 1:
            raise Conflict(f"{name} is just being taken by a container on another node")

    def unpacked(self, config: CreateRequest, engine: Engine) -> None:
        """The container is there: its volumes may hold data from now on."""
        self._volumes.mounted(engine, config.volumes)


def _is_bound(config: CreateRequest) -> bool:
    """Whether it says itself on which nodes it can be."""
    return bool(config.constraints or config.affinities or config.whitelists or config.containers)
