"""Pulls an image on many engines, some at a time, and tells the progress of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from swarmd.core.errors import ApiError, EngineRefused, EngineUnreachable
from swarmd.core.model import Engine
from swarmd.manager.fleet.answers import message_of
from swarmd.manager.fleet.fanout import gather
from swarmd.manager.images.console import Console
from swarmd.manager.images.progress import NodeProgress, ProgressTally, brief
from swarmd.manager.interfaces import FleetView

AT_ONCE = 20  # engines that pull at the same time: a registry is a shared thing
SILENCE = 120.0  # seconds without a line of progress after which an engine is given up

Headers = Sequence[tuple[bytes, bytes]]


class Puller:
    """One pull, on ``engines``."""

    def __init__(
        self,
        fleet: FleetView,
        target: Callable[[Engine], bytes],
        headers: Headers,
        console: Console,
        names: Sequence[str] = (),
    ) -> None:
        """``names`` are what it is known by then, as far as that is known before."""
        self._fleet = fleet
        self._target = target
        self._headers = headers
        self._console = console
        self._names = names
        self._tally = ProgressTally()

    async def run(self, engines: Sequence[Engine], what: str) -> None:
        """Tells every line, the last one says where it succeeded; ``what`` is "Pulled busybox".

        Raises:
            ApiError: All engines refused before there was any progress.
        """
        short = brief(engines)

        async def one(engine: Engine) -> None:
            progress = NodeProgress(engine, self._console, brief=short)
            self._tally.add(engine, await self._pull(engine, progress))

        await gather(engines, AT_ONCE, one)
        self._tally.close(self._console, what)

    async def _pull(self, engine: Engine, progress: NodeProgress) -> ApiError | None:
        try:
            answer = await self._fleet.link(engine).stream(
                "POST",
                self._target(engine).decode(),
                progress.receive,
                headers=self._headers,
                idle_timeout=SILENCE,
            )
        except EngineUnreachable as error:
            return error
        finally:
            self._fleet.state.images_changed(engine.key, self._names)
        if answer.status >= 400:
            return EngineRefused(engine.name, answer.status, message_of(answer.body))
        return ApiError(progress.error) if progress.error else None
