"""What a start needs on its node: an engine judges ports then, and swarmd what engines do not keep.

Two running containers never have the same memory, CPUs or devices. A container that was created on
a node that was full, or that was stopped while others came, starts when there is room.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from twisted.logger import Logger

from swarmd.cluster.publishing.port_table import TakenPort
from swarmd.cluster.state import State
from swarmd.core.container.container_state import Container, Demand
from swarmd.core.container.resources import ONE_CPU, resized
from swarmd.core.errors import ApiError
from swarmd.core.model import Engine
from swarmd.manager.claims.renames import Renames
from swarmd.manager.fleet.fleet import Fleet
from swarmd.manager.fleet.placer import Placer
from swarmd.manager.fleet.read_your_writes import settle_containers, settle_details, unsettled
from swarmd.scheduler.filters.resources import HEADLINE
from swarmd.scheduler.room import holders

_MOST = 3  # holders that are named
_LIMIT = 10.0  # seconds to clean up after a refusal
_ENTIRELY = (("v", "1"), ("force", "1"))


class NoRoom(ApiError):
    """Status 409: the node of a container has not what its start asks for.

    Attributes:
        in_short: Without who has it, which not everybody may know.
    """

    def __init__(
        self, container: Container, engine: Engine, lacks: str, advice: str, by: str = ""
    ) -> None:
        lines = [f"{HEADLINE} {container.name}", f"{engine.name}: {lacks}{by}", advice]
        super().__init__("\n".join(filter(None, lines)))
        self.in_short = f"{lines[0]}: {engine.name}: {lacks}"


class NoPort(ApiError):
    """Status 500, in an engine's words: another has the port at swarmd's address.

    Attributes:
        in_short: Without who has it, which not everybody may know.
    """

    def __init__(self, container: Container, taken: TakenPort, address: str, by: str) -> None:
        at = f"[{address}]" if ":" in address else address
        first = taken.port.number
        why = f"Bind for {at}:{first} failed: port is already allocated"
        if taken.last:
            why = f"all ports are allocated: {first}-{taken.last} of {at}"
        self.in_short = (
            "driver failed programming external connectivity on endpoint "
            f"{container.name} ({container.id}): {why}"
        )
        super().__init__(f"{self.in_short}{f', {first}' if taken.last else ''}{by}")


Admit = Callable[[Container], None]


def admit_all(container: Container) -> None:
    """Nobody has set a quota."""


class Starter:
    """The starter of containers; each start is begun, and ended with what became of it.

    Attributes:
        renames: Of containers, where other swarmds have to agree; None if there are none.
    """

    _log = Logger()

    def __init__(self, fleet: Fleet, placer: Placer) -> None:
        self.renames: Renames | None = None
        self._fleet = fleet
        self._placer = placer

    def begin(self, container_id: str, *, again: bool = False, admit: Admit = admit_all) -> bool:
        """Whether there is room, as far as is known; then it is the container's.

        Args:
            again: It may be running, and is ended first.
            admit: Raises ApiError if it may not start now, whatever room there is.
        """
        state = self._fleet.state
        container = state.containers.get(container_id)
        if container is None:
            return True
        if not container.up and (not container.sized or self._is_uncertain(container)):
            return False
        if self._taken(container) is not None:
            return False
        admit(container)
        state.begin_start(container_id, again=again and container.up)
        return True

    def _is_uncertain(self, container: Container) -> bool:
        """What has just ended may be between two starts of its engine's, and need all again."""
        demand, engine = container.demand, self._fleet.engine(container)
        if not (demand.cpus or demand.memory or demand.devices):
            return False
        ended = (engine.containers.get(one) for one in engine.dirty if one != container.id)
        may_return = any(one is not None and one.state == "exited" for one in ended)
        return may_return or bool(self._lacking(container))

    async def begin_later(
        self,
        container_id: str,
        *,
        again: bool = False,
        admit: Admit = admit_all,
        seen: Collection[str] | None = None,
    ) -> None:
        """As ``begin``, when what is known has been asked for again.

        Args:
            seen: The containers that may be named to the client; None for all.

        Raises:
            NoRoom: There is none.
        """
        await self._settle(container_id)
        state = self._fleet.state
        container = state.containers.get(container_id)
        if container is None:
            return
        if not container.up and (lacks := self._lacking(container)):
            engine = self._fleet.engine(container)
            advice = self._placer.advice(container.demand, lacks)
            refusal = NoRoom(container, engine, lacks, advice, _named(engine, container, seen))
            state.refuse_start(container_id, refusal.in_short)
            await self._refused(container, engine)
            raise refusal
        await self._check_ports(container, seen)
        admit(container)
        state.begin_start(container_id, again=again and container.up)

    def _taken(self, container: Container) -> TakenPort | None:
        """The port at swarmd's address that it cannot have, if swarmd publishes ports."""
        ports = self._fleet.state.catalogue.ports
        if ports is None or container.up:
            return None
        return ports.table.refusal(self._fleet.engine(container), container)

    async def _check_ports(self, container: Container, seen: Collection[str] | None) -> None:
        """Who has the port may have ended a moment ago."""
        if self._taken(container) is None:
            return
        await settle_containers(self._fleet, unsettled(self._fleet))
        taken = self._taken(container)
        if taken is not None:
            state, ports = self._fleet.state, self._fleet.state.catalogue.ports
            assert ports is not None
            refusal = NoPort(
                container, taken, ports.table.addresses[0], _holder(state, taken, seen)
            )
            state.refuse_start(container.id, refusal.in_short)
            await self._refused(container, self._fleet.engine(container))
            raise refusal

    def end(self, container_id: str, *, done: bool | None) -> None:
        """``done`` is None if the answer was lost."""
        self._fleet.state.end_start(container_id, done=done)

    async def resize(
        self, container_id: str, update: Mapping[str, Any], seen: Collection[str] | None = None
    ) -> None:
        """Before a ``docker update``: a container that runs may grow only where there is room.

        Raises:
            NoRoom: There is none.
        """
        await self._settle(container_id)
        container = self._fleet.state.containers.get(container_id)
        if container is None:
            return
        engine = self._fleet.engine(container)
        inspect: Any = await self._fleet.tracker(engine).inspect(container_id) or {}
        try:
            config, host = inspect.get("Config") or {}, inspect.get("HostConfig") or {}
            demand = resized(container.demand, config, host, update)
            beyond = (update.get("NanoCpus") or 0) > engine.spec.cpus * ONE_CPU
        except (TypeError, ValueError):
            return  # the engine says what is wrong with it
        if beyond:
            return  # the engine says how many it has
        lacks = self._lacking(container, demand) if container.up else ""
        if lacks:
            wish = container._replace(demand=demand)
            advice = self._placer.advice(demand, lacks)
            raise NoRoom(container, engine, lacks, advice, _named(engine, wish, seen))
        self._fleet.state.resize(container_id, demand)

    def _lacking(self, container: Container, demand: Demand | None = None) -> str:
        engine = self._fleet.engine(container)
        return self._placer.lacking(container, demand or container.demand, engine)

    async def _settle(self, container_id: str) -> None:
        container = self._fleet.state.containers.get(container_id)
        if container is None:
            return
        engine = self._fleet.engine(container)
        await settle_containers(self._fleet, [engine] if engine.dirty else [])
        if not container.sized:
            await settle_details(self._fleet, [container])

    async def _refused(self, container: Container, engine: Engine) -> None:
        """As after any failed start, one that removes itself goes; clients wait for that."""
        try:
            found: dict[str, Any] = await self._fleet.tracker(engine).inspect(container.id) or {}
            if (found.get("HostConfig") or {}).get("AutoRemove"):
                await self._fleet.call(
                    engine, "DELETE", "containers", container.id,
                    query=_ENTIRELY, timeout=_LIMIT,
                )  # fmt: skip
                self._fleet.forget(container.id)
        except ApiError as error:
            self._log.warn("after its refused start {id}: {error}", id=container.id, error=error)


def _holder(state: State, taken: TakenPort, seen: Collection[str] | None) -> str:
    """Who has it, as far as the client may know."""
    holder = state.containers.get(taken.holder)
    if holder is None:
        return f": {taken.reason}" if taken.reason else ""
    if seen is not None and holder.id not in seen:
        return ""
    return f" by container {holder.name} on node {state.engines[holder.engine].name}"


def _named(engine: Engine, container: Container, seen: Collection[str] | None) -> str:
    """Who has it, as far as the client may know."""
    names = [one.name for one in holders(engine, container) if seen is None or one.id in seen]
    more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
    return f" (resources); in use by {', '.join(names[:_MOST])}{more}" if names else " (resources)"
