"""Rescheduling (failover of containers): those of a lost node, made again elsewhere, never twice.

A node is lost when nothing at all has come from it for the grace time, or when an operator says
so. One that cannot be used but says anything (shows a certificate that we refuse, refuses ours,
answers with an error) is alive, and so are its containers. swarmd cannot tell a dead node from one
that is only cut off; there the old copies go on until the node is back (``--reschedule-confirm``
leaves the judgement to people). A node that discovery no longer names is not lost: nothing of it is
moved.

For each container, in this order: the new one is made, a tombstone for the old one is written, the
new one is started. When the node comes back before the tombstone, the old one lives on and the new
one is removed; when it comes after, the old one is removed, and was hidden all the while.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from twisted.application.service import Service
from twisted.internet.defer import (
    CancelledError,
    Deferred,
    DeferredList,
    DeferredSemaphore,
    succeed,
)
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from swarmd.cluster import actions as news
from swarmd.core.container.container_state import Container
from swarmd.core.errors import ApiError, Conflict
from swarmd.core.model import Engine
from swarmd.manager.fleet.fleet import Fleet
from swarmd.manager.fleet.shield import end_of
from swarmd.manager.moving.mover import Mover
from swarmd.manager.moving.set_aside import plain_name
from swarmd.manager.nodes.operator_state import Loss, OperatorState
from swarmd.manager.rescheduling.absence import Absence, declared
from swarmd.manager.rescheduling.candidates import Candidates, is_wanted, wants
from swarmd.manager.rescheduling.grace import Graces
from swarmd.manager.rescheduling.replacement import Case, Replacing
from swarmd.manager.rescheduling.shutdowns import Shutdowns
from swarmd.manager.rescheduling.tombstones import Tombstones

AT_ONCE = 4  # containers that are made at the same time
FREED = 1.0  # seconds after something made room, in which more may follow


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


class Rescheduler(Service):
    """The rescheduler (failover of containers): watches nodes, see ``NodeWatcher``.

    Attributes:
        rules: In force.
        tombstones: The old copies.
    """

    _log = Logger()

    def __init__(
        self,
        fleet: Fleet,
        mover: Mover,
        operator_state: OperatorState,
        clock: IReactorTime,
        jitter: Callable[[], float],
        rules: Rules,
    ) -> None:
        self._fleet = fleet
        self._operator_state = operator_state
        self._clock = clock
        self.rules = rules
        self._known = Candidates(fleet, clock, rules.default)
        self._shutdowns = Shutdowns(clock)
        self._replacing = Replacing(fleet, mover, operator_state, clock, jitter)
        self._semaphore = DeferredSemaphore(AT_ONCE)
        self._graces = Graces(clock, rules.grace, self._give_up)
        self._absent: dict[str, Sequence[Loss]] = {}  # engine key -> what goes after the grace
        self._alive: set[str] = set()  # keys of those whose last word was one
        self._cases: dict[str, Case] = {}  # by the old container's ID
        self._freed: IDelayedCall | None = None
        self._paused = False
        self._left: list[Loss] = []  # what was under way when it was paused
        self.tombstones = Tombstones(fleet, mover, operator_state, self._cases)

    def stopService(self) -> None:
        super().stopService()
        self._known.close()
        self.tombstones.close()
        self._graces.stop_all()
        if self._freed is not None:
            self._freed.cancel()
            self._freed = None
        for case in list(self._cases.values()):
            _cancel(case)

    def change(self, rules: Rules) -> None:
        """They count for nodes that are away, too, but not for what is being made again."""
        self.rules = rules
        self._known.change(rules.default)
        self._graces.change(rules.grace)
        for key, losses in list(self._absent.items()):
            left = [loss for loss in losses if loss.declared or wants(loss, rules.default)]
            if not left or rules.confirm:
                self._graces.stop(key)
            self._absent.pop(key)
            self._await_return(key, left)

    # News

    def listed(self, engine: Engine) -> None:
        """What an earlier run of swarmd left undone waits as long as a fresh loss."""
        if engine.key not in self._absent and not engine.healthy:
            self._await_return(engine.key, self._undone(engine.key))

    def lost(self, engine: Engine) -> None:
        wanted = [
            container
            for container in engine.containers.values()
            if is_wanted(container.labels, self.rules.default)
        ]
        in_order = sorted(wanted, key=lambda container: container.created)
        ended = self._shutdowns.with_engine(engine)
        losses = [self._loss(one, engine, one.running or one.id in ended) for one in in_order]
        self._await_return(engine.key, losses)

    def came(self, engine: Engine) -> None:
        """Old copies go, unfinished replacements are given up, and others may find room."""
        self._stop_waiting(engine.key)
        for case in self._cases.values():
            case.returned = case.returned or case.loss.engine_id == engine.spec.id
        self._wake()
        self.tombstones.clean(engine)
        undone = self._operator_state.book.losses.values()
        back = {one.id for one in undone if one.engine_id == engine.spec.id}
        self._operator_state.spare(back - self._cases.keys())

    def left(self, key: str) -> None:
        """Taken off the list: from now on it is none of our business."""
        self._stop_waiting(key)
        self._alive.discard(key)
        for case in list(self._cases.values()):
            if case.loss.engine == key:
                _cancel(case)
        self._operator_state.spare({loss.id for loss in self._undone(key)})

    def on_action(self, action: news.Action) -> None:
        self.observe(action)
        engine = self._fleet.state.engines.get(action.key)
        if _makes_room(action):
            self.tombstones.look_again()
        if isinstance(action, news.EngineValidated) and engine is not None and engine.spec.id:
            self.tombstones.hide(engine)
        elif self._cases and _makes_room(action) and self._freed is None:
            self._freed = self._clock.callLater(FREED, self._wake)

    def _hear(self, action: news.Action) -> None:
        match action:
            case news.EngineFailed(silent=True):
                self._alive.discard(action.key)
                self._begin_grace(action.key)
            case news.EngineFailed() | news.EngineRejected() | news.EngineAnswered():
                self._alive.add(action.key)
                self._hold(action.key)
            case news.EngineValidated():
                self._alive.add(action.key)
                self._hold(action.key, action.spec.id)

    def _undone(self, key: str) -> list[Loss]:
        return [loss for loss in self._operator_state.book.losses.values() if loss.engine == key]

    def observe(self, action: news.Action) -> None:
        """As ``on_action``, while another process does the rescheduling."""
        self._known.on_action(action)
        self._shutdowns.on_action(action)
        self._hear(action)

    # For the hand-over to another process

    def pause(self) -> Deferred[Any]:
        """Nothing more is made again; fires when what is under way is done."""
        self._paused = True
        self._wake()
        under_way = [*(case.work for case in self._cases.values()), *self.tombstones.works()]
        works = [end_of(work) for work in under_way if work is not None]
        return DeferredList(works, consumeErrors=True)

    def break_off(self) -> None:
        """As it ends; what is lost is in the state, and goes on from there."""
        self.tombstones.close()
        for case in list(self._cases.values()):
            self._left.append(case.loss)
            _cancel(case)

    def resume(self) -> None:
        """Nobody else has taken it up."""
        self._paused = False
        self._go_on_with(self._left)

    def absences(self) -> list[Absence]:
        """What waits, or is under way, for another process to go on with."""
        waiting = [
            Absence(key, tuple(losses), self._graces.left(key))
            for key, losses in self._absent.items()
        ]
        return [*waiting, *(Absence(loss.engine, (loss,), 0.0) for loss in self._left)]

    def go_on(self, absences: Iterable[Absence]) -> None:
        """What another process has left; nodes that are back are heard of afterwards."""
        for absence in absences:
            engine = self._fleet.state.engines.get(absence.key)
            if engine is None or engine.healthy:
                continue
            if absence.left == 0.0:
                self._go_on_with(absence.losses)
                continue
            self._absent[absence.key] = absence.losses
            if absence.left is not None:
                self._graces.begin(absence.key, absence.left)

    def _go_on_with(self, losses: Iterable[Loss]) -> None:
        for loss in losses:
            self._begin(loss)

    def leave(self) -> None:
        """Another process goes on with all of it."""
        self._graces.stop_all()
        self._absent.clear()
        self._left.clear()

    # Waiting for a node

    def _await_return(self, key: str, losses: Sequence[Loss]) -> None:
        if losses:
            self._absent[key] = losses
            if key not in self._alive or declared(losses):
                self._begin_grace(key)

    def _begin_grace(self, key: str) -> None:
        if key in self._absent and not self.rules.confirm:
            self._graces.begin(key)

    def _hold(self, key: str, engine_id: str = "") -> None:
        """The node cannot be used, but it lives, or the engine with this ID does.

        Nothing of it is made again, unless it falls silent, or an operator has said it is lost.
        """
        stopped = [case for case in self._cases.values() if _is_of(case, key, engine_id)]
        losses = [*self._absent.get(key, ()), *(case.loss for case in stopped)]
        waits = key in self._graces or stopped
        if not losses or not waits or declared(losses):
            return
        text = "{node} answers: what it has is not made again, unless an operator says it is lost"
        self._log.info(text, node=losses[0].node)
        self._stop_waiting(key)
        self._absent[key] = losses
        for case in stopped:
            case.returned = True
            case.wake()

    def held(self, engine: Engine) -> bool:
        """Whether what is on it waits for an operator's word, since it lives."""
        return engine.key in self._absent and engine.key in self._alive

    def _stop_waiting(self, key: str) -> None:
        self._absent.pop(key, None)
        self._graces.stop(key)

    def _give_up(self, key: str) -> None:
        """The node is lost."""
        losses = {loss.id: loss for loss in self._absent.get(key, ())}
        self._stop_waiting(key)
        try:
            self._operator_state.lose(losses)
        except ApiError as error:
            self._log.warn("{error}; what is lost is known in memory only", error=error)
        for loss in losses.values():
            if loss.id not in self._cases:
                self._begin(loss)

    def declare_lost(self, engine: Engine) -> list[str]:
        """An operator says so. Returns the names of the containers that are made again.

        Raises:
            Conflict: The node answers.
        """
        if engine.healthy:
            raise Conflict(f"node {engine.name} answers, so it is not lost")
        absent = self._absent.get(engine.key, ())
        self._absent[engine.key] = [replace(loss, declared=True) for loss in absent]
        self._give_up(engine.key)
        return self.waiting(engine)

    def waiting(self, engine: Engine) -> list[str]:
        """Names of containers of a node that are still to be made again."""
        cases = (case.loss for case in self._cases.values() if case.loss.engine == engine.key)
        return [loss.name for loss in (*self._absent.get(engine.key, ()), *cases)]

    def reschedulable(self, engine: Engine) -> list[str]:
        """Names of the containers that would be made again if the node were lost now."""
        known = self._known.ids(engine.key)
        return sorted(plain_name(one) for one in engine.containers.values() if one.id in known)

    def forget(self, container: Container, engine: Engine) -> None:
        """As of ``Tombstones``; what was to be made again of it is not."""
        if container.id in self._cases:
            raise Conflict(f"container {container.name} is just being made again")
        self.tombstones.forget(container, engine)
        absent = self._absent.get(engine.key, ())
        self._absent[engine.key] = [loss for loss in absent if loss.id != container.id]

    def _loss(self, container: Container, engine: Engine, running: bool) -> Loss:
        return Loss(
            id=container.id,
            name=plain_name(container),
            engine=engine.key,
            engine_id=engine.spec.id,
            node=engine.name,
            running=running,
            inspect=self._known.find(engine.key, container.id) or {},
        )

    # Cases

    def _begin(self, loss: Loss) -> None:
        case = self._cases[loss.id] = Case(loss)
        case.work = Deferred.fromCoroutine(self._treat(case))
        case.work.addErrback(self._broke, case)
        case.work.addBoth(self._close, case)

    async def _treat(self, case: Case) -> None:
        attempt = 0
        while not await self._semaphore.run(self._attempt, case):
            attempt += 1
            await self._replacing.rest(case, attempt)

    def _attempt(self, case: Case) -> Deferred[bool]:
        if self._paused:
            self._left.append(case.loss)
            return succeed(True)
        return Deferred.fromCoroutine(self._replacing.attempt(case))

    def _broke(self, failure: Failure, case: Case) -> None:
        if not failure.check(CancelledError):
            self._log.failure("rescheduling {name}", failure, name=case.loss.name)

    def _close(self, _: object, case: Case) -> None:
        """The node may have come back in the last moment."""
        self._cases.pop(case.loss.id, None)
        owner = self._fleet.state.roster.owner(case.loss.engine_id)
        if self.running and owner is not None:
            self.tombstones.clean(owner)

    def _wake(self) -> None:
        """Something changed for the better: everybody who waits tries again."""
        if self._freed is not None and self._freed.active():
            self._freed.cancel()
        self._freed = None
        for case in list(self._cases.values()):
            case.wake()


def _cancel(case: Case) -> None:
    if case.work is not None:
        case.work.cancel()


def _is_of(case: Case, key: str, engine_id: str) -> bool:
    """Whether a case is that of a node that lives, and may still be stopped for it."""
    loss = case.loss
    here = loss.engine_id == engine_id if engine_id else loss.engine == key
    return here and not (case.returned or loss.declared)


def _makes_room(action: news.Action) -> bool:
    if isinstance(action, news.EventSeen):
        return action.event.verb in ("die", "destroy")
    return isinstance(action, news.ContainerGone | news.DoubtResolved) or (
        isinstance(action, news.EngineCordoned) and not action.cordoned
    )
