"""Pulls an image by its digest on one engine, without credentials and with nobody to watch."""

from __future__ import annotations

from twisted.internet.defer import CancelledError

from swarmd.codec.head import ResponseHead
from swarmd.core.errors import EngineRefused, EngineUnreachable
from swarmd.core.image.image_reference import repository_of
from swarmd.core.model import Engine
from swarmd.manager.fleet.answers import message_of
from swarmd.manager.fleet.fleet import Fleet
from swarmd.manager.images.unread_progress import UnreadProgress
from swarmd.streams.calls import StreamCall

# Seconds until an engine has something to tell of a pull: it waits long for a registry that no
# packet reaches.
PATIENCE = 8.0
SILENCE = 120.0  # seconds between two things that it tells


class AnonymousPull:
    """A pull by digest without a client's credentials.

    ``digest`` is a repository with a digest, as engines list it.
    """

    def __init__(self, fleet: Fleet, digest: str, engine: Engine) -> None:
        self._fleet = fleet
        self._digest = digest
        self._engine = engine
        self._said = UnreadProgress()
        self._call: StreamCall | None = None

    async def run(self) -> None:
        """Raises EngineRefused or EngineUnreachable."""
        timer = self._fleet.clock.callLater(PATIENCE, self._give_up)

        def heard(_: ResponseHead) -> None:
            if timer.active():
                timer.cancel()

        try:
            answer = await self._fleet.link(self._engine).stream(
                "POST",
                self._target(),
                self._said.receive,
                on_head=heard,
                on_open=self._opened,
                idle_timeout=SILENCE,
            )
        except CancelledError:
            cause = f"nothing is heard of its registry within {PATIENCE:g} s"
            raise EngineUnreachable(self._engine.name, cause) from None
        finally:
            if timer.active():
                timer.cancel()
        if answer.status >= 400:
            raise EngineRefused(self._engine.name, answer.status, message_of(answer.body))
        if self._said.error:
            raise EngineRefused(self._engine.name, 500, self._said.error)

    def _opened(self, call: StreamCall) -> None:
        self._call = call

    def _give_up(self) -> None:
        if self._call is not None:
            self._call.answer.cancel()

    def _target(self) -> str:
        image, digest = repository_of(self._digest), self._digest.rpartition("@")[2]
        query = [("fromImage", image), ("tag", digest)]
        return self._fleet.target(self._engine, "images", "create", query=query)
