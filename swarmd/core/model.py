"""What swarmd knows of engines and what runs on them, as plain values.

All of it is frozen: news replaces a value, it never edits one. Of an engine, here
is what can be read; ``swarmd.cluster`` alone has the record that changes.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

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


class Engine(Protocol):
    """An engine, as it is read: one line of the hosts file, and what is known of what is behind it.

    ``EngineRecord`` in ``swarmd.cluster`` has all of it, a scoped view the part that a scope sees.

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

    @property
    def key(self) -> str: ...

    @property
    def address(self) -> str: ...

    @property
    def ip(self) -> str: ...

    @property
    def host_labels(self) -> Mapping[str, str]: ...

    @property
    def operator_labels(self) -> Mapping[str, str]: ...

    @property
    def given_name(self) -> str: ...

    @property
    def name(self) -> str: ...

    @property
    def spec(self) -> Spec: ...

    @property
    def labels(self) -> Mapping[str, str]: ...

    @property
    def health(self) -> Health: ...

    @property
    def error(self) -> str: ...

    @property
    def since(self) -> float: ...

    @property
    def updated(self) -> float: ...

    @property
    def failures(self) -> int: ...

    @property
    def cordoned(self) -> bool: ...

    @property
    def warnings(self) -> tuple[str, ...]: ...

    @property
    def containers(self) -> Mapping[str, Container]: ...

    @property
    def images(self) -> Mapping[str, Image]: ...

    @property
    def image_refs(self) -> Mapping[str, str]: ...

    @property
    def named(self) -> Mapping[str, tuple[str, float]]: ...

    @property
    def networks(self) -> Mapping[str, Network]: ...

    @property
    def volumes(self) -> Mapping[str, Volume]: ...

    @property
    def kept_ids(self) -> tuple[tuple[bytes, bytes], ...]: ...

    @property
    def predefined_ids(self) -> tuple[tuple[bytes, bytes], ...]: ...

    @property
    def ids(self) -> IdMap: ...

    @property
    def dirty(self) -> Set[str]: ...

    @property
    def stale(self) -> Set[str]: ...

    @property
    def changed_images(self) -> Mapping[str, float]: ...

    @property
    def tally(self) -> Tally: ...

    @property
    def usage(self) -> NodeUsage | None: ...

    @property
    def healthy(self) -> bool: ...

    @property
    def given_labels(self) -> Mapping[str, str]: ...

    @property
    def validated(self) -> bool: ...
