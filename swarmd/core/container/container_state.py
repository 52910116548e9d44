"""A container as the fleet's state knows it, and the values that it is made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from swarmd.core.ports.port_wish import PortWish


class HostPort(NamedTuple):
    """A port of the host that a container holds or asks for; ``ip`` "" means every address."""

    port: int
    proto: str = "tcp"
    ip: str = ""


class Published(NamedTuple):
    """One line of a container's port list; ``public`` is None where only exposed.

    ``ip`` is that of the host, "" for every address, "::" for every IPv6 address and no other.
    """

    private: int
    public: int | None
    proto: str
    ip: str = ""


class Mount(NamedTuple):
    """A mount of a container; ``name`` is the volume's, "" for a bind mount."""

    name: str
    source: str
    destination: str


class Demand(NamedTuple):
    """What a container takes from its host.

    Attributes:
        cpus: Nano-CPUs (1e9 is one CPU).
        memory: Bytes: its limit, else its reservation.
        ports: Host ports that it holds while it is not stopped.
        devices: Pairs (resource kind, device id), say ("gpu", "0").
        least_memory: Bytes: its reservation, where it has a limit beyond that; else 0.
        reserve: "hard" or "soft" where it says itself what is kept for it, else "".
    """

    cpus: int = 0
    memory: int = 0
    ports: tuple[HostPort, ...] = ()
    devices: tuple[tuple[str, str], ...] = ()
    least_memory: int = 0
    reserve: str = ""


NO_LABELS: Mapping[str, str] = {}


class Container(NamedTuple):
    """One container, as placement, look-up and lists need it.

    A tuple, since each piece of news makes one anew: a frozen dataclass takes five times as long.

    Attributes:
        engine: Key of its engine.
        names: Without slashes, its own name first, then link aliases ("other/alias").
        created: Seconds since the epoch on the engine's clock, with fraction where known.
        state: The engine's word: created, running, paused, restarting, removing, exited, dead.
        started_at: Seconds since the epoch on the engine's clock; 0 if never started.
        finished_at: Likewise; 0 if it never ended.
        health: "none", "starting", "healthy" or "unhealthy".
        failing: Health checks that failed one after the other, when it was last told.
        entry: Its encoded item of the container list: see ``swarmd.core.container.list_item``.
        detailed: An inspect has been seen, so times and demand are exact.
        sized: Its demand is known, by its create or by an inspect; lists tell only of ports.
        wishes: Which host ports it asks for; None as long as nobody has told.
        tied: References of containers whose volumes, network or namespaces it has, or that it is
            linked to; lists do not tell of it.
        starting: An engine was asked to start it, and has not told yet what became of that.
        refused: Its last start came to nothing.
        touched: Monotonic seconds of the last news; older news must not replace newer.
        pending: A create is under way: counted for placement and names, never shown.
    """

    id: str
    engine: str
    names: tuple[str, ...] = ()
    image: str = ""
    image_id: str = ""
    created: float = 0.0
    state: str = "created"
    labels: Mapping[str, str] = NO_LABELS
    demand: Demand = Demand()
    published: tuple[Published, ...] = ()
    networks: tuple[tuple[str, str], ...] = ()  # (name, id)
    network_mode: str = ""
    mounts: tuple[Mount, ...] = ()
    wishes: tuple[PortWish, ...] | None = None
    tied: tuple[str, ...] = ()
    started_at: float = 0.0
    finished_at: float = 0.0
    exit_code: int = 0
    health: str = "none"
    failing: int = 0
    tty: bool = False
    entry: bytes = b""
    detailed: bool = False
    sized: bool = False
    starting: bool = False
    refused: bool = False
    touched: float = 0.0
    pending: bool = False

    @property
    def name(self) -> str:
        return self.names[0] if self.names else ""

    @property
    def running(self) -> bool:
        """As an engine counts it: paused and restarting containers are running ones."""
        return self.state in ("running", "paused", "restarting")

    @property
    def holds(self) -> bool:
        """Whether its ports and resources are kept for it: everything but what has ended."""
        return self.starting or not (self.state in ("exited", "dead") or self._failed)

    @property
    def _failed(self) -> bool:
        """A start was tried, and nobody is about to try the next; an engine keeps its exit code."""
        return self.state == "created" and (self.refused or self.exit_code != 0)

    @property
    def up(self) -> bool:
        """Whether it has them, so that nobody else can: it runs, or is just being started."""
        return self.starting or self.running
