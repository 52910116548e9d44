"""Samples the nodes for the page: twice a minute, whether or not anybody looks."""

from __future__ import annotations

from swarmd.cluster.history import INTERVAL, History, Sample
from swarmd.core.model import Engine
from swarmd.manager.fleet.fleet import Fleet
from swarmd.timers.periodic import Periodic


class NodeHistory(Periodic):
    """The sampler of nodes; it keeps their last hour."""

    def __init__(self, fleet: Fleet) -> None:
        failed = "nodes could not be sampled"
        super().__init__(fleet.clock, INTERVAL, self._sample, now=True, failed=failed)
        self._fleet = fleet
        self._history = History()

    def of(self, engine: Engine) -> list[Sample]:
        """The last hour of ``engine``, oldest first; the last one is of now."""
        return self._history.of(engine, self._fleet.now())

    def _sample(self) -> None:
        engines = [one for one in self._fleet.state.engines.values() if one.validated]
        self._history.record(engines, self._fleet.now())
