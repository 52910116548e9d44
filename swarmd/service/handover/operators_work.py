"""The operators' work (cordons, drains, rescheduling, nodes' events …), done by one process.

It changes hands at one moment: nothing of it is done twice, and nothing by nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from twisted.internet.defer import Deferred, DeferredList

from swarmd.manager.moving.drain import Drainer
from swarmd.manager.nodes.node_events import NodeEvents
from swarmd.manager.nodes.operator_state import OperatorState
from swarmd.manager.nodes.watcher import NodeWatcher
from swarmd.manager.rebalancing.rebalance import Rebalancer
from swarmd.manager.rescheduling.absence import read_absence
from swarmd.manager.rescheduling.reschedule import Rescheduler


def leads(willing: bool) -> None:
    """Where there is no other swarmd, nobody has to stand for the lead."""


class OperatorsWork:
    """The operators' work of one process.

    Attributes:
        drainer: Whose lines the other process may have to hear.
        copies: How many builds' images are being copied, which no client waits for.

    Args:
        stand: Where several swarmds share the work: makes this process a candidate for the lead,
            or leaves the lead to others.
    """

    def __init__(
        self,
        operator_state: OperatorState,
        rescheduler: Rescheduler,
        drainer: Drainer,
        rebalancer: Rebalancer,
        changes: NodeEvents,
        watcher: NodeWatcher,
        stand: Callable[[bool], None] = leads,
    ) -> None:
        self.copies: Callable[[], int] = int
        self._stand = stand
        self.drainer = drainer
        self._operator_state = operator_state
        self._rescheduler = rescheduler
        self._rebalancer = rebalancer
        self._changes = changes
        self._watcher = watcher

    # In the process that is to leave it

    def pause(self) -> Deferred[Any]:
        """Nothing new is begun; fires when what is under way has ended."""
        all_ = [self.drainer.pause(), self._rescheduler.pause(), self._rebalancer.pause()]
        return DeferredList(all_, consumeErrors=True)

    def document(self) -> dict[str, Any]:
        """All that the other process has to know to go on."""
        return {
            "book": self._operator_state.document(),
            "absences": [each.document() for each in self._rescheduler.absences()],
            "drains": self.drainer.reports(),
            "up": self._changes.up(),
        }

    def break_off(self) -> None:
        """What is under way, as far as it has come."""
        self.drainer.break_off()
        self._rescheduler.break_off()
        self._rebalancer.break_off()

    def leave(self) -> None:
        """The other process does it from now on."""
        self._watcher.stand_by()
        self._stand(False)
        self._operator_state.leave()
        self._rescheduler.leave()

    def resume(self) -> None:
        """The other process does not, before ``leave``."""
        self._rescheduler.resume()
        self.drainer.resume()
        self._rebalancer.resume()
        self._stand(True)

    # In the process that is to take it up

    def stand_by(self) -> None:
        self._watcher.stand_by()
        self._stand(False)

    def begin(self, document: Mapping[str, Any]) -> None:
        """Goes on where the other one has left.

        Raises:
            ValueError: That one's state is not understood.
            ApiError: It cannot be kept here.
        """
        try:
            absences = [read_absence(each) for each in document["absences"]]
            self._operator_state.take_in(document["book"])
            self.drainer.go_on(document["drains"])
            self._changes.go_on(document["up"])
        except (KeyError, TypeError) as error:
            raise ValueError(f"the operators' work is not understood: {error!r}") from None
        self._rescheduler.go_on(absences)
        self._watcher.begin()
        self._changes.settle()
        self._stand(True)

    def begin_alone(self) -> None:
        """The other one has ended without a word: the state file and engines tell what there is."""
        self._operator_state.read_again()
        self._watcher.begin()
        self._stand(True)
