"""What others have just made: a look-up that misses here asks before it says so."""

from __future__ import annotations

from contextlib import suppress

from twisted.internet.defer import Deferred, gatherResults

from swarmd.core.errors import ApiError
from swarmd.core.model import Engine
from swarmd.core.names import split_node
from swarmd.manager.claims.claim import CREATE, RENAME
from swarmd.manager.claims.claimant import Claimant
from swarmd.manager.claims.name_check import inspected
from swarmd.manager.fleet.fleet import Fleet

LOOK = 2.0  # seconds for an engine to say whether it has a container


class Elsewhere:
    """Containers and lists that other swarmds have changed a moment ago.

    What another is about to make is claimed before it is made, so whatever a client was told of
    stands in the store, until all have heard of it from the engine.
    """

    def __init__(self, fleet: Fleet, claimant: Claimant) -> None:
        self._fleet = fleet
        self._claimant = claimant

    async def look_for_container(self, ref: str) -> None:
        """Returns when what others have made, and this may name, is known here."""
        await self._claimant.refresh()
        name = split_node(ref.removeprefix("/"))[1]
        asked = {(engine.key, name): engine for engine in self._claimant.foreign.unseen()}
        for engine, container in self._named(name):
            asked[engine.key, container] = engine
        await gatherResults(
            [
                Deferred.fromCoroutine(inspected(self._fleet, engine, what))
                for (_, what), engine in asked.items()
            ],
            consumeErrors=True,
        )

    def _named(self, name: str) -> list[tuple[Engine, str]]:
        """Engine and reference of what claims say of that name, or of that Swarm ID."""
        found, state = [], self._fleet.state
        for one in self._claimant.foreign.standing.values():
            if one.claim.kind == CREATE and one.engine and name == one.identity:
                found.append((one.engine, one.claim.name))
            elif one.claim.kind == RENAME and one.claim.name == name:
                container = state.containers.get(one.claim.subject)
                if container is not None:
                    found.append((state.engines[container.engine], container.id))
        return found

    async def look_for_lists(self) -> None:
        """What others have made marks the lists that tell of it."""
        await self._claimant.refresh()


class OtherProcess:
    """Another process of this swarmd, while one takes the place of the other.

    It tells what it makes. Before a client hears that something is not there, engines are asked all
    the same.
    """

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet

    async def look_for_container(self, ref: str) -> None:
        """Returns when each engine has said whether it has it, or was given the time to."""
        name = split_node(ref.removeprefix("/"))[1]
        engines = self._fleet.healthy() if name else []
        asked = [Deferred.fromCoroutine(self._inspect(engine, name)) for engine in engines]
        await gatherResults(asked, consumeErrors=True)

    async def _inspect(self, engine: Engine, name: str) -> None:
        with suppress(ApiError):
            await self._fleet.tracker(engine).inspect(name, LOOK)

    async def look_for_lists(self) -> None:
        """They are read once more."""
        for engine in self._fleet.healthy():
            for kind in ("networks", "volumes"):
                self._fleet.state.mark_stale(engine.key, kind)


def look_beside(fleet: Fleet, there: bool) -> None:
    """There is another process now, or is none any more."""
    if there and fleet.elsewhere is None:
        fleet.elsewhere = OtherProcess(fleet)
    elif not there and isinstance(fleet.elsewhere, OtherProcess):
        fleet.elsewhere = None
