"""What requests read of the state, and all that they do to it: the whole one, or a scope's part.

Whoever answers a client takes these Protocols, so that what he may reach is written here. A member
that is added is an error of the types until the scoped view says how much of it a scope sees.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from swarmd.cluster.handovers import Handovers
from swarmd.cluster.images.placeholders import Placeholders
from swarmd.cluster.publishing.shown_ports import ShownPorts
from swarmd.cluster.views.node_table import NodeTable
from swarmd.cluster.views.rows import Row
from swarmd.core.container.container_state import Container
from swarmd.core.index.bits import Bits
from swarmd.core.index.engine_index import NodeIndex
from swarmd.core.model import Engine, Health


class NamesView(Protocol):
    """Containers by a name, or by another text that leads to them."""

    def find(self, name: str) -> tuple[str, ...]: ...

    def __iter__(self) -> Iterator[str]: ...


class IdsView(Protocol):
    """IDs of containers by how they start."""

    def starting_with(self, prefix: str, limit: int = 8) -> list[str]: ...


class RowsView(Protocol):
    """Containers as lists show them."""

    def of(self, container_ids: Iterable[str]) -> list[Row]: ...

    def newest_first(self, engines: Mapping[str, Engine]) -> Sequence[Row]: ...


class CatalogueView(Protocol):
    """The indexes over containers."""

    @property
    def names(self) -> NamesView: ...

    @property
    def identities(self) -> NamesView: ...

    @property
    def ids(self) -> IdsView: ...

    @property
    def rows(self) -> RowsView: ...

    @property
    def ports(self) -> ShownPorts | None: ...

    def start_error(self, container_id: str, /) -> str: ...


class RosterView(Protocol):
    """Engines by what they are called."""

    def by_name(self, name: str) -> Engine | None: ...

    def owner(self, engine_id: str) -> Engine | None: ...


class HoldersView(Protocol):
    """Which engines have something by that name or ID."""

    def of(self, value: str, /) -> Bits: ...

    def starting(self, prefix: str, /) -> Bits: ...


class ImagesView(HoldersView, Protocol):
    """Which engines have an image of that reference or whole ID."""

    def texts(self, prefix: str, /) -> Iterable[str]: ...


class MeaningsView(Protocol):
    """What references name."""

    @property
    def split(self) -> Collection[str]:
        """References that name different images."""


class HealthView(Protocol):
    """Which engines are how."""

    def of(self, health: Health, /) -> Bits: ...


class IndexView(NodeIndex, Protocol):
    """Engines by what is asked of them."""

    @property
    def health(self) -> HealthView: ...

    @property
    def images(self) -> ImagesView: ...

    @property
    def networks(self) -> HoldersView: ...

    @property
    def meanings(self) -> MeaningsView: ...

    def refresh(self) -> None: ...

    def engines(self, among: Bits) -> list[Engine]: ...


class ExecsView(Protocol):
    """Containers by their execs' IDs."""

    def get(self, exec_id: str, /) -> str | None: ...


class StateView(Protocol):
    """The state, as far as a request may go."""

    @property
    def containers(self) -> Mapping[str, Container]: ...

    @property
    def engines(self) -> Mapping[str, Engine]: ...

    @property
    def catalogue(self) -> CatalogueView: ...

    @property
    def roster(self) -> RosterView: ...

    @property
    def index(self) -> IndexView: ...

    @property
    def node_table(self) -> NodeTable: ...

    @property
    def execs(self) -> ExecsView: ...

    @property
    def placeholders(self) -> Placeholders: ...

    @property
    def handovers(self) -> Handovers: ...

    def add_exec(self, exec_id: str, container_id: str) -> None: ...

    def mark_dirty(self, container_id: str) -> None: ...

    def mark_stale(self, key: str, what: str) -> None: ...

    def image_named(self, key: str, tag: str, image_id: str, when: float) -> None: ...

    def images_changed(self, key: str, names: Iterable[str]) -> None: ...

    def images_gone(self, key: str, names: Iterable[str]) -> None: ...

    def reserve_name(self, name: str, container_id: str) -> None: ...

    def release_name(self, name: str, container_id: str, *, granted: bool | None) -> None: ...
