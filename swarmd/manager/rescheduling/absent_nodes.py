"""Nodes that are away: what waits for their return, for how long, and what is lost with them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from twisted.internet.interfaces import IReactorTime

from swarmd.manager.nodes.operator_state import Loss
from swarmd.manager.rescheduling.absence import Absence, declared
from swarmd.manager.rescheduling.candidates import wants
from swarmd.manager.rescheduling.grace import Graces


@dataclass(frozen=True, slots=True)
class Rules:
    """The options of rescheduling.

    Attributes:
        default: Containers that say nothing are rescheduled, too.
        grace: Seconds without an answer after which a node is lost.
        confirm: Only an operator can say that a node is lost.
    """

    default: bool = False
    grace: float = 60.0
    confirm: bool = False


class AbsentNodes:
    """The nodes that are away, by the keys of their engines.

    Args:
        on_lost: Called with the key once the grace time of a node is over.

    Attributes:
        alive: Those whose last word was one, if only that we are not welcome.
        due: Those that are lost, while another swarmd does something about it.
    """

    def __init__(self, clock: IReactorTime, rules: Rules, on_lost: Callable[[str], None]) -> None:
        self.alive: set[str] = set()
        self.due: set[str] = set()
        self._rules = rules
        self._graces = Graces(clock, rules.grace, on_lost)
        self._losses: dict[str, Sequence[Loss]] = {}

    def __contains__(self, key: str) -> bool:
        return key in self._losses

    def losses(self, key: str) -> Sequence[Loss]:
        """What is to be made again of it when it is lost."""
        return self._losses.get(key, ())

    def put(self, key: str, losses: Iterable[Loss]) -> None:
        """The same wait, for other losses."""
        self._losses[key] = list(losses)

    def begin(self, key: str, losses: Sequence[Loss]) -> None:
        if losses:
            self._losses[key] = losses
            if key not in self.alive or declared(losses):
                self.count(key)

    def count(self, key: str) -> None:
        """Its grace time runs from now on, unless it does already."""
        if key in self._losses and key not in self.due and not self._rules.confirm:
            self._graces.begin(key)

    def counts(self, key: str) -> bool:
        return key in self._graces or key in self.due

    def end(self, key: str) -> Sequence[Loss]:
        """Nothing waits for it any more; returns what did."""
        self.due.discard(key)
        self._graces.stop(key)
        return self._losses.pop(key, ())

    def end_all(self) -> None:
        self._graces.stop_all()
        self._losses.clear()
        self.due.clear()

    def fall_due(self, key: str, losses: Sequence[Loss] = ()) -> None:
        """It is lost; what is to be done about it is another's, for now."""
        self._graces.stop(key)
        known = {loss.id: loss for loss in (*self.losses(key), *losses)}
        self._losses[key] = list(known.values())
        self.due.add(key)

    def change(self, rules: Rules) -> None:
        """They count for nodes that are away, too; what is due waits for the lead, not for time."""
        self._rules = rules
        self._graces.change(rules.grace)
        for key, losses in list(self._losses.items()):
            left = [loss for loss in losses if loss.declared or wants(loss, rules.default)]
            if not left or rules.confirm:
                self._graces.stop(key)
                self.due.discard(key)
            self._losses.pop(key)
            self.begin(key, left)

    # For the hand-over to another process

    def absences(self) -> list[Absence]:
        return [
            Absence(key, tuple(losses), self._graces.left(key))
            for key, losses in self._losses.items()
        ]

    def go_on(self, absence: Absence) -> None:
        self._losses[absence.key] = absence.losses
        if absence.left is not None:
            self._graces.begin(absence.key, absence.left)
