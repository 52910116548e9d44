"""The replacement of one lost container: retried until it works, or given up with a reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from swarmd.cluster.actions import ContainerGone
from swarmd.core.backoff import backoff
from swarmd.core.container.container_state import Container
from swarmd.core.errors import ApiError, EngineRefused, EngineUnreachable
from swarmd.core.printable import in_one_line
from swarmd.manager.fleet.fleet import Fleet
from swarmd.manager.moving.blueprint import blueprint, reasons_to_stay
from swarmd.manager.moving.mover import Mover
from swarmd.manager.nodes.operator_state import Loss, OperatorState, Tombstone
from swarmd.manager.rescheduling.reschedule_event import publish

RETRY, RETRY_CEILING = 2.0, 60.0  # seconds between attempts where nothing suggests another


class HopelessError(Exception):
    """A container that cannot be made again, whatever may change."""


@dataclass(slots=True)
class Case:
    """One loss under treatment.

    Attributes:
        returned: The node came back: the old container lives, and no new one may.
        pause: Fires when it is time for another attempt.
    """

    loss: Loss
    returned: bool = False
    complaint: str = ""
    pause: Deferred[None] | None = None
    work: Deferred[None] | None = field(default=None, repr=False)

    def wake(self) -> None:
        pause, self.pause = self.pause, None
        if pause is not None:
            pause.callback(None)

    def cancel(self) -> None:
        if self.work is not None:
            self.work.cancel()

    def is_of(self, key: str, engine_id: str) -> bool:
        """Whether it is that of a node that lives, and may still be stopped for it."""
        here = self.loss.engine_id == engine_id if engine_id else self.loss.engine == key
        return here and not (self.returned or self.loss.declared)


class Replacing:
    """The steps of one replacement."""

    _log = Logger()

    def __init__(
        self,
        fleet: Fleet,
        mover: Mover,
        operator_state: OperatorState,
        clock: IReactorTime,
        jitter: Callable[[], float],
    ) -> None:
        self._fleet = fleet
        self._mover = mover
        self._operator_state = operator_state
        self._clock = clock
        self._jitter = jitter

    async def attempt(self, case: Case) -> bool:
        """Whether the case is closed: by success, for good reasons, or by the node's return."""
        try:
            if not case.returned or self._is_decided(case):
                await self._replace(case)
            elif made := self._mover.replacement(case.loss.id):
                await self._mover.remove(made)
        except HopelessError as error:
            self._complain(case, str(error))
        except ApiError as error:
            self._complain(case, error.message)
            return False
        return await self._settled(case)

    async def _settled(self, case: Case) -> bool:
        """Whether it is also known to be."""
        try:
            await self._operator_state.spare({case.loss.id})
        except ApiError as error:
            self._complain(case, error.message)
            return False
        return True

    async def rest(self, case: Case, attempt: int) -> None:
        """Until the next attempt, or until something makes it worth while earlier."""
        wait = backoff(attempt, base=RETRY, ceiling=RETRY_CEILING, jitter=self._jitter)
        pause = case.pause = Deferred()
        timer = self._clock.callLater(wait, case.wake)
        try:
            await pause
        finally:
            case.pause = None
            if timer.active():
                timer.cancel()

    async def _replace(self, case: Case) -> None:
        loss, book = case.loss, self._operator_state.book
        if self._operator_state.shared and loss.id not in book.losses:
            await self._operator_state.lose({loss.id: loss})
        new = self._made(loss) or await self._make(loss)
        if self._is_back(case):
            await self._mover.remove(new)
            return
        await self._operator_state.bury(Tombstone(loss.id, loss.name, loss.engine_id, new.id))
        if loss.running:
            await self._start(new, loss)
        self._fleet.state.dispatch(ContainerGone(loss.engine, loss.id))
        self._announce(case, new)

    def _made(self, loss: Loss) -> Container | None:
        """The new one, where an earlier attempt, or another swarmd, made it."""
        stone = self._operator_state.book.tombstones.get(loss.id)
        named = self._fleet.state.containers.get(stone.replacement) if stone else None
        return named or self._mover.replacement(loss.id)

    def _is_back(self, case: Case) -> bool:
        return case.returned and not self._is_decided(case)

    def _is_decided(self, case: Case) -> bool:
        """Whether the old container has its tombstone: the new one has won."""
        stone = self._operator_state.book.tombstones.get(case.loss.id)
        return stone is not None and bool(stone.replacement)

    async def _make(self, loss: Loss) -> Container:
        if not loss.inspect:
            raise HopelessError("what it was is not known: its node was lost too soon")
        reasons = reasons_to_stay(loss.inspect, self._mover.shared_volumes(), lost=True)
        if reasons:
            raise HopelessError("; ".join(reasons))
        old = Container(loss.id, loss.engine, (loss.name,))
        return await self._mover.create(blueprint(loss.inspect, loss.name), old)

    async def _start(self, new: Container, loss: Loss) -> None:
        """One that failed is undone; one whose answer was lost is taken for done."""
        try:
            await self._mover.start(new)
        except ApiError as error:
            if isinstance(error, EngineUnreachable) and error.sent:
                self._log.warn("start of {name}: {error}", name=loss.name, error=error)
                return
            await self._operator_state.unbury(loss.id, loss)
            if isinstance(error, EngineRefused):
                await self._mover.remove(new)
            raise

    # Events

    def _complain(self, case: Case, error: str) -> None:
        """Once: the same may be tried for hours."""
        if error != case.complaint:
            case.complaint = error
            words = in_one_line(error)
            self._log.warn("rescheduling {name}: {error}", name=case.loss.name, error=words)
            self._publish(case.loss.engine, case.loss.id, case.loss, {"error": error})

    def _announce(self, case: Case, new: Container) -> None:
        loss, engine = case.loss, self._fleet.state.engines.get(new.engine)
        node = engine.name if engine else new.engine
        self._log.info("{name} of {old} is on {new}", name=loss.name, old=loss.node, new=node)
        self._publish(new.engine, new.id, loss, {"image": new.image})

    def _publish(self, key: str, actor_id: str, loss: Loss, more: dict[str, str]) -> None:
        attributes = {"name": loss.name, "old.id": loss.id, "old.node": loss.node, **more}
        publish(self._fleet, key, actor_id, attributes)
