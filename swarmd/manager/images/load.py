"""Loads an image archive on many engines out of one upload, at the pace of the slowest.

What waits in memory is a transport's buffer for each engine. One that fails drops out: the others
get the rest all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from swarmd.core.errors import ApiError, EngineRefused, EngineUnreachable
from swarmd.core.model import Engine
from swarmd.manager.fleet.answers import message_of
from swarmd.manager.fleet.fanout import gather
from swarmd.manager.images.console import Console
from swarmd.manager.images.progress import LoadProgress, ProgressTally, brief
from swarmd.manager.images.tee import Tee
from swarmd.manager.interfaces import FleetView

# Seconds that an engine may neither take nor send anything: it may write gigabytes meanwhile, and
# one that hangs is noticed by its health check.
SILENCE = 600.0
LOADED = "Loaded image: "

Headers = Sequence[tuple[bytes, bytes]]


class Loader:
    """One load; ``tee`` is given the body by whoever reads it."""

    def __init__(
        self,
        fleet: FleetView,
        target: Callable[[Engine], bytes],
        headers: Headers,
        console: Console,
        tee: Tee,
    ) -> None:
        self._fleet = fleet
        self._target = target
        self._headers = headers
        self._console = console
        self._tee = tee
        self._tally = ProgressTally()
        self._said: set[str] = set()

    async def run(self, engines: Sequence[Engine], *, quiet: bool) -> None:
        """Tells every line, the last one says where it succeeded.

        Raises:
            ApiError: The body broke off, or all engines refused before there was any progress.
        """
        said, short = self._said, brief(engines)

        async def one(engine: Engine) -> None:
            progress = LoadProgress(engine, self._console, said, brief=short)
            self._tally.add(engine, await self._load(engine, progress))
            if not quiet and engine.name in self._tally.done:
                progress.status("Loaded")

        await gather(engines, len(engines), one)
        if self._tee.error is not None:
            raise self._tee.error
        self._tally.close(self._console, "Loaded", quiet=quiet)

    @property
    def names(self) -> list[str]:
        """Of the images that were loaded, as far as engines told them."""
        lines = (text.strip().partition(LOADED) for text in self._said)
        return sorted(name for _, found, name in lines if found)

    async def _load(self, engine: Engine, progress: LoadProgress) -> ApiError | None:
        try:
            upload = self._fleet.link(engine).upload(
                "POST",
                self._target(engine).decode(),
                progress.receive,
                self._tee.balance,
                headers=self._headers,
                idle_timeout=SILENCE,
            )
            answer = await self._tee.join(upload)
        except EngineUnreachable as error:
            return error
        finally:
            self._fleet.state.mark_stale(engine.key, "images")
        if answer.status >= 400:
            return EngineRefused(engine.name, answer.status, message_of(answer.body))
        return ApiError(progress.error) if progress.error else None
