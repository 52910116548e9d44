"""Sums over the containers of one engine, kept as they come and go.

Placement reads these instead of walking containers, so that its cost grows with engines only.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TypeVar

from swarmd.core.container.container_state import Container, Demand

K = TypeVar("K")


@dataclass(slots=True)
class Held:
    """What some containers hold together.

    Attributes:
        cpus: Nano-CPUs.
        memory: Bytes, where limits are reserved.
        spare_memory: How much less that is where reservations count before limits.
        ports: (port, proto) -> the addresses it is held on ("" is every address).
        devices: Pairs (kind, id).
    """

    cpus: int = 0
    memory: int = 0
    spare_memory: int = 0
    ports: dict[tuple[int, str], Counter[str]] = field(default_factory=dict)
    devices: Counter[tuple[str, str]] = field(default_factory=Counter)

    def hold(self, demand: Demand, sign: int) -> None:
        self.cpus += sign * demand.cpus
        spare = demand.memory - demand.least_memory if demand.least_memory else 0
        self.memory += sign * (demand.memory - spare * (demand.reserve == "soft"))
        self.spare_memory += sign * spare * (not demand.reserve)
        for device in demand.devices:
            _bump(self.devices, device, sign)
        for port in demand.ports:
            held = self.ports.setdefault((port.port, port.proto), Counter())
            _bump(held, port.ip, sign)
            if not held:
                del self.ports[(port.port, port.proto)]


@dataclass(slots=True)
class Tally(Held):
    """What the containers of one engine come to; pending ones count like created ones.

    Held is what containers hold that run or are about to: a created one has its place.

    Attributes:
        active: Containers that hold their resources: created, running, paused, restarting.
        up: What those hold that run, or that an engine was asked to start.
        states: State word -> containers in it.
        labels: Label key -> how many containers have which value.
        names: Container name -> how many hold it.
        ids: Their full IDs.
        networks: Name and ID of a network -> how many are in it, in whatever state.
        volumes: Name of a volume -> how many have it mounted, in whatever state.
        leaving: What those come to that a new one takes the place of: they count no more, but are
            there, so that the new one may want to be where they are.
    """

    total: int = 0
    active: int = 0
    up: Held = field(default_factory=Held)
    states: Counter[str] = field(default_factory=Counter)
    labels: dict[str, Counter[str]] = field(default_factory=dict)
    names: Counter[str] = field(default_factory=Counter)
    ids: set[str] = field(default_factory=set)
    networks: Counter[str] = field(default_factory=Counter)
    volumes: Counter[str] = field(default_factory=Counter)
    leaving: Tally | None = None

    @property
    def running(self) -> int:
        return self.states["running"] + self.states["restarting"]

    @property
    def paused(self) -> int:
        return self.states["paused"]

    def add(self, container: Container) -> None:
        self._count(container, +1)
        self.ids.add(container.id)

    def remove(self, container: Container) -> None:
        self._count(container, -1)
        self.ids.discard(container.id)

    def leave(self, container: Container) -> None:
        self.remove(container)
        self.leaving = self.leaving or Tally()
        self.leaving.add(container)

    def stay(self, container: Container) -> None:
        """It does not leave after all; the last one to stay ends the leaving."""
        self.add(container)
        if self.leaving is not None:
            self.leaving.remove(container)
            self.leaving = self.leaving if self.leaving.total else None

    def _count(self, container: Container, sign: int) -> None:
        self.total += sign
        _bump(self.states, container.state, sign)
        for name in container.names:
            _bump(self.names, name, sign)
        for key, value in container.labels.items():
            values = self.labels.setdefault(key, Counter())
            _bump(values, value, sign)
            if not values:
                del self.labels[key]
        if not container.pending:
            self._use(container, sign)
        if container.holds:
            self.active += sign
            self.hold(container.demand, sign)
        if container.up:
            self.up.hold(container.demand, sign)

    def _use(self, container: Container, sign: int) -> None:
        """What is there; what a pending one is to have may still move to it."""
        for network in container.networks:
            for name in set(network):
                _bump(self.networks, name, sign)
        for mount in container.mounts:
            _bump(self.volumes, mount.name, sign)


def _bump(counter: Counter[K], key: K, sign: int) -> None:
    """Adds, and drops the key at zero, so that a counter is empty exactly when nothing counts."""
    counter[key] += sign
    if not counter[key]:
        del counter[key]
