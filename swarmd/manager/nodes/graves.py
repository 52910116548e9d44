"""Old copies of containers that run elsewhere by now: hidden, and removed when their node is back.

Nothing is removed without proof that swarmd itself made the replacement: a tombstone, or, where
that was lost with a restart, the replacement's label. Anonymous volumes stay where they are.
"""

from __future__ import annotations

from collections.abc import Container as Collection
from collections.abc import Iterator

from twisted.internet.defer import CancelledError, Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from swarmd.cluster.actions import ContainerGone
from swarmd.core.errors import ApiError, Conflict, Unavailable
from swarmd.core.model import Container, Engine
from swarmd.manager.fleet import Fleet
from swarmd.manager.nodes.blueprint import REPLACES
from swarmd.manager.nodes.intent import Intent, Tombstone
from swarmd.manager.nodes.known import is_wanted
from swarmd.manager.nodes.mover import Mover


class Graves:
    """Tombstones, and what they ask for.

    Args:
        open_cases: IDs of old containers that are just being replaced: not decided yet.
        default: As ``Rules.default``.
    """

    _log = Logger()

    def __init__(
        self,
        fleet: Fleet,
        mover: Mover,
        intent: Intent,
        open_cases: Collection[str],
        *,
        default: bool,
    ) -> None:
        self._fleet = fleet
        self._mover = mover
        self._intent = intent
        self._open_cases = open_cases
        self._default = default
        self._working: dict[str, Deferred[None]] = {}  # by engine key

    def close(self) -> None:
        for work in list(self._working.values()):
            work.cancel()

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
                self._intent.unbury(stone.id)
                self._report(stone.name, engine)
        for container in [*self._replaced(engine), *self._strays(engine)]:
            await self._mover.remove(container)
            self._report(container.name, engine)

    def _report(self, name: str, engine: Engine) -> None:
        self._log.info("{name}: removed the old one on {node}", name=name, node=engine.name)

    def _stones(self, engine: Engine) -> list[Tombstone]:
        mine = (
            stone
            for stone in self._intent.book.tombstones.values()
            if stone.engine_id == engine.spec.id
        )
        return [stone for stone in mine if stone.id not in self._open_cases]

    def _replaced(self, engine: Engine) -> Iterator[Container]:
        """Those whose replacement says so, by its label and by its name.

        That the owner wanted it is told by the old one's policy; that it was done, by the new one
        having been started.
        """
        for new in self._replacements():
            old = self._fleet.state.containers.get(new.labels[REPLACES])
            if old is None or old.engine != engine.key or old.id in self._open_cases:
                continue
            same = new.name == old.name and new.engine != old.engine and new.state != "created"
            if same and is_wanted(old.labels, self._default):
                yield old

    def _strays(self, engine: Engine) -> Iterator[Container]:
        """Replacements that were made without our hearing of it, and never started."""
        for container in self._replacements():
            stone = self._intent.book.tombstones.get(container.labels[REPLACES])
            other = stone is not None and stone.replacement not in ("", container.id)
            if other and container.engine == engine.key and container.state == "created":
                yield container

    def _replacements(self) -> list[Container]:
        return [
            container
            for engine in self._fleet.state.engines.values()
            if REPLACES in engine.tally.labels
            for container in engine.containers.values()
            if REPLACES in container.labels
        ]

    def forget(self, container: Container, engine: Engine) -> None:
        """An operator gives up a container of a node that does not answer.

        Its name is free from now on; it is removed when its node is back.

        Raises:
            ApiError: The node answers, or was never met, or the state file cannot be written.
        """
        if engine.healthy:
            raise Conflict(f"node {engine.name} answers: remove the container with docker rm")
        if not engine.spec.id:
            raise Unavailable(f"node {engine.name} was never met")
        self._intent.bury(Tombstone(container.id, container.name, engine.spec.id))
        self._fleet.state.dispatch(ContainerGone(engine.key, container.id))
