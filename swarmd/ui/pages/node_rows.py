"""The table of nodes: which are shown, in which order, and a row of each. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from twisted.web.template import Tag

from swarmd.cluster.views.node_table import with_overcommit
from swarmd.core.container.resources import ONE_CPU
from swarmd.core.index.tally import Tally
from swarmd.core.model import Engine, Health
from swarmd.core.names import natural
from swarmd.scheduler.node_labels import RESOURCE, devices
from swarmd.ui.markup import DASH, amount, bar, dot, el, foreign, moment, size
from swarmd.ui.paging import heading

PATH = "/swarmd/"
# Labels that every node has, which say what stands in other columns.
BUILT_IN = {"storagedriver", "kernelversion", "operatingsystem", "ostype", "architecture"}
_SHOWN_LABELS = 3
_LONGEST_LABEL = 120  # characters
_LEVELS = {Health.HEALTHY: "good", Health.UNHEALTHY: "bad", Health.PENDING: "unknown"}
STATES = ("healthy", "unhealthy", "pending", "cordoned")


@dataclass(frozen=True, slots=True)
class NodeRow:
    """A node as its row shows it.

    Attributes:
        availability: active, cordoned or draining.
        cpus, memory, gpus: Pairs of what is reserved, and of what there is to reserve.
    """

    engine: Engine
    availability: str
    cpus: tuple[float, float]
    memory: tuple[int, int]
    gpus: tuple[int, int]
    running: int
    total: int

    @property
    def load(self) -> float:
        """The share of what is scarcest there."""
        pairs = (self.cpus, self.memory, self.gpus)
        return max((part / whole for part, whole in pairs if whole), default=0.0)


def node_row(engine: Engine, availability: str, overcommit: float) -> NodeRow:
    tally: Tally = engine.tally  # of a scope it is counted at each look
    spec = engine.spec
    return NodeRow(
        engine,
        availability,
        (tally.cpus / ONE_CPU, with_overcommit(spec.cpus, overcommit)),
        (tally.memory, with_overcommit(spec.memory, overcommit)),
        device_counts(engine, tally),
        tally.running,
        tally.total,
    )


def device_counts(engine: Engine, tally: Tally) -> tuple[int, int]:
    """Of the kind that ``--gpus`` asks for: how many are held, and how many there are."""
    known = devices(engine, "gpu")
    return sum(("gpu", one) in tally.devices for one in known), len(known)


def labels_of(engine: Engine) -> dict[str, str]:
    return {
        key: text
        for key, text in sorted(engine.labels.items())
        if key not in BUILT_IN and not key.startswith(RESOURCE)
    }


def fits(engine: Engine, words: str, state: str) -> bool:
    """Whether name, address, version or a label has each of ``words``."""
    if state == "cordoned" and not engine.cordoned:
        return False
    if state in STATES[:3] and engine.health.value.lower() != state:
        return False
    if not words:
        return True
    labels = " ".join(f"{key}={text}" for key, text in engine.labels.items())
    spec = engine.spec
    text = f"{engine.name} {engine.address} {spec.version} {spec.operating_system} {labels}".lower()
    return all(word in text for word in words.lower().split())


_ORDERS: Mapping[str, Callable[[NodeRow], object]] = {
    "name": lambda row: natural(row.engine.name.lower()),
    "health": lambda row: (row.engine.healthy, natural(row.engine.name)),
    "cpus": lambda row: row.cpus[0] / (row.cpus[1] or 1),
    "memory": lambda row: row.memory[0] / (row.memory[1] or 1),
    "gpus": lambda row: row.gpus,
    "containers": lambda row: row.running,
    "version": lambda row: natural(row.engine.spec.version),
    "since": lambda row: row.engine.since,
}


def ordered(rows: Iterable[NodeRow], sort: str) -> list[NodeRow]:
    key = _ORDERS.get(sort.removeprefix("-"), _ORDERS["name"])
    return sorted(rows, key=key, reverse=sort.startswith("-"))  # type: ignore[arg-type]


def node_address(engine: Engine) -> str:
    """A path, whatever a name has in it."""
    return f"/swarmd/ui/nodes/{quote(engine.name, safe='')}"


def table(
    rows: Iterable[NodeRow], query: Mapping[str, str], now: float, *, linked: bool, gpus: bool
) -> Tag:
    def column(text: str, key: str, **attributes: object) -> Tag:
        return heading(text, key, PATH, query, "name", **attributes)

    heads = [
        column("Node", "name"),
        column("Health", "health"),
        column("CPUs", "cpus", class_="load"),
        column("Memory", "memory", class_="load"),
        column("GPUs", "gpus", class_="load") if gpus else None,
        column("Containers", "containers", class_="number"),
        el("th", "Labels", scope="col", class_="wide"),
        column("Engine", "version", class_="wide"),
        column("Since", "since", class_="number wide"),
    ]
    body = [_row(one, now, linked=linked, gpus=gpus) for one in rows]
    empty = el("tr", el("td", "No node fits.", colspan=str(len(heads)), class_="none"))
    return el(
        "table",
        el("caption", "Nodes: reserved of what can be reserved", class_="unseen"),
        el("thead", el("tr", *heads)),
        el("tbody", *(body or [empty])),
        class_="nodes",
    )


def _row(row: NodeRow, now: float, *, linked: bool, gpus: bool) -> Tag:
    engine = row.engine
    name: object = foreign(engine.name)
    if linked:
        name = el("a", name, href=node_address(engine))
    address = foreign(engine.address) if engine.address != engine.name else ""
    cpus, memory = row.cpus, row.memory
    return el(
        "tr",
        el("th", name, el("small", address) if address else None, scope="row"),
        el("td", health(engine, row.availability)),
        _load(cpus, amount(round(cpus[0], 2)), amount(cpus[1])),
        _load(memory, size(memory[0]), size(memory[1])),
        _load(row.gpus, str(row.gpus[0]), str(row.gpus[1])) if gpus else None,
        el("td", amount(row.running), _stopped(row), class_="number"),
        el("td", *chips(labels_of(engine), _SHOWN_LABELS), class_="wide"),
        el("td", foreign(engine.spec.version) or DASH, class_="wide"),
        el("td", moment(engine.since, now) if engine.since else "", class_="number wide"),
    )


def _stopped(row: NodeRow) -> Tag | None:
    stopped = row.total - row.running
    return el("small", f"{amount(stopped)} not running") if stopped else None


def health(engine: Engine, availability: str) -> list[Tag | None]:
    """Its health, and whether it takes new containers; why, where it does not answer."""
    words = engine.health.value
    return [
        dot(_LEVELS[engine.health], words),
        el("span", availability, class_="badge") if availability != "active" else None,
    ]


def _load(pair: tuple[float, float], part: str, whole: str) -> Tag:
    if not pair[1]:
        return el("td", DASH, class_="load none")
    words = el("span", part, el("span", f" / {whole}", class_="of"))
    return el("td", words, bar(*pair), class_="load")


def chips(labels: Mapping[str, str], most: int = 1000) -> list[Tag]:
    """Labels as ``key=value``, the first few."""
    shown = [
        el("code", foreign(f"{key}={text}" if text else key, _LONGEST_LABEL))
        for key, text in list(labels.items())[:most]
    ]
    left = len(labels) - most
    return [*shown, el("small", f"+{left}")] if left > 0 else shown
