"""What swarmd knows of engines and what runs on them, as plain values.

Everything but ``Engine`` is frozen: news replaces a value, it never edits one. ``Engine`` is the
record that ``swarmd.cluster`` alone changes; everybody else reads it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from swarmd.core.container.container_state import Container
from swarmd.core.container.id_map import IdMap
from swarmd.core.index.tally import Tally


class Health(StrEnum):
    """The state of an engine; the words are those of ``docker info``."""

    PENDING = "Pending"  # never validated, or refused: see Engine.error
    HEALTHY = "Healthy"
    UNHEALTHY = "Unhealthy"  # was validated, does not answer now


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


@dataclass(frozen=True, slots=True)
class NodeUsage:
    """What the containers of one engine really use, as it was measured.

    Attributes:
        cpus, memory: Nano-CPUs, bytes.
        assumed_cpus, assumed_memory: What would have been assumed of the same containers.
    """

    cpus: int
    memory: int
    assumed_cpus: int
    assumed_memory: int


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
        ids: Of containers that were made again here: their ID, and the one that clients know.
        dirty: IDs of containers whose list entry may be out of date (or not known yet); a read
            refreshes them first.
        stale: Which of "images", "networks", "volumes" must be listed again before a read.
        changed_images: Name -> moment of its last change, of images in ``stale`` lists; a read asks
            for just those where the list takes long.
        tally: Sums over its containers, pending ones included.
        usage: None as long as nobody measures.
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
    ids: IdMap = field(default_factory=IdMap)
    dirty: set[str] = field(default_factory=set)
    stale: set[str] = field(default_factory=set)
    changed_images: dict[str, float] = field(default_factory=dict)
    tally: Tally = field(default_factory=Tally)
    usage: NodeUsage | None = None

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
