"""What swarmd knows of engines and what runs on them, as plain values.

Everything but ``Engine`` is frozen: news replaces a value, it never edits one. ``Engine`` is the
record that ``swarmd.cluster`` alone changes; everybody else reads it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from swarmd.core.tally import Tally


class Health(StrEnum):
    """The state of an engine; the words are those of ``docker info``."""

    PENDING = "Pending"  # never validated, or refused: see Engine.error
    HEALTHY = "Healthy"
    UNHEALTHY = "Unhealthy"  # was validated, does not answer now


class HostPort(NamedTuple):
    """A port of the host that a container holds or asks for; ``ip`` "" means every address."""

    port: int
    proto: str = "tcp"
    ip: str = ""


class Published(NamedTuple):
    """One line of a container's port list; ``public`` is None where only exposed."""

    private: int
    public: int | None
    proto: str


class Mount(NamedTuple):
    """``name`` is the volume's, "" for a bind mount."""

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
        entry: Its encoded item of the container list: see ``swarmd.core.listing``.
        detailed: An inspect has been seen, so times and demand are exact.
        sized: Its demand is known, by its create or by an inspect; lists tell only of ports.
        tied: References of containers whose volumes, network or namespaces it has, or that it is
            linked to; lists do not tell of it.
        starting: An engine was asked to start it, and has not told yet what became of that.
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
        return self.starting or self.state not in ("exited", "dead")

    @property
    def up(self) -> bool:
        """Whether it has them, so that nobody else can: it runs, or is just being started."""
        return self.starting or self.running


@dataclass(frozen=True, slots=True)
class Image:
    """One image on one engine; ``entry`` is its encoded item of that engine's image list."""

    id: str
    tags: tuple[str, ...] = ()
    digests: tuple[str, ...] = ()
    created: int = 0
    parent: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    entry: bytes = b""

    @property
    def pulled(self) -> bool:
        """Whether a registry has it for certain.

        An engine's own store knows digests of what came from a registry, or went there. A
        containerd store calls every image by its digest, a built one too: there nothing tells.
        """
        return any(digest.rpartition("@")[2] != self.id for digest in self.digests)


@dataclass(frozen=True, slots=True)
class Network:
    """One network as one engine lists it; ``entry`` is its encoded item of that list."""

    id: str
    name: str
    driver: str = ""
    scope: str = "local"
    labels: Mapping[str, str] = field(default_factory=dict)
    entry: bytes = b""


@dataclass(frozen=True, slots=True)
class Volume:
    """One volume as one engine lists it; ``entry`` is its encoded item of that list."""

    name: str
    driver: str = "local"
    scope: str = "local"
    labels: Mapping[str, str] = field(default_factory=dict)
    entry: bytes = b""


@dataclass(frozen=True, slots=True)
class Spec:
    """What an engine says of itself in ``/info`` and ``/version``.

    Attributes:
        cpus: Number of CPUs.
        memory: Bytes.
        labels: The engine's own ``--label`` entries.
        api_min, api_max: As (1, 41).
        clock_offset: Our clock minus the engine's, in seconds.
        info: The ``/info`` body without what changes by itself, for what is merged at read time.
    """

    id: str
    name: str
    cpus: int
    memory: int
    version: str = ""
    api_min: tuple[int, int] = (1, 24)
    api_max: tuple[int, int] = (1, 41)
    os_type: str = "linux"
    architecture: str = ""
    kernel: str = ""
    operating_system: str = ""
    storage_driver: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    clock_offset: float = 0.0
    swarm_manager: bool = False
    info: bytes = b"{}"


NO_SPEC = Spec("", "", 0, 0)


@dataclass(slots=True)
class Engine:
    """One line of the hosts file and what is known of the engine behind it.

    Attributes:
        key: Its normalised address ("10.0.0.1:2375", "unix:///run/docker.sock"); the identity of
            the line. The identity of the engine is ``spec.id``.
        address: As shown to users.
        host_labels: Labels given in the hosts file.
        operator_labels: Labels given at run time.
        name: Unique in the fleet: ``name=`` of the hosts file, else the engine's host name, with
            a suffix where another engine has that already; the address until it is known.
        labels: What constraints see: built-in ones (storagedriver, kernelversion,
            operatingsystem, ostype, architecture), the engine's own, the hosts file's, the
            operator's.
        error: Why it is not healthy, in words; "" if it is.
        since: Wall-clock seconds of the last change of health.
        updated: Wall-clock seconds of the last news from it.
        cordoned: Takes no new containers.
        warnings: What the last sync could not learn, in words.
        named: Tag -> the image ID that it was given to, and when (seconds since the epoch, our
            clock); only what was seen to happen.
        kept_ids: Of networks that were moved here: their ID, and the one that clients know.
        predefined_ids: The same of bridge, host and none, which to clients are one each.
        dirty: IDs of containers whose list entry may be out of date (or not known yet); a read
            refreshes them first.
        stale: Which of "images", "networks", "volumes" must be listed again before a read.
        changed_images: Name -> moment of its last change, of images in ``stale`` lists; a read asks
            for just those where the list takes long.
        tally: Sums over its containers, pending ones included.
    """

    key: str
    address: str
    ip: str = ""
    host_labels: Mapping[str, str] = field(default_factory=dict)
    operator_labels: Mapping[str, str] = field(default_factory=dict)
    given_name: str = ""
    name: str = ""
    spec: Spec = NO_SPEC
    labels: Mapping[str, str] = field(default_factory=dict)
    health: Health = Health.PENDING
    error: str = ""
    since: float = 0.0
    updated: float = 0.0
    failures: int = 0
    cordoned: bool = False
    warnings: tuple[str, ...] = ()
    containers: dict[str, Container] = field(default_factory=dict)
    images: dict[str, Image] = field(default_factory=dict)
    image_refs: dict[str, str] = field(default_factory=dict)  # tag or digest -> image id
    named: dict[str, tuple[str, float]] = field(default_factory=dict)
    networks: dict[str, Network] = field(default_factory=dict)
    volumes: dict[str, Volume] = field(default_factory=dict)
    kept_ids: tuple[tuple[bytes, bytes], ...] = ()
    predefined_ids: tuple[tuple[bytes, bytes], ...] = ()
    dirty: set[str] = field(default_factory=set)
    stale: set[str] = field(default_factory=set)
    changed_images: dict[str, float] = field(default_factory=dict)
    tally: Tally = field(default_factory=Tally)

    @property
    def healthy(self) -> bool:
        return self.health is Health.HEALTHY

    @property
    def given_labels(self) -> dict[str, str]:
        """What people gave it, the later outweighing the earlier."""
        return {**self.host_labels, **self.operator_labels}

    @property
    def validated(self) -> bool:
        return self.health is not Health.PENDING
