"""Networks and volumes that live on one node each, and follow a container where nobody uses them.

From the choice of a node on, until the container is made or not, what a create names is claimed:
another create must not move it away meanwhile. Only one thing moves at a time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Protocol

from twisted.internet.defer import DeferredLock
from twisted.internet.task import deferLater

from swarmd.cluster.lookup import Found
from swarmd.core.container.create_request import CreateRequest
from swarmd.core.errors import Conflict, NotFound
from swarmd.core.model import Engine
from swarmd.manager.claims.claimant import Claimant
from swarmd.manager.claims.making import Making
from swarmd.manager.fleet.fleet import Fleet
from swarmd.manager.fleet.read_your_writes import find_anywhere, settle_lists, settle_unknown
from swarmd.manager.fleet.shield import shielded
from swarmd.manager.images.copying.supply import Supply
from swarmd.manager.interfaces import OtherSwarmds
from swarmd.manager.networks.local_networks import LocalNetworks
from swarmd.manager.volumes.local_volumes import LocalVolumes

COURTESY = 0.1  # seconds


class Movable(Protocol):
    """What a container is attached to and what lives on one node: networks, or volumes."""

    def identity(self, ref: str) -> str:
        """The same for every reference to one of them."""

    def movable(self, ref: str) -> Found[Any] | None:
        """The one that ``ref`` names, if it may follow a container."""

    def only_on(self, ref: str, key: str) -> Found[Any] | None:
        """The one that ``ref`` names, if no engine but the one of ``key`` has it."""

    async def move(self, found: Found[Any], to: Engine) -> None:
        """Raises ApiError if it stays where it was."""

    async def copy(self, found: Found[Any], to: Engine) -> bool:
        """Whether there is a second one of it on ``to`` now."""


class LocalResources:
    """All that creates may bring along to a node, and who is about to use what of it.

    Attributes:
        clock: Tells how long something has taken.
        moving: Held while a network or volume moves.
    """

    def __init__(
        self, fleet: Fleet, networks: LocalNetworks, volumes: LocalVolumes, images: Supply
    ) -> None:
        self.networks = networks
        self.volumes = volumes
        self.images = images
        self.clock = fleet.clock
        self.moving = DeferredLock()
        self._fleet = fleet
        self._claims: Counter[str] = Counter()
        self._heading: dict[str, str] = {}  # key of the engine to which a claimed thing goes
        self._making: Making | None = None  # where other swarmds have to agree

    def agree(self, claimant: Claimant) -> None:
        """From now on other swarmds have to agree to what is made or moved."""
        self._making = Making(self._fleet, claimant)
        self.networks.making = self.volumes.making = self._making

    async def settle(self, config: CreateRequest) -> None:
        """Returns when what ``config`` names is known, and where it stays.

        Compose creates independent services at the same time. A container that may go anywhere
        waits a moment before it takes a network for its node: one that may not can go first.
        """
        await self._look(config)
        yields = not _is_bound(config) and any(map(self.networks.movable, config.networks))
        if yields:
            await deferLater(self.clock, COURTESY)
        if under_way := bool(self.moving.locked):
            async with self.moving:
                pass
        if yields or under_way:
            await self._look(config)

    async def _look(self, config: CreateRequest) -> None:
        await settle_lists(self._fleet, "images", "networks", "volumes")
        await settle_unknown(self._fleet, config.images)
        if self._fleet.elsewhere is not None:
            await self._look_elsewhere(self._fleet.elsewhere, config)
        if config.networks:
            await self.networks.settle(config.networks)

    async def _look_elsewhere(self, elsewhere: OtherSwarmds, config: CreateRequest) -> None:
        """What it names may be there for a moment only, by another swarmd."""
        for _, ref in config.containers:
            with suppress(NotFound):
                await find_anywhere(self._fleet, ref)
        unknown = [name for name in config.networks if not self.networks.exists(name)]
        unknown += [name for name in config.volumes if not self.volumes.exists(name)]
        if unknown:
            await elsewhere.look_for_lists()
            await settle_lists(self._fleet, "networks", "volumes")

    # Claims

    @contextmanager
    def claimed(self, identities: Iterable[str], engine: Engine) -> Iterator[None]:
        """For the time of one attempt to create on ``engine``."""
        claims = list(identities)
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

    def claims(self, identity: str) -> int:
        """How many attempts under way are about to use it."""
        return self._claims[identity]

    def heading(self, identity: str) -> str | None:
        """The key of the engine to which it goes, if it is claimed."""
        return self._heading.get(identity)

    # Networks of containers that are there

    async def follow(self, network: str, engine: Engine) -> bool:
        """Moves a network that is nobody's to a container's engine; whether it did.

        Once begun, that goes on to its end: half a move leaves two.
        """
        return await shielded(self._follow(network, engine))

    async def _follow(self, network: str, engine: Engine) -> bool:
        async with self.moving:
            await self.networks.settle([network])
            found = self.networks.movable(network)
            taken = self.claims(self.networks.identity(network))
            if found is None or taken or found.engine.key == engine.key:
                return False
            if self._making is None:
                await self.networks.move(found, engine)
                return True
            return await self._follow_agreed(self._making, network, engine)

    async def _follow_agreed(self, making: Making, network: str, engine: Engine) -> bool:
        """Other swarmds hear of it first: it must be nobody's still when all have."""
        identity = self.networks.identity(network)
        held = await making.claimed_move(identity, engine)
        if held is None:
            await settle_lists(self._fleet, "networks")
            held = await making.claimed_move(identity, engine)
        found = self.networks.movable(network)
        if held is None or found is None:
            raise Conflict(f"another swarmd is just moving network {network}: try again")
        async with making.ending(held):
            if found.engine.key != engine.key:
                await self.networks.move(found, engine)
        return True

    async def tidy(self, engine: Engine) -> None:
        """Drops the copies of networks that moves have left there, and that nobody uses."""
        async with self.moving:
            await self.networks.drop_unused(engine, kept=+self._claims)


def _is_bound(config: CreateRequest) -> bool:
    """Whether it says itself on which nodes it can be."""
    return bool(config.constraints or config.affinities or config.whitelists or config.containers)
