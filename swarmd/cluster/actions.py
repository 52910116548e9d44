"""News about the fleet, as values; ``State.dispatch`` is the only thing that applies them.

``now`` is wall-clock seconds; ``at`` is monotonic seconds of the moment at which the question was
*asked*, so that an answer on its way cannot overwrite what was learnt meanwhile.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from swarmd.cluster.reservations import Doubt
from swarmd.core.event import Event
from swarmd.core.model import NodeUsage, Spec


@dataclass(frozen=True, slots=True)
class EngineListed:
    """Discovery names an engine: a new one, or new labels or name for a known one."""

    key: str
    address: str
    ip: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    name: str = ""


@dataclass(frozen=True, slots=True)
class EngineUnlisted:
    """Discovery no longer names an engine: it is forgotten, nothing on it is touched."""

    key: str


@dataclass(frozen=True, slots=True)
class EngineValidated:
    """An engine said who it is. Another ID than before drops what was known of the old one.

    ``ip`` is the address that was really connected to, "" where there is none (unix socket).
    """

    key: str
    spec: Spec
    now: float
    ip: str = ""


@dataclass(frozen=True, slots=True)
class EngineRejected:
    """An engine answered, but cannot be managed (duplicate ID, another manager, too old …)."""

    key: str
    error: str
    now: float


@dataclass(frozen=True, slots=True)
class EngineNoted:
    """What operators should know of an engine: replaces the words of the same source."""

    key: str
    source: str
    texts: Sequence[str]


@dataclass(frozen=True, slots=True)
class EngineMeasured:
    """What its containers really use; None: nobody measures any more."""

    key: str
    usage: NodeUsage | None


@dataclass(frozen=True, slots=True)
class EngineAnswered:
    """A sign of life; the tracker sends it after a sync, so that healthy means synced."""

    key: str
    now: float


@dataclass(frozen=True, slots=True)
class EngineFailed:
    """A health check or connection failed; ``fatal`` marks it unhealthy at once.

    Without ``silent`` the engine said something: it lives, whatever keeps us from using it.
    """

    key: str
    error: str
    now: float
    limit: int = 3
    fatal: bool = False
    silent: bool = True


@dataclass(frozen=True, slots=True)
class EngineCordoned:
    """An operator's cordon on an engine was set or lifted."""

    key: str
    cordoned: bool


@dataclass(frozen=True, slots=True)
class EngineDraining:
    """An engine is being emptied; told again when that goes on after a break."""

    key: str


@dataclass(frozen=True, slots=True)
class EngineDrained:
    """The end of that, with the number of containers that moved, that stay, that failed to move."""

    key: str
    moved: int
    stays: int
    failed: int


@dataclass(frozen=True, slots=True)
class EngineLabelled:
    """An operator's labels, all of them; they outweigh those of the hosts file."""

    key: str
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class InDoubt:
    """An engine's answer to a create or a rename was lost; see ``reservations.doubts``."""

    key: str


@dataclass(frozen=True, slots=True)
class DoubtResolved:
    """The engine was asked by name: what was in doubt is there, or never will be."""

    key: str
    doubt: Doubt


@dataclass(frozen=True, slots=True)
class ContainersListed:
    """Items of an engine's container list, as decoded JSON.

    ``asked`` are the IDs that the question was limited to; None for the whole list. What was
    asked for and is not among ``entries`` is gone. With ``rest_known`` the list was whole, and
    tells of all but ``asked`` what is known already.
    """

    key: str
    entries: Sequence[Mapping[str, Any]]
    at: float
    now: float
    asked: frozenset[str] | None = None
    rest_known: bool = False

    @property
    def whole(self) -> bool:
        """Whether all that the engine has was listed."""
        return self.asked is None or self.rest_known


@dataclass(frozen=True, slots=True)
class ContainerInspected:
    """A whole inspect, as decoded JSON."""

    key: str
    inspect: Mapping[str, Any]
    at: float


@dataclass(frozen=True, slots=True)
class ContainerGone:
    """An engine acknowledged the removal, or does not know the ID."""

    key: str
    id: str


@dataclass(frozen=True, slots=True)
class ImagesListed:
    """Items of an engine's image list, as decoded JSON."""

    key: str
    entries: Sequence[Mapping[str, Any]]
    at: float = math.inf


@dataclass(frozen=True, slots=True)
class ImageShown:
    """The inspect of what an engine knows as ``name``, as decoded JSON; None if it is nothing."""

    key: str
    name: str
    shown: Mapping[str, Any] | None
    at: float


@dataclass(frozen=True, slots=True)
class NetworksListed:
    """Items of an engine's network list, as decoded JSON."""

    key: str
    entries: Sequence[Mapping[str, Any]]
    at: float = math.inf


@dataclass(frozen=True, slots=True)
class VolumesListed:
    """Items of an engine's volume list, as decoded JSON."""

    key: str
    entries: Sequence[Mapping[str, Any]]
    warnings: Sequence[str] = ()
    at: float = math.inf


@dataclass(frozen=True, slots=True)
class ListFailed:
    """A list was asked for in vain, "images", "networks" or "volumes"; ``error`` says why."""

    key: str
    kind: str
    error: str
    at: float


@dataclass(frozen=True, slots=True)
class EventSeen:
    """One record of an engine's event stream."""

    key: str
    event: Event
    at: float
    now: float


Content = (
    ContainersListed
    | ContainerInspected
    | ContainerGone
    | ImagesListed
    | ImageShown
    | NetworksListed
    | VolumesListed
    | ListFailed
    | EventSeen
)

Action = (
    EngineListed
    | EngineUnlisted
    | EngineValidated
    | EngineRejected
    | EngineAnswered
    | EngineFailed
    | EngineCordoned
    | EngineDraining
    | EngineDrained
    | EngineLabelled
    | EngineNoted
    | EngineMeasured
    | InDoubt
    | DoubtResolved
    | Content
)
