"""Tombstones of replaced containers: hidden, and removed when their node is back.

Nothing is removed without a tombstone. Where that was lost, with the state file or for want of
one, a label may still say that one container replaces another; but anybody can write a label, so
people are told of the two and decide. Anonymous volumes stay where they are.
"""

from __future__ import annotations

from collections.abc import Container as Collection
from collections.abc import Iterator

from twisted.internet.defer import CancelledError, Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from swarmd.cluster.actions import ContainerGone, EngineNoted
from swarmd.core.container.container_state import Container
from swarmd.core.container.personal_labels import REPLACES
from swarmd.core.errors import ApiError, Conflict, Unavailable
from swarmd.core.model import Engine
from swarmd.manager.fleet.fleet import Fleet
from swarmd.manager.moving.mover import Mover
from swarmd.manager.moving.set_aside import is_aside, plain_name
from swarmd.manager.nodes.operator_state import OperatorState, Tombstone
from swarmd.manager.rescheduling.reschedule_event import publish


class Tombstones:
    """The tombstones of replaced containers, and what they ask for when the node is back.

    Args:
        open_cases: IDs of old containers that are just being replaced: not decided yet.
    """

    _log = Logger()

    def __init__(
        self,
        fleet: Fleet,
        mover: Mover,
        operator_state: OperatorState,
        open_cases: Collection[str],
    ) -> None:
        self._fleet = fleet
        self._mover = mover
        self._operator_state = operator_state
        self._open_cases = open_cases
        self._claims: dict[str, str] = {}  # old ID -> ID of what a label says replaces it
        self._reported: set[str] = set()  # old IDs of which people were told
        self._doubled: set[str] = set()  # keys of engines of which ``docker info`` tells
        self._working: dict[str, Deferred[None]] = {}  # by engine key

    def close(self) -> None:
        for work in list(self._working.values()):
            work.cancel()

    def works(self) -> list[Deferred[None]]:
        """What is being removed."""
        return list(self._working.values())

    def hide(self, engine: Engine) -> None:
        """Old copies are seen by nobody before they are removed: their names are others'."""
        for stone in self._stones(engine):
            self._fleet.state.dispatch(ContainerGone(engine.key, stone.id))

    def clean(self, engine: Engine) -> None:
        """Removes what is old there, in the background."""
        if engine.key in self._working or not engine.healthy:
            return
        work = Deferred.fromCoroutine(self._clean(engine))
        self._working[engine.key] = work
        work.addErrback(self._failed, engine)
        work.addBoth(self._done, engine)

    def _done(self, _: None, engine: Engine) -> None:
        self._working.pop(engine.key, None)

    def _failed(self, failure: Failure, engine: Engine) -> None:
        """An engine that fails now is cleaned when it comes back."""
        if failure.check(ApiError):
            self._log.warn("{node}: {error}", node=engine.name, error=failure.value)
        elif not failure.check(CancelledError):
            self._log.failure("old copies on {node}", failure, node=engine.name)

    async def _clean(self, engine: Engine) -> None:
        while stones := self._stones(engine):
            for stone in stones:
                await self._mover.remove(Container(stone.id, engine.key, (stone.name,)))
                await self._operator_state.unbury(stone.id)
                self._report(stone.name, engine)
        for container in list(self._strays(engine)):
            await self._mover.remove(container)
            self._report(container.name, engine)
        self._claims.update((one.labels[REPLACES], one.id) for one in _replacements(engine))
        for container in list(self._needless()):
            await self._mover.remove(container)
            self._log.info("{name}: removed the new one, the old one lives", name=container.name)
        self.look_again()

    def _report(self, name: str, engine: Engine) -> None:
        self._log.info("{name}: removed the old one on {node}", name=name, node=engine.name)

    def _stones(self, engine: Engine) -> list[Tombstone]:
        mine = (
            stone
            for stone in self._operator_state.book.tombstones.values()
            if stone.engine_id == engine.spec.id
        )
        return [stone for stone in mine if stone.id not in self._open_cases]

    # What only people can decide

    def look_again(self) -> None:
        """Says in ``docker info`` which two claim one place, and once in an event, too."""
        words: dict[str, list[str]] = {key: [] for key in self._doubled}
        for old, new in self._doubles():
            text = self._words(old, new)
            words.setdefault(old.engine, []).append(text)
            if old.id not in self._reported:
                self._reported.add(old.id)
                self._log.warn("{words}", words=text)
                publish(self._fleet, old.engine, old.id, {"name": old.name, "error": text})
        for key, texts in words.items():
            self._fleet.dispatch(EngineNoted(key, "copies", tuple(texts)))
        self._doubled = {key for key, texts in words.items() if texts}

    def _doubles(self) -> Iterator[tuple[Container, Container]]:
        """Old and new, where the new one's label and name say so."""
        containers = self._fleet.state.containers
        for old_id, new_id in self._claims.items():
            old, new = containers.get(old_id), containers.get(new_id)
            if old is None or new is None or old.id in self._open_cases:
                continue
            moving = is_aside(old) and self._mover.is_ours(new)
            if new.name == plain_name(old) and new.engine != old.engine and not moving:
                yield old, new

    def _words(self, old: Container, new: Container) -> str:
        here, there = self._fleet.engine(old).name, self._fleet.engine(new).name
        return (
            f"container {new.name} is on {here} and on {there}, where a label says that it "
            f"replaces the other, but there is no record of that: "
            f"remove {here}/{old.name} or {there}/{new.name}"
        )

    def _strays(self, engine: Engine) -> Iterator[Container]:
        """Replacements that were made without our hearing of it, and never started."""
        for container in filter(self._mover.is_ours, _replacements(engine)):
            stone = self._operator_state.book.tombstones.get(container.labels[REPLACES])
            other = stone is not None and stone.replacement not in ("", container.id)
            if other and container.state == "created":
                yield container

    def _needless(self) -> Iterator[Container]:
        """Replacements that never started, of containers that were not given up and are back.

        swarmd was killed between the create and the tombstone.
        """
        containers, stones = self._fleet.state.containers, self._operator_state.book.tombstones
        for old_id, new_id in self._claims.items():
            old, new = containers.get(old_id), containers.get(new_id)
            if old is None or new is None or old_id in stones or old_id in self._open_cases:
                continue
            there = self._fleet.engine(old).healthy and self._fleet.engine(new).healthy
            if there and not is_aside(old) and new.state == "created" and self._mover.is_ours(new):
                yield new

    async def forget(self, container: Container, engine: Engine) -> None:
        """An operator gives up a container of a node that does not answer.

        Its name is free from now on; it is removed when its node is back.

        Raises:
            ApiError: The node answers, or was never met, or the state file cannot be written.
        """
        if engine.healthy:
            raise Conflict(f"node {engine.name} answers: remove the container with docker rm")
        if not engine.spec.id:
            raise Unavailable(f"node {engine.name} was never met")
        stone = Tombstone(container.id, container.name, engine.spec.id)
        await self._operator_state.bury(stone, led=False)
        self._fleet.state.dispatch(ContainerGone(engine.key, container.id))


def _replacements(engine: Engine) -> list[Container]:
    """Containers there of which a label says that they replace another."""
    if REPLACES not in engine.tally.labels:
        return []
    return [one for one in engine.containers.values() if one.labels.get(REPLACES)]
