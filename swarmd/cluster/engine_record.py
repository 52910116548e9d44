"""The record of an engine: what the state writes, and everybody else reads as an ``Engine``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from swarmd.core.container.container_state import Container
from swarmd.core.container.id_map import IdMap
from swarmd.core.index.tally import Tally
from swarmd.core.model import NO_SPEC, Health, Image, Network, NodeUsage, Spec, Volume


@dataclass(slots=True, eq=False)
class EngineRecord:
    """One engine of the hosts file. What each field means: ``swarmd.core.model.Engine``."""

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
