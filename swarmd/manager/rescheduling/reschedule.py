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

from collections.abc import Callable, Iterable
from dataclasses import replace
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
from swarmd.manager.rescheduling.absent_nodes import AbsentNodes, Rules
from swarmd.manager.rescheduling.candidates import Candidates, is_wanted
from swarmd.manager.rescheduling.replacement import Case, Replacing
from swarmd.manager.rescheduling.room_made import makes_room
from swarmd.manager.rescheduling.shutdowns import Shutdowns
from swarmd.manager.rescheduling.tombstones import Tombstones

AT_ONCE = 4  # containers that are made at the same time
FREED = 1.0  # seconds after something made room, in which more may follow


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
        self._absent = AbsentNodes(clock, rules, self._give_up)
        self._cases: dict[str, Case] = {}  # by the old container's ID
        self._freed: IDelayedCall | None = None
        self._paused = self._standing_by = False
        self._left: list[Loss] = []  # what was under way when it was paused
        self.tombstones = Tombstones(fleet, mover, operator_state, self._cases)

    def stopService(self) -> None:
        super().stopService()
        self._known.close()
        self.tombstones.close()
        self._absent.end_all()
        if self._freed is not None and self._freed.active():
            self._freed.cancel()
        for case in list(self._cases.values()):
            case.cancel()

    def change(self, rules: Rules) -> None:
        """They count for nodes that are away, too, but not for what is being made again."""
        self.rules = rules
        self._known.change(rules.default)
        self._absent.change(rules)

    # News

    def listed(self, engine: Engine) -> None:
        """What an earlier run of swarmd left undone waits as long as a fresh loss."""
        if engine.key not in self._absent and not engine.healthy:
            self._absent.begin(engine.key, self._undone(engine.key))

    def lost(self, engine: Engine) -> None:
        wanted = [
            container
            for container in engine.containers.values()
            if is_wanted(container.labels, self.rules.default)
        ]
        in_order = sorted(wanted, key=lambda container: container.created)
        ended = self._shutdowns.with_engine(engine)
        losses = [self._known.loss(one, engine, one.running or one.id in ended) for one in in_order]
        self._absent.begin(engine.key, losses)

    def came(self, engine: Engine) -> None:
        """Old copies go, unfinished replacements are given up, and others may find room."""
        self._absent.end(engine.key)
        for case in self._cases.values():
            case.returned = case.returned or case.loss.engine_id == engine.spec.id
        self._wake()
        if not self._standing_by:
            self._settle(engine)

    def _settle(self, engine: Engine) -> None:
        """A replacement that has its tombstone has won, and is only to be started."""
        self.tombstones.clean(engine)
        book = self._operator_state.book
        back = [one for one in book.losses.values() if one.engine_id == engine.spec.id]
        for loss in back:
            if loss.id in book.tombstones and loss.id not in self._cases:
                self._begin(loss)
        self._spare({one.id for one in back} - self._cases.keys())

    def left(self, key: str) -> None:
        """Taken off the list: from now on it is none of our business."""
        self._absent.end(key)
        self._absent.alive.discard(key)
        for case in list(self._cases.values()):
            if case.loss.engine == key:
                case.cancel()
        if not self._standing_by:
            self._spare({loss.id for loss in self._undone(key)})

    def _spare(self, ids: set[str]) -> None:
        work = Deferred.fromCoroutine(self._operator_state.spare(ids))
        work.addErrback(lambda failure: self._log.warn("{error}", error=failure.value))

    def on_action(self, action: news.Action) -> None:
        self.observe(action)
        engine = self._fleet.state.engines.get(action.key)
        if makes_room(action):
            self.tombstones.look_again()
        if isinstance(action, news.EngineValidated) and engine is not None and engine.spec.id:
            self.tombstones.hide(engine)
        elif self._cases and makes_room(action) and self._freed is None:
            self._freed = self._clock.callLater(FREED, self._wake)

    def _hear(self, action: news.Action) -> None:
        match action:
            case news.EngineFailed(silent=True):
                self._absent.alive.discard(action.key)
                self._absent.count(action.key)
            case news.EngineFailed() | news.EngineRejected() | news.EngineAnswered():
                self._absent.alive.add(action.key)
                self._hold(action.key)
            case news.EngineValidated():
                self._absent.alive.add(action.key)
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
            case.cancel()

    def resume(self) -> None:
        """Nobody else has taken it up."""
        self._paused = False
        for loss in () if self._standing_by else self._left:
            self._begin(loss)

    def absences(self) -> list[Absence]:
        """What waits, or is under way, for another process to go on with."""
        left = (Absence(loss.engine, (loss,), 0.0) for loss in self._left)
        return [*self._absent.absences(), *left]

    def go_on(self, absences: Iterable[Absence]) -> None:
        """What another process has left; nodes that are back are heard of afterwards."""
        for absence in absences:
            engine = self._fleet.state.engines.get(absence.key)
            if engine is None or engine.healthy:
                continue
            if absence.left != 0.0:
                self._absent.go_on(absence)
            elif self._standing_by:
                self._absent.fall_due(absence.key, absence.losses)
            else:
                for loss in absence.losses:
                    self._begin(loss)

    def leave(self) -> None:
        """Another process goes on with all of it."""
        self._absent.end_all()
        self._left.clear()

    # Several swarmds: one of them does it, and all know what is to be done

    def stand_by(self) -> None:
        """Another swarmd does the work; what is under way here ends before its next step."""
        self._standing_by = True
        self.tombstones.close()
        for case in list(self._cases.values()):
            if not case.returned:
                self._absent.fall_due(case.loss.engine, [case.loss])
            case.cancel()

    def take_up(self) -> None:
        """This one does the work from now on, where the one before has left it."""
        self._standing_by = False
        for loss in self._operator_state.book.losses.values():
            self.undone(loss)
        for key in list(self._absent.due):
            self._give_up(key)
        for engine in list(self._fleet.state.engines.values()):
            if engine.healthy:
                self._settle(engine)

    def undone(self, loss: Loss) -> None:
        """A loss that is in the book, perhaps by another swarmd's or its operator's word."""
        engine = self._fleet.state.engines.get(loss.engine)
        if engine is None or engine.healthy or loss.id in self._cases:
            return
        if not loss.inspect:  # nothing secret is in the store, unless it is encrypted
            loss = replace(loss, inspect=self._known.find(loss.engine, loss.id) or {})
        if loss.engine not in self._absent.alive or loss.declared:
            self._absent.fall_due(loss.engine, [loss])
            if not self._standing_by:
                self._give_up(loss.engine)
        else:
            self._absent.begin(loss.engine, [*self._absent.losses(loss.engine), loss])

    # Waiting for a node

    def _hold(self, key: str, engine_id: str = "") -> None:
        """The node cannot be used, but it lives, or the engine with this ID does.

        Nothing of it is made again, unless it falls silent, or an operator has said it is lost.
        """
        stopped = [case for case in self._cases.values() if case.is_of(key, engine_id)]
        losses = [*self._absent.losses(key), *(case.loss for case in stopped)]
        if not losses or declared(losses) or not (stopped or self._absent.counts(key)):
            return
        text = "{node} answers: what it has is not made again, unless an operator says it is lost"
        self._log.info(text, node=losses[0].node)
        self._absent.end(key)
        self._absent.put(key, losses)
        for case in stopped:
            case.returned = True
            case.wake()

    def held(self, engine: Engine) -> bool:
        """Whether what is on it waits for an operator's word, since it lives."""
        return engine.key in self._absent and engine.key in self._absent.alive

    def _give_up(self, key: str) -> None:
        """The node is lost."""
        if self._standing_by:
            self._absent.fall_due(key)
            return
        over = self._over()
        losses = {loss.id: loss for loss in self._absent.end(key) if loss.id not in over}
        recorded = Deferred.fromCoroutine(self._record(losses))
        for loss in losses.values():
            if loss.id not in self._cases:
                self._begin(loss, recorded)

    async def _record(self, losses: dict[str, Loss]) -> None:
        try:
            await self._operator_state.lose(losses)
        except ApiError as error:
            self._log.warn("{error}; what is lost is known in memory only", error=error)

    async def declare_lost(self, engine: Engine) -> list[str]:
        """An operator says so. Returns the names of the containers that are made again.

        Raises:
            Conflict: The node answers.
            ApiError: Another swarmd is to do it, and cannot be told.
        """
        if engine.healthy:
            raise Conflict(f"node {engine.name} answers, so it is not lost")
        losses = [replace(loss, declared=True) for loss in self._absent.losses(engine.key)]
        if self._standing_by:
            await self._operator_state.lose({loss.id: loss for loss in losses}, led=False)
        else:
            self._absent.put(engine.key, losses)
            self._give_up(engine.key)
        return self.waiting(engine)

    def waiting(self, engine: Engine) -> list[str]:
        """Names of containers of a node that are still to be made again."""
        cases = (case.loss for case in self._cases.values() if case.loss.engine == engine.key)
        shared = self._undone(engine.key) if self._operator_state.shared else ()
        waiting = {one.id: one for one in (*self._absent.losses(engine.key), *cases, *shared)}
        over = self._over()
        return [loss.name for loss in waiting.values() if loss.id not in over]

    def _over(self) -> set[str]:
        """IDs of what was replaced or given up, perhaps by another swarmd."""
        book = self._operator_state.book
        return book.tombstones.keys() - book.losses.keys()

    def reschedulable(self, engine: Engine) -> list[str]:
        """Names of the containers that would be made again if the node were lost now."""
        known = self._known.ids(engine.key)
        return sorted(plain_name(one) for one in engine.containers.values() if one.id in known)

    async def forget(self, container: Container, engine: Engine) -> None:
        """As of ``Tombstones``; what was to be made again of it is not."""
        undone = self._operator_state.book.losses if self._standing_by else self._cases
        if container.id in undone:
            raise Conflict(f"container {container.name} is just being made again")
        await self.tombstones.forget(container, engine)
        self.forgotten(container.id, engine.key)

    def forgotten(self, container_id: str, key: str) -> None:
        """An operator has given it up, perhaps at another swarmd."""
        if key in self._absent:
            left = [loss for loss in self._absent.losses(key) if loss.id != container_id]
            self._absent.put(key, left)

    # Cases

    def _begin(self, loss: Loss, recorded: Deferred[None] | None = None) -> None:
        case = self._cases[loss.id] = Case(loss)
        case.work = Deferred.fromCoroutine(self._treat(case, recorded))
        case.work.addErrback(self._broke, case)
        case.work.addBoth(self._close, case)

    async def _treat(self, case: Case, recorded: Deferred[None] | None) -> None:
        if recorded is not None:
            await end_of(recorded)
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
        if self.running and owner is not None and not self._standing_by:
            self.tombstones.clean(owner)

    def _wake(self) -> None:
        """Something changed for the better: everybody who waits tries again."""
        if self._freed is not None and self._freed.active():
            self._freed.cancel()
        self._freed = None
        for case in list(self._cases.values()):
            case.wake()
