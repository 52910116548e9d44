"""A progress response: its head waits for the first line."""

from __future__ import annotations

from collections.abc import Awaitable

from swarmd.front.request import DockerRequest
from swarmd.manager.images.console import Console


class ProgressResponse:
    """An answer of progress lines whose head is held back until the first of them.

    Until something is told, the answer may still become an error with a status of its own.
    """

    def __init__(self, request: DockerRequest) -> None:
        self.console = Console(self._write)
        self._request = request
        self._begun = False

    async def until(self, work: Awaitable[None]) -> None:
        """Answers with what ``work`` tells the console, and ends with it."""
        try:
            await work
        finally:
            if self._begun:
                self.console.flush()
                self._request.unregisterProducer()
        self._request.finish()

    def _write(self, line: bytes) -> None:
        if not self._begun:
            self._begun = True
            self._request.start(200)
            self._request.registerProducer(self.console, True)
        self._request.send(line)
