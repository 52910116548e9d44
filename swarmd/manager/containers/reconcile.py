"""Reconciliation of creates and renames whose answer was lost, by asking for the name.

An engine holds a name from the first moment of a create or a rename on. It does not show the
container before the end of it, neither in a list nor when it is inspected by name, and with a slow
volume driver that may take minutes. So an engine that does not show the name is asked for a
container of that name which it must refuse to make: it looks at names before security options, and
says for which of the two it refused.
"""

from __future__ import annotations

from enum import Enum

from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater
from twisted.logger import Logger
from twisted.python.failure import Failure

from swarmd.cluster import actions as news
from swarmd.cluster.reservations import Doubt
from swarmd.core.errors import ApiError
from swarmd.core.model import Engine
from swarmd.manager.fleet.answers import made_id, message_of, read_answer
from swarmd.manager.fleet.fleet import Fleet

PAUSE = 1.0  # seconds between two questions
LIMIT = 10.0  # seconds for an answer
# How often it must be said that the name is free. Once is not enough: the lost request may be in
# the buffers of an engine that has just begun to answer again, and be read at the same moment.
CERTAIN = 2
ENOUGH = 10  # the same, for an engine that does not tell what it holds, but shows nothing
_ENTIRELY = (("force", "1"), ("v", "1"))  # with its anonymous volumes, running or not
MARK = "swarmd-asks-whether-the-name-is-free"
_OCCASIONS = (news.InDoubt, news.EngineAnswered)
_PROBE = {"Image": "", "Cmd": ["-"], "HostConfig": {"SecurityOpt": [MARK]}}


class Holding(Enum):
    """What an engine says of a name."""

    THERE = "a container has it"
    BUSY = "a container that it does not show yet has it"
    FREE = "nobody has it"
    UNCLEAR = "nobody is shown who has it"


class Reconciler:
    """The reconciler of creates and renames in doubt.

    For all engines; whatever is in doubt while one is away is asked when it is back.
    """

    _log = Logger()

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._asking: set[str] = set()  # engines' keys
        fleet.state.watch(self._on_action)

    def _on_action(self, action: news.Action) -> None:
        if isinstance(action, _OCCASIONS):
            engine = self._fleet.state.engines.get(action.key)
            if engine is not None and engine.key not in self._asking and self._open(engine):
                self._begin(engine)

    def _open(self, engine: Engine) -> list[Doubt]:
        """Those which the engine can be asked about now."""
        return self._fleet.state.reservations.doubts(engine) if engine.healthy else []

    def _begin(self, engine: Engine) -> None:
        self._asking.add(engine.key)
        asking = Deferred.fromCoroutine(self._ask_all(engine))
        asking.addErrback(self._broke, engine).addBoth(self._ended, engine.key)

    def _broke(self, failure: Failure, engine: Engine) -> None:
        """One that is lost again is asked again when it is back."""
        if not failure.check(ApiError):
            self._log.failure("asking {node} for names", failure, node=engine.name)

    def _ended(self, _: object, key: str) -> None:
        self._asking.discard(key)

    async def _ask_all(self, engine: Engine) -> None:
        said: dict[Doubt, list[Holding]] = {}
        while doubts := self._open(engine):
            for doubt in doubts:
                holding = await self._ask(engine, doubt.name)
                so_far = said[doubt] = _unbroken(said.get(doubt, []), holding)
                if is_certain(so_far):
                    self._log.info(
                        "{name} on {node}: {found}",
                        name=doubt.name, node=engine.name, found=holding.value,
                    )  # fmt: skip
                    self._fleet.dispatch(news.DoubtResolved(engine.key, doubt))
            await deferLater(self._fleet.clock, PAUSE)

    async def _ask(self, engine: Engine, name: str) -> Holding:
        at = self._fleet.clock.seconds()
        shown = await self._fleet.call(engine, "GET", "containers", name, "json", timeout=LIMIT)
        if shown.status == 200:
            inspect = read_answer(engine.name, shown.body, dict)
            self._fleet.dispatch(news.ContainerInspected(engine.key, inspect, at))
            return Holding.THERE
        return await self._probe(engine, name) if shown.status == 404 else Holding.UNCLEAR

    async def _probe(self, engine: Engine, name: str) -> Holding:
        answer = await self._fleet.call(
            engine, "POST", "containers", "create",
            query=[("name", name)], body=_PROBE, timeout=LIMIT,
        )  # fmt: skip
        if answer.status == 409:
            return Holding.BUSY
        if answer.status == 201:  # what is no Docker Engine may not look at security options
            return await self._undo(engine, made_id(engine.name, answer.body))
        return Holding.FREE if MARK in message_of(answer.body) else Holding.UNCLEAR

    async def _undo(self, engine: Engine, container_id: str) -> Holding:
        if container_id in self._fleet.state.containers:
            return Holding.UNCLEAR  # it was there before: an engine that says so is none
        gone = await self._fleet.call(
            engine, "DELETE", "containers", container_id, query=_ENTIRELY, timeout=LIMIT
        )
        return Holding.FREE if gone.status == 204 else Holding.UNCLEAR


def _unbroken(so_far: list[Holding], holding: Holding) -> list[Holding]:
    """What was said since the engine was seen to be busy with it."""
    return [] if holding is Holding.BUSY else [*so_far, holding]


def is_certain(said: list[Holding]) -> bool:
    """Whether it follows that the container is there, or never will be."""
    if said[-1:] == [Holding.THERE]:
        return True
    return said.count(Holding.FREE) >= CERTAIN or len(said) >= ENOUGH
