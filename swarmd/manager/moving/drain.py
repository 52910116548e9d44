"""Draining a node: nothing new goes there, and what may move is moved, a few at a time.

A drain belongs to no client: it goes on when the one who asked leaves, and after a restart. What
cannot be moved stays and runs on; the report says why.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from twisted.application.service import Service
from twisted.internet.defer import CancelledError, Deferred, DeferredList, DeferredSemaphore
from twisted.logger import Logger
from twisted.python.failure import Failure

from swarmd.cluster import actions as news
from swarmd.core.container.container_state import Container
from swarmd.core.errors import ApiError, NotFound, Unavailable
from swarmd.core.model import Engine
from swarmd.core.printable import in_one_line
from swarmd.manager.containers.local_resources import LocalResources
from swarmd.manager.fleet.fleet import Fleet
from swarmd.manager.fleet.shield import end_of
from swarmd.manager.moving.groups import groups
from swarmd.manager.moving.relocate import Move, Relocation, Staying
from swarmd.manager.moving.set_aside import plain_name
from swarmd.manager.nodes.operator_state import NodeIntent, OperatorState

AT_ONCE = 4  # groups of containers of one node that move at the same time

Line = dict[str, Any]
Listener = Callable[[Line], None]


@dataclass
class Drain:
    """One drain under way.

    Attributes:
        total: How many containers were there when it began.
        lines: All that was reported so far; the last one has ``Done``.
    """

    node: str
    total: int = 0
    lines: list[Line] = field(default_factory=list)
    over: Deferred[None] = field(default_factory=Deferred)
    work: Deferred[None] | None = None
    stopped: bool = False
    on_line: Listener = field(default=lambda line: None)
    _listeners: list[Listener] = field(default_factory=list)

    def follow(self, listener: Listener) -> Callable[[], None]:
        """Tells all lines from the beginning; returns what ends that, once."""
        for line in self.lines:
            listener(line)
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def report(self, **line: Any) -> None:
        line = {"Node": self.node, **line}
        self.on_line(line)
        self.pass_on(line)

    def pass_on(self, line: Line) -> None:
        self.lines.append(line)
        for listener in list(self._listeners):
            listener(line)

    def count(self, status: str) -> int:
        """Of how many containers that was said last: who goes on with a drain tries them again."""
        last = {line["Container"]: line["Status"] for line in self.lines if "Container" in line}
        return sum(each == status for each in last.values())


class Drainer(Service):
    """The drainer of nodes: all drains; see ``NodeWatcher`` for how it hears of nodes."""

    _log = Logger()

    def __init__(
        self,
        fleet: Fleet,
        relocation: Relocation,
        local: LocalResources,
        operator_state: OperatorState,
    ) -> None:
        self._fleet = fleet
        self._relocation = relocation
        self._local = local
        self._operator_state = operator_state
        self._drains: dict[str, Drain] = {}  # by engine key
        self._last: dict[str, Drain] = {}  # the same, also of those that are over
        self._mending: Deferred[None] | None = None
        self._to_mend = False
        self._to_tidy: set[str] = set()  # where a move may have left a network twice
        self._paused = self._standing_by = False
        self._left: dict[str, Drain] = {}  # by engine key: they go on in another process
        self._lines: dict[str, list[Line]] = {}  # what that other one had reported
        self.on_line: Callable[[str, Line], None] | None = None
        self.publish: Callable[[str, Line], None] = lambda key, line: None

    def stopService(self) -> None:
        super().stopService()
        self.break_off()

    # News

    def listed(self, engine: Engine) -> None: ...

    def lost(self, engine: Engine) -> None: ...

    def on_action(self, action: news.Action) -> None:
        """An engine that was lost may put a container aside long after nobody waits for that.

        One that was put aside gets its name back once it is certain that no other has it.
        """
        if isinstance(action, news.DoubtResolved):
            self._mend_soon()
        if isinstance(action, news.ContainersListed) and action.asked:
            engine = self._fleet.state.engines.get(action.key)
            if engine is not None and self._relocation.met(engine, action.asked):
                self._mend_soon()

    def came(self, engine: Engine) -> None:
        """The last node that was missing allows to end what was left half done."""
        self._relocation.met(engine)
        self._to_tidy.add(engine.key)
        self._mend_soon()

    def left(self, key: str) -> None:
        self._last.pop(key, None)
        self.stop(key)
        self._mend_soon()

    def _mend_soon(self) -> None:
        self._to_mend = True
        if self._mending is None and not (self._paused or self._standing_by):
            self._mending = Deferred.fromCoroutine(self._mend())
            self._mending.addErrback(self._broke)
            self._mending.addBoth(self._mended)

    async def _mend(self) -> None:
        """First what an earlier run left half done is ended, then drains go on."""
        while self._to_mend and not (self._paused or self._standing_by):
            self._to_mend = False
            try:
                await self._relocation.mend()
            except ApiError as error:
                self._log.warn("half a move is left: {error}", error=error)
            while self._to_tidy:
                await self._tidy(self._fleet.state.engines.get(self._to_tidy.pop()))
            for key, node in self._operator_state.book.nodes.items():
                engine = self._fleet.state.engines.get(key)
                if node.draining and engine is not None and self._may_go_on(engine):
                    self._begin(engine)

    def _may_go_on(self, engine: Engine) -> bool:
        there = engine.healthy and not self.draining(engine)
        return there and self._relocation.mended(engine)

    def _mended(self, _: object) -> None:
        self._mending = None

    def _broke(self, failure: Failure) -> None:
        if not failure.check(CancelledError):
            self._log.failure("drain", failure)

    # For the hand-over to another process

    def pause(self) -> Deferred[Any]:
        """No further container is moved; fires when those under way are."""
        self._paused = True
        under_way = [*(drain.work for drain in self._drains.values()), self._mending]
        works = [end_of(work) for work in under_way if work is not None]
        return DeferredList(works, consumeErrors=True)

    def break_off(self) -> None:
        works = [drain.work for drain in self._drains.values()]
        for work in (*works, self._mending):
            if work is not None:
                work.cancel()

    def resume(self) -> None:
        """Nobody else has taken it up."""
        self._paused = False
        for key, drain in list(self._left.items()):
            self._lines[key] = drain.lines
        self._mend_soon()

    def reports(self) -> dict[str, list[Line]]:
        """Of the drains that another process is to go on with."""
        return {key: drain.lines for key, drain in self._left.items()}

    def go_on(self, reports: Mapping[str, list[Line]]) -> None:
        """What another process had reported of drains that are to go on here."""
        self._lines = {key: list(lines) for key, lines in reports.items()}

    def follow(self, key: str, line: Line) -> None:
        """A line of a drain that has gone on in another process, for who follows it here."""
        drain = self._left.get(key)
        if drain is not None:
            drain.pass_on(line)
            if line.get("Done"):
                del self._left[key]
                drain.over.callback(None)

    # Several swarmds: one of them drains, at any of them it may be asked for and followed

    def stand_by(self) -> None:
        """Another swarmd drains; what is under way here ends before its next step."""
        self._standing_by = True
        self.break_off()

    def take_up(self, reports: Mapping[str, list[Line]]) -> None:
        """This one drains from now on; ``reports`` are of the drains that are to go on."""
        self._standing_by = False
        self.go_on(reports)
        for engine in list(self._fleet.state.engines.values()):
            if engine.healthy:
                self.came(engine)

    def wanted(self, key: str) -> None:
        """What operators want of a node has changed, perhaps by a word at another swarmd."""
        if self._operator_state.node(key).draining:
            self._mend_soon()
        else:
            self.stop(key)

    # What operators ask for

    async def drain(self, engine: Engine) -> Drain:
        """Begins one, or joins the one under way; the node is cordoned from now on.

        Raises:
            ApiError: The node does not answer, or the state file cannot be written.
        """
        known = self._drains.get(engine.key) or self._left.get(engine.key)
        if known is not None:
            return known
        if not engine.healthy:
            raise Unavailable(f"node {engine.name} does not answer: {engine.error}")
        await self._operator_state.change_node(engine.key, _to_drain)
        self._fleet.state.dispatch(news.EngineCordoned(engine.key, True))
        if self._standing_by:
            return self._left.setdefault(engine.key, Drain(engine.name, len(engine.containers)))
        return self._drains.get(engine.key) or self._begin(engine)

    def stop(self, key: str) -> None:
        """No further container is moved; those under way are moved to the end."""
        drain = self._drains.get(key)
        if drain is not None:
            drain.stopped = True

    def draining(self, engine: Engine) -> bool:
        elsewhere = self._standing_by and self._operator_state.node(engine.key).draining
        return elsewhere or engine.key in self._drains

    def last(self, engine: Engine) -> Drain | None:
        """The drain under way, or the one before, of this run of swarmd."""
        return self._last.get(engine.key)

    # The work

    def _begin(self, engine: Engine) -> Drain:
        drain = self._left.pop(engine.key, None) or Drain(engine.name, len(engine.containers))
        drain.lines[:] = self._lines.pop(engine.key, drain.lines)
        drain.on_line = partial(self._on_line, engine.key)
        self._drains[engine.key] = self._last[engine.key] = drain
        self._fleet.state.dispatch(news.EngineDraining(engine.key))
        drain.work = Deferred.fromCoroutine(self._run(engine, drain))
        drain.work.addErrback(self._broke)
        drain.work.addBoth(self._end, engine.key, drain)
        return drain

    def _on_line(self, key: str, line: Line) -> None:
        self.publish(key, line)
        if self.on_line is not None:
            self.on_line(key, line)

    def _end(self, _: object, key: str, drain: Drain) -> None:
        del self._drains[key]
        if (self._paused or self._standing_by) and not (
            drain.lines and drain.lines[-1].get("Done")
        ):
            self._left[key] = drain
        else:
            drain.over.callback(None)

    async def _run(self, engine: Engine, drain: Drain) -> None:
        semaphore = DeferredSemaphore(AT_ONCE)
        found = groups(engine)
        drain.report(Status="begun", Containers=sum(map(len, found)))
        moves = [semaphore.run(self._started, drain, group) for group in found]
        try:
            await DeferredList(moves, consumeErrors=True)
        except BaseException:
            for move in moves:
                move.cancel()
            raise
        if not (self._paused or self._standing_by):
            await self._tidy(engine)
            await self._finish(engine, drain)

    def _started(self, drain: Drain, group: list[Container]) -> Deferred[None]:
        return Deferred.fromCoroutine(self._move(drain, group))

    async def _move(self, drain: Drain, group: list[Container]) -> None:
        """All of a group, or none: half of it would find the other half no more."""
        if drain.stopped or self._paused or self._standing_by:
            return
        try:
            moves, holder = await self._plan(drain, group)
            if not holder and moves and not await self._relocation.run(moves):
                holder = next(plain_name(move.old) for move in moves if move.error)
        except CancelledError:  # it goes on elsewhere
            raise
        except Exception:  # noqa: BLE001 - the others are to be moved all the same
            self._log.failure("moving {names}", names=", ".join(map(plain_name, group)))
            for container in group:
                self._report(drain, container, "failed", "internal error; see swarmd's log")
        else:
            for move in moves:
                self._report_move(drain, move, holder)

    async def _plan(self, drain: Drain, group: list[Container]) -> tuple[list[Move], str]:
        """What may move, and the name of what keeps it from that, or ""."""
        moves: list[Move] = []
        holder = ""
        for container in group:
            self._report(drain, container, "moving")
            try:
                moves.append(await self._relocation.plan(container.id))
            except Staying as reason:
                self._report(drain, container, "stays", reason.message)
                holder = holder or (plain_name(container) if reason.holds else "")
            except ApiError as error:
                self._report(drain, container, "failed", error.message)
                if not isinstance(error, NotFound):
                    holder = holder or plain_name(container)
        return moves, holder

    def _report_move(self, drain: Drain, move: Move, holder: str) -> None:
        if move.error:
            self._report(drain, move.old, "failed", move.error)
            self._mend_soon()
        elif holder:
            reason = f"it shares networks of this node with {holder}, which cannot be moved"
            self._report(drain, move.old, "stays", reason)
        elif move.new is not None:
            to = self._fleet.state.engines.get(move.new.engine)
            name = to.name if to else move.new.engine
            self._report(drain, move.old, "moved", To=name, As=move.new.id)

    def _report(
        self, drain: Drain, container: Container, status: str, reason: str = "", **more: str
    ) -> None:
        why = {"Reason": in_one_line(reason)} if reason else {}
        name = plain_name(container)
        drain.report(Container=container.id, Name=name, Status=status, **why, **more)

    async def _tidy(self, engine: Engine | None) -> None:
        if engine is None or not engine.healthy:
            return
        try:
            await self._local.tidy(engine)
        except ApiError as error:
            self._log.warn("networks of {node}: {error}", node=engine.name, error=error)

    async def _finish(self, engine: Engine, drain: Drain) -> None:
        """One that was broken off by the loss of its node goes on when that is back."""
        counts = {word.title(): drain.count(word) for word in ("moved", "stays", "failed")}
        stopped = drain.stopped  # what is written now looks like a stop where swarmds share it
        if engine.healthy or stopped:
            try:
                await self._operator_state.change_node(engine.key, _is_drained, led=True)
            except ApiError as error:
                self._log.warn("{error}", error=error)
        if engine.healthy and not stopped:
            moved, stays, failed = counts.values()
            self._fleet.state.dispatch(news.EngineDrained(engine.key, moved, stays, failed))
        drain.report(Done=True, Stopped=stopped, **counts)


def _to_drain(wanted: NodeIntent) -> NodeIntent:
    return replace(wanted, cordoned=True, draining=True)


def _is_drained(wanted: NodeIntent) -> NodeIntent:
    return replace(wanted, draining=False)
