"""Puts together what operators use: node intent, drain, rescheduling, explain, and their paths."""

from __future__ import annotations

import random
from typing import Any

from twisted.application.service import MultiService

from swarmd.api.operators.explain import Explain
from swarmd.api.operators.managers import ManagersResource
from swarmd.api.operators.metrics import Metrics
from swarmd.api.operators.nodes import Nodes
from swarmd.api.operators.overlay import OverlayResource
from swarmd.api.operators.ports import Ports
from swarmd.api.operators.probes import Probes
from swarmd.api.operators.rebalance import Rebalances
from swarmd.api.operators.usage import Usage
from swarmd.api.routing.resource import Noun
from swarmd.config.settings import Settings
from swarmd.manager.containers.create import Creator
from swarmd.manager.containers.local_resources import LocalResources
from swarmd.manager.containers.pull_plans import PullPlans
from swarmd.manager.fleet.fleet import Fleet
from swarmd.manager.fleet.placer import Placer
from swarmd.manager.moving.drain import Drainer
from swarmd.manager.moving.mover import Mover
from swarmd.manager.moving.relocate import Relocation
from swarmd.manager.nodes.node_events import NodeEvents
from swarmd.manager.nodes.node_log import NodeLog
from swarmd.manager.nodes.operator import NodeOperator
from swarmd.manager.nodes.operator_state import OperatorState
from swarmd.manager.nodes.shared_work import SharedWork
from swarmd.manager.nodes.watcher import NodeWatcher
from swarmd.manager.overlay.overlay import Overlay
from swarmd.manager.overlay.port_check import port_check
from swarmd.manager.rebalancing.plan import Planner
from swarmd.manager.rebalancing.rebalance import Rebalancer
from swarmd.manager.rescheduling.reschedule import Rescheduler
from swarmd.manager.usage.sampler import UsageSampler
from swarmd.service.handover.operators_work import OperatorsWork, leads
from swarmd.service.sharing import Sharing


class Operations(MultiService):
    """The operations on the fleet: node watcher, drain, rescheduling, and operators' paths.

    Made before discovery starts, so that no news is missed.

    Attributes:
        work: The operators' work, which one process at a time does.

    Raises:
        ValueError: The state file cannot be read.
    """

    def __init__(
        self,
        settings: Settings,
        reactor: Any,
        rng: random.Random,
        fleet: Fleet,
        creator: Creator,
        placer: Placer,
        plans: PullPlans,
        local: LocalResources,
        sharing: Sharing | None = None,
    ) -> None:
        super().__init__()
        operator_state = OperatorState(settings.state_dir, sharing.book if sharing else None)
        mover = Mover(fleet, creator, plans, operator_state)
        self._rescheduler = rescheduler = Rescheduler(
            fleet, mover, operator_state, reactor, rng.random, settings.rescheduling
        )
        relocation = Relocation(fleet, mover)
        drainer = Drainer(fleet, relocation, local, operator_state)
        sampler, log = UsageSampler(fleet, placer), NodeLog(reactor)
        self._usage, self._fleet = Usage(fleet, sampler), fleet
        planner = Planner(fleet, placer, creator.choice, mover, relocation, sampler.use_of)
        self._rebalancer = rebalancer = Rebalancer(fleet, planner, relocation, local)
        self.operator = NodeOperator(
            fleet, operator_state, drainer, rescheduler, settings.policy.overcommit
        )
        self.explain = Explain(fleet, creator.choice)
        self._metrics, self._probes = Metrics(fleet), Probes(fleet)
        changes = NodeEvents(fleet, log.report)
        self._overlay = overlay = _overlay(fleet, placer, reactor, sharing)
        listeners = (self.operator, rescheduler, drainer, changes, overlay)
        watcher = NodeWatcher(fleet.state, listeners, rescheduler.observe)
        parts = operator_state, rescheduler, drainer, rebalancer, changes, watcher
        self.work = OperatorsWork(*parts, sharing.election.stand if sharing else leads)
        if sharing is not None:
            _share(sharing, fleet, mover, rebalancer, drainer, rescheduler)
        self._managers = ManagersResource(sharing.managers.view if sharing else None)
        for each in (log, drainer, rebalancer, sampler, rescheduler, overlay):
            each.setServiceParent(self)

    def change(self, new: Settings) -> None:
        """Settings that may change while it runs."""
        self.operator.overcommit = new.policy.overcommit
        if new.rescheduling != self._rescheduler.rules:
            self._rescheduler.change(new.rescheduling)

    def attach(self, root: Noun) -> Noun:
        """The resource below which all of that is; the page may be there already."""
        own = root.children.get(b"swarmd") or Noun()
        nodes = Nodes(self.operator)
        own.putChild(b"nodes", nodes)
        own.add("explain", POST=self.explain.explain)
        own.putChild(b"rebalance", Rebalances(self._rebalancer))
        own.putChild(b"overlay", OverlayResource(self._overlay))
        own.add("usage", GET=self._usage.usage)
        own.add("ports", GET=Ports(self._fleet).ports)
        own.add("metrics", GET=self._metrics.metrics)
        own.add("managers", GET=self._managers.managers)
        root.putChild(b"swarmd", own)
        self._probes.attach(root)
        return own


def _overlay(fleet: Fleet, placer: Placer, reactor: Any, sharing: Sharing | None) -> Overlay:
    overlay = Overlay(fleet, placer, port_check(reactor))
    if sharing is not None:
        overlay.elsewhere = sharing.elsewhere
    return overlay


def _share(
    sharing: Sharing,
    fleet: Fleet,
    mover: Mover,
    rebalancer: Rebalancer,
    drainer: Drainer,
    rescheduler: Rescheduler,
) -> None:
    """With other swarmds, of which one leads."""
    mover.prove, mover.gate = sharing.election.step, sharing.election.gate
    rebalancer.elsewhere = sharing.elsewhere
    shared = sharing.book, sharing.election, sharing.reports
    SharedWork(fleet, *shared, drainer, rescheduler)
