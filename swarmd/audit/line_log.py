"""A log of requests as a service: written beside the reactor, reopened when it was rotated."""

from __future__ import annotations

from typing import Any

from twisted.application.service import Service
from twisted.logger import Logger

from swarmd.audit.targets import target
from swarmd.audit.writer import Writer


class LineLog(Service):
    """A log of lines that may be lost, which is told, but never hold anybody up.

    Attributes:
        place: ``-``, ``journald`` or a path.

    Raises:
        OSError: Nothing can be written there.
    """

    _log = Logger()

    def __init__(self, kind: str, place: str, reactor: Any) -> None:
        """``kind`` is what it is called: audit, access."""
        self._kind = kind
        self.place = place
        self._reactor = reactor
        self.writer = Writer(target(place), self._troubled, kind)

    def startService(self) -> None:
        super().startService()
        self.writer.start()

    def stopService(self) -> None:
        super().stopService()
        self.writer.stop()

    def move(self, place: str) -> None:
        """From now on it is written there; one that cannot be opened is told as a loss."""
        self.place = place
        self.writer.move(lambda: target(place))

    def retire(self) -> None:
        """It is kept no longer: what was recorded is written, and nobody waits for that."""
        self.writer.leave()

    def pause(self) -> None:
        """What was recorded is written, and the thread is ended."""
        self.writer.stop()

    def resume(self) -> None:
        """Raises OSError, as at the start."""
        before = self.writer
        self.writer = Writer(target(self.place), self._troubled, self._kind)
        self.writer.written, self.writer.lost = before.written, before.lost
        self.writer.start()

    def reread(self) -> None:
        """SIGHUP: the file may have been rotated."""
        self.writer.reopen()

    @property
    def written(self) -> int:
        return self.writer.written

    @property
    def lost(self) -> int:
        return self.writer.lost

    def notices(self) -> list[str]:
        problem, lost = self.writer.problem, self.writer.lost
        if not problem:
            return []
        return [f"the {self._kind} log has lost {lost} lines: {self.place}: {problem}"]

    def _troubled(self, problem: str) -> None:
        text = "{kind} lines are lost: {place}: {problem}"
        self._reactor.callFromThread(
            self._log.error, text, kind=self._kind, place=self.place, problem=problem
        )
