"""The port table: which published port of which container answers where, for clients of swarmd.

A port that was asked for by number is that port, and only one container's, unless all who publish
it want to be balanced. Others get one of swarmd's own range, found from the container's ID: so it
is the same after a restart of swarmd, which keeps nothing. Nobody loses a port to who comes later.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import NamedTuple, Protocol

from swarmd.cluster.publishing.claims import (
    ClaimKey,
    PortClaim,
    asked_claims,
    claims,
    is_balanced,
    proxy_protocol,
)
from swarmd.cluster.publishing.frontend import Backend, Frontend, Port
from swarmd.core.container.container_state import Container
from swarmd.core.model import Engine

TRIES = 4_096  # ports of the own range that are looked at for one container


class Doors(Protocol):
    """Who listens at swarmd's own addresses."""

    def open(self, frontend: Frontend) -> str:
        """Listens there; says why that cannot be, "" if it can."""

    def close(self, frontend: Frontend) -> None: ...


class TakenPort(NamedTuple):
    """A port that a container cannot have.

    Attributes:
        holder: ID of the container that has it; "" if that is none of ours.
        reason: Why it cannot be listened on then.
        last: Of the range that was asked for, of which it can have none; 0 if it was one port.
    """

    port: Port
    holder: str
    reason: str = ""
    last: int = 0


class Unmet(NamedTuple):
    """A container of which a port is not published, since somebody else has that."""

    engine: Engine
    container: Container
    taken: TakenPort


class PortTable:
    """All frontends, kept up with the containers.

    Attributes:
        addresses: Of swarmd, as clients are shown them.
        frontends: By port.
        unmet: By ID, containers with a port that another has.

    Args:
        first: Of the range for ports that nobody asked for by number, to ``last``.
    """

    def __init__(self, addresses: tuple[str, ...], first: int, last: int, doors: Doors) -> None:
        self.addresses = addresses
        self.frontends: dict[Port, Frontend] = {}
        self.unmet: dict[str, Unmet] = {}
        self._range = first, last
        self._doors = doors
        self._held: dict[str, dict[ClaimKey, Port]] = {}

    # Changes

    def put(self, engine: Engine, container: Container) -> None:
        """It is so from now on."""
        wanted = {claim.key: claim for claim in claims(engine, container)}
        if not wanted and container.id not in self._held and container.id not in self.unmet:
            return
        held = self._held.setdefault(container.id, {})
        self.unmet.pop(container.id, None)
        freed = [held.pop(key) for key in [key for key in held if key not in wanted]]
        self._free(container.id, freed)
        for key, claim in wanted.items():
            if self._has_moved(held.get(key), claim):
                self._free(container.id, [moved := held.pop(key)])
                freed.append(moved)
            port = held.get(key) or self._assign(engine, container, key, claim.public)
            if port is not None:
                held[key] = port
                self._lead(self.frontends[port], claim, container)
        if not held:
            del self._held[container.id]
        self._retry(freed)

    def drop(self, container_id: str) -> None:
        """It is gone, or nobody knows how it is."""
        self.unmet.pop(container_id, None)
        freed = list(self._held.pop(container_id, {}).values())
        self._free(container_id, freed)
        self._retry(freed)

    def leave(self, container_id: str) -> None:
        """It was told to stop: who has the choice connects elsewhere."""
        for backend in self._backends(container_id):
            backend.leaving = True

    def _has_moved(self, port: Port | None, claim: PortClaim) -> bool:
        """Whether its engine has chosen another of the range than was kept for it until then."""
        if port is None or claim.key.first == claim.key.last or not claim.public:
            return False
        kept = self.frontends[port].backends[claim.key]
        better = Port(claim.public, port.proto)
        return not kept.public and port != better and better not in self.frontends

    def _lead(self, frontend: Frontend, claim: PortClaim, container: Container) -> None:
        backend = frontend.backends[claim.key]
        backend.host, backend.port, backend.public = claim.host, claim.port, claim.public
        backend.proxy = proxy_protocol(container.labels)
        backend.balanced = is_balanced(container)
        backend.ready = container.state == "running" and container.health in ("none", "healthy")
        backend.leaving = backend.leaving and container.running and not container.starting

    def _free(self, container_id: str, ports: list[Port]) -> None:
        for port in ports:
            frontend = self.frontends[port]
            for key in [key for key in frontend.backends if key.container == container_id]:
                if self._held.get(container_id, {}).get(key) != port:
                    del frontend.backends[key]
            if not frontend.backends:
                del self.frontends[port]
                self._doors.close(frontend)

    def _retry(self, freed: list[Port]) -> None:
        """Whoever waits for one of them may have it."""
        for port in freed:
            if port not in self.frontends:
                for one in [each for each in self.unmet.values() if each.taken.port == port]:
                    self.put(one.engine, one.container)

    # Which port

    def _assign(
        self, engine: Engine, container: Container, key: ClaimKey, public: int
    ) -> Port | None:
        """The one that it has from now on; None if it cannot have any."""
        taken = None
        for number in self._numbers(key, public):
            port = Port(number, key.proto)
            holder = self._holder(port, container)
            reason = self._join(port, key, container) if holder is None else ""
            if holder is None and not reason:
                return port
            taken = taken or TakenPort(port, holder or "", reason)
        if taken is not None:
            self.unmet[container.id] = Unmet(engine, container, taken)
        return None

    def _numbers(self, key: ClaimKey, public: int) -> Iterator[int]:
        """Those that it may have, best first."""
        if key.first and key.first == key.last:
            yield key.first
        elif key.first:
            yield from dict.fromkeys((public or key.first, *range(key.first, key.last + 1)))
        else:
            yield from self._own_numbers(key)

    def _own_numbers(self, key: ClaimKey) -> Iterator[int]:
        first, last = self._range
        size = last - first + 1
        text = f"{key.container}/{key.private}/{key.proto}/{key.nth}".encode()
        start = int.from_bytes(sha256(text).digest()[:8])
        for step in range(min(size, TRIES)):
            yield first + (start + step) % size

    def _holder(self, port: Port, container: Container) -> str | None:
        """Who has it so that ``container`` cannot; None if it can."""
        frontend = self.frontends.get(port)
        if frontend is None or (frontend.balanced and is_balanced(container)):
            return None
        return next((k.container for k in frontend.backends if k.container != container.id), "")

    def _join(self, port: Port, key: ClaimKey, container: Container) -> str:
        """Why it cannot; "" if it has it now."""
        frontend = self.frontends.get(port)
        if frontend is None:
            frontend = Frontend(port)
            if reason := self._doors.open(frontend):
                return reason
            self.frontends[port] = frontend
        frontend.backends[key] = Backend(key, "", 0, 0, is_balanced(container))
        return ""

    # Questions

    def refusal(self, engine: Engine, container: Container) -> TakenPort | None:
        """Why ``container``, which does not run, cannot be started: a port that it cannot have."""
        given: set[Port] = set()
        for key in asked_claims(engine, container):
            found = self._one_of(key, container, given)
            if isinstance(found, TakenPort):
                return found
            given.add(found)
        return None

    def _one_of(self, key: ClaimKey, container: Container, given: set[Port]) -> Port | TakenPort:
        """One that it can have besides ``given``; of a single port twice its engine judges."""
        first = None
        for number in range(key.first, key.last + 1):
            port = Port(number, key.proto)
            if port in given and key.first < key.last:
                continue
            taken = self._taken(port, container)
            if taken is None:
                return port
            first = first or taken
        first = first or TakenPort(Port(key.first, key.proto), container.id)
        return first._replace(last=key.last if key.first < key.last else 0)

    def _taken(self, port: Port, container: Container) -> TakenPort | None:
        if port in self._held.get(container.id, {}).values():
            return None
        holder = self._holder(port, container)
        reason = self._try(port) if holder is None and port not in self.frontends else ""
        return None if holder is None and not reason else TakenPort(port, holder or "", reason)

    def _try(self, port: Port) -> str:
        frontend = Frontend(port)
        reason = self._doors.open(frontend)
        if not reason:
            self._doors.close(frontend)
        return reason

    def numbers(self, container_id: str) -> dict[tuple[int, str, int], int]:
        """Its numbers here, by its own port, the protocol and the port of its node."""
        return {
            (one.key.private, one.key.proto, one.public): self._held[container_id][one.key].number
            for one in self._backends(container_id)
            if one.public
        }

    def holds(self, container_id: str) -> bool:
        return container_id in self._held

    def _backends(self, container_id: str) -> list[Backend]:
        held = self._held.get(container_id, {})
        return [self.frontends[port].backends[key] for key, port in held.items()]
