"""Puts together what operators use: node intent, drain, rescheduling, explain, and their paths."""

from __future__ import annotations

import random
from typing import Any

from twisted.application.service import MultiService

from swarmd.api.explain import Explain
from swarmd.api.metrics import Metrics
from swarmd.api.nodes import Nodes
from swarmd.api.resource import Noun
from swarmd.manager.create import Creator
from swarmd.manager.fleet import Fleet
from swarmd.manager.luggage import Luggage
from swarmd.manager.nodes.drain import Drainer
from swarmd.manager.nodes.intent import Intent
from swarmd.manager.nodes.mover import Mover
from swarmd.manager.nodes.operate import Operator
from swarmd.manager.nodes.relocate import Relocation
from swarmd.manager.nodes.reschedule import Rescheduler
from swarmd.manager.nodes.vigil import Vigil
from swarmd.manager.placer import Placer
from swarmd.manager.plans import Plans
from swarmd.settings import Settings


class Operations(MultiService):
    """Made before discovery starts, so that no news is missed.

    Raises:
        ValueError: The state file cannot be read.
    """

    def __init__(
        self,
        settings: Settings,
        reactor: Any,
        chance: random.Random,
        fleet: Fleet,
        creator: Creator,
        placer: Placer,
        plans: Plans,
        luggage: Luggage,
    ) -> None:
        super().__init__()
        intent = Intent(settings.state_dir)
        mover = Mover(fleet, creator, plans, intent)
        rescheduler = Rescheduler(
            fleet, mover, intent, reactor, chance.random, settings.rescheduling
        )
        drainer = Drainer(fleet, Relocation(fleet, mover), luggage, intent)
        self._operator = Operator(fleet, intent, drainer, rescheduler)
        self._explain = Explain(fleet, creator.choice)
        self._metrics = Metrics(fleet)
        Vigil(fleet.state, (self._operator, rescheduler, drainer))
        drainer.setServiceParent(self)
        rescheduler.setServiceParent(self)

    def attach(self, root: Noun) -> Noun:
        """The resource below which all of that is."""
        own = Noun()
        nodes = Nodes(self._operator)
        own.putChild(b"nodes", nodes)
        own.add("explain", POST=self._explain.explain)
        own.add("metrics", GET=self._metrics.metrics)
        root.putChild(b"swarmd", own)
        return own
