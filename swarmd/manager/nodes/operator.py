"""Operators' verbs on nodes: cordon, labels, drain, and what is going on there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from swarmd.cluster import actions as news
from swarmd.cluster.lookup import find_engine
from swarmd.cluster.views.node_table import with_overcommit
from swarmd.core.container.container_state import Container
from swarmd.core.errors import BadParameter
from swarmd.core.model import Engine
from swarmd.manager.fleet.fleet import Fleet
from swarmd.manager.moving.drain import Drain, Drainer
from swarmd.manager.nodes.operator_state import NodeIntent, OperatorState
from swarmd.manager.rescheduling.reschedule import Rescheduler
from swarmd.scheduler.node_labels import WEIGHT, weight


class NodeOperator:
    """The operator's verbs: cordon, labels, drain, tombstones.

    Everything below ``/swarmd/nodes``. Decisions are on the disk before they count.
    """

    def __init__(
        self,
        fleet: Fleet,
        operator_state: OperatorState,
        drainer: Drainer,
        rescheduler: Rescheduler,
        overcommit: float = 0.0,
    ) -> None:
        self._fleet = fleet
        self._operator_state = operator_state
        self._drainer = drainer
        self._rescheduler = rescheduler
        self.overcommit = overcommit

    # News

    def listed(self, engine: Engine) -> None:
        """What was decided earlier of this line of the hosts file counts again."""
        wanted = self._operator_state.node(engine.key)
        if engine.cordoned != wanted.cordoned:
            self._fleet.state.dispatch(news.EngineCordoned(engine.key, wanted.cordoned))
        if engine.operator_labels != wanted.labels:
            self._fleet.state.dispatch(news.EngineLabelled(engine.key, wanted.labels))

    def came(self, engine: Engine) -> None: ...

    def lost(self, engine: Engine) -> None: ...

    def left(self, key: str) -> None: ...

    def on_action(self, action: news.Action) -> None: ...

    # Changes. All raise ApiError if the node is unknown or the state file cannot be written.

    async def cordon(self, ref: str, cordoned: bool) -> dict[str, Any]:
        """An uncordon also ends a drain, after the containers that are just being moved."""
        engine = find_engine(self._fleet.state, ref)
        if not cordoned:
            self._drainer.stop(engine.key)

        def changed(wanted: NodeIntent) -> NodeIntent:
            return replace(wanted, cordoned=cordoned, draining=wanted.draining and cordoned)

        await self._operator_state.change_node(engine.key, changed)
        self._fleet.state.dispatch(news.EngineCordoned(engine.key, cordoned))
        return self.view(engine)

    async def label(
        self, ref: str, add: Mapping[str, str], remove: Iterable[str]
    ) -> dict[str, Any]:
        """Labels that constraints and strategies see; ``weight`` is one of them."""
        engine = find_engine(self._fleet.state, ref)
        _check_labels(add)
        gone = set(remove)

        def changed(wanted: NodeIntent) -> NodeIntent:
            kept = {key: value for key, value in wanted.labels.items() if key not in gone}
            return replace(wanted, labels={**kept, **add})

        wanted = await self._operator_state.change_node(engine.key, changed)
        self._fleet.state.dispatch(news.EngineLabelled(engine.key, wanted.labels))
        return self.view(engine)

    async def drain(self, ref: str) -> Drain:
        return await self._drainer.drain(find_engine(self._fleet.state, ref))

    @property
    def lasting(self) -> bool:
        """Whether what is decided outlives a restart."""
        return self._operator_state.lasting

    def last_drain(self, engine: Engine) -> Drain | None:
        """The one under way, or the one before."""
        return self._drainer.last(engine)

    def waiting(self, engine: Engine) -> list[str]:
        """Names of its containers that are to be made again elsewhere."""
        return self._rescheduler.waiting(engine)

    async def lost_for_good(self, ref: str) -> dict[str, Any]:
        """What may be made again elsewhere is, without waiting any longer."""
        engine = find_engine(self._fleet.state, ref)
        names = await self._rescheduler.declare_lost(engine)
        return {**self.view(engine), "Rescheduled": names}

    async def forget(self, ref: str, container_ref: str) -> dict[str, Any]:
        """Gives up one container of a lost node: its name is free, and it will not come back."""
        engine = find_engine(self._fleet.state, ref)
        container = _find_there(engine, container_ref)
        await self._rescheduler.forget(container, engine)
        return self.view(engine)

    # Views

    def nodes(self) -> list[dict[str, Any]]:
        engines = sorted(self._fleet.state.engines.values(), key=lambda engine: engine.name)
        return [self.view(engine) for engine in engines]

    def inspect(self, ref: str) -> dict[str, Any]:
        engine = find_engine(self._fleet.state, ref)
        newest = sorted(engine.containers.values(), key=lambda one: one.created, reverse=True)
        there = [{"Id": one.id, "Name": one.name, "State": one.state} for one in newest]
        reschedulable = self._rescheduler.reschedulable(engine)
        return {**self.view(engine), "ContainerList": there, "Reschedulable": reschedulable}

    def view(self, engine: Engine) -> dict[str, Any]:
        spec, tally = engine.spec, engine.tally
        return {
            "Name": engine.name,
            "ID": spec.id,
            "Address": engine.address,
            "Status": engine.health.value,
            "Error": engine.error,
            "Since": engine.since,
            "Availability": self.availability(engine),
            "Lasting": self.lasting,
            "EngineVersion": spec.version,
            "CPUs": spec.cpus,
            "Memory": spec.memory,
            "ReservableCPUs": with_overcommit(spec.cpus, self.overcommit),
            "ReservableMemory": with_overcommit(spec.memory, self.overcommit),
            "ReservedCPUs": tally.cpus / 1e9,
            "ReservedMemory": tally.memory,
            "Containers": tally.total,
            "Running": tally.running,
            "Weight": weight(engine),
            "Labels": dict(engine.labels),
            "OperatorLabels": dict(engine.operator_labels),
            "Rescheduling": self._rescheduler.waiting(engine),
            "RescheduleHeld": self._rescheduler.held(engine),
            "Warnings": list(engine.warnings),
        }

    def availability(self, engine: Engine) -> str:
        """active, cordoned or draining."""
        if self._drainer.draining(engine):
            return "draining"
        return "cordoned" if engine.cordoned else "active"


def _find_there(engine: Engine, ref: str) -> Container:
    found = [
        one
        for one in engine.containers.values()
        if ref == one.name or (len(ref) >= 4 and one.id.startswith(ref))
    ]
    if not found:
        raise BadParameter(f"{engine.name} has no container {ref}; docker ps -a shows whose it is")
    if len(found) > 1:
        raise BadParameter(f"{len(found)} containers of {engine.name} are named {ref}; give an ID")
    return found[0]


def _check_labels(labels: Mapping[str, str]) -> None:
    for key, value in labels.items():
        if not key or key != key.strip() or "=" in key:
            raise BadParameter(f"invalid label {key!r}")
        if key == WEIGHT and not _is_weight(value):
            raise BadParameter(f"weight {value!r} is not a number above 0")


def _is_weight(text: str) -> bool:
    try:
        return 0 < float(text) < float("inf")
    except ValueError:
        return False
