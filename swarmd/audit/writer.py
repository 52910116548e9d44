"""The writer of a log of requests: a thread, so that a slow disk holds nobody up.

What cannot be written is lost, counted and reported: a full disk must not stop the fleet.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue

from swarmd.audit.targets import Target

MOST_WAITING = 10_000  # writes; a disk that hangs must not fill the memory
ENDING = 5.0  # seconds for what still waits when swarmd ends

_Lines = tuple[bytes, int]
_END, _REOPEN = (b"end", 0), (b"reopen", 0)  # by their identity
_Opener = Callable[[], Target]


class Writer:
    """The writer of lines, who keeps those that cannot be written yet.

    Attributes:
        written, lost: Lines, since the start.
        problem: Why the last one was lost; "" if it was not.
    """

    def __init__(
        self, target: Target, troubled: Callable[[str], None], name: str = "audit"
    ) -> None:
        """``troubled`` is called in the writer's thread, with each new problem."""
        self.written = 0
        self.lost = 0
        self.problem = ""
        self._target = target
        self._troubled = troubled
        self._lines: SimpleQueue[_Lines | _Opener] = SimpleQueue()
        self._left = False
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Returns when everything is written, or after a while."""
        if not self._left:
            self._lines.put(_END)
            self._thread.join(ENDING)

    def leave(self) -> None:
        """The thread ends when everything is written; what comes later is not."""
        self._left = True
        self._lines.put(_END)

    def write(self, lines: bytes, count: int = 1) -> None:
        """One whole line, or ``count`` of them."""
        if self._left:
            return
        if self._lines.qsize() >= MOST_WAITING:
            self._lose(f"more than {MOST_WAITING} lines wait to be written", count)
        else:
            self._lines.put((lines, count))

    def reopen(self) -> None:
        self._lines.put(_REOPEN)

    def move(self, opened: _Opener) -> None:
        """What comes from now on is written to the target that ``opened`` gives, in the thread."""
        self._lines.put(opened)

    def _work(self) -> None:
        while (given := self._lines.get()) is not _END:
            try:
                self._do(given)
            except OSError as error:
                count = 0 if callable(given) else given[1]
                self._lose(error.strerror or str(error), count)
        self._target.close()

    def _do(self, given: _Lines | _Opener) -> None:
        if callable(given):
            before, self._target = self._target, given()
            before.close()
        elif given is _REOPEN:
            self._target.reopen()
        else:
            lines, count = given
            self._target.write(lines)
            self.written += count
            self.problem = ""

    def _lose(self, problem: str, lines: int) -> None:
        self.lost += lines
        if problem != self.problem:
            self.problem = problem
            self._troubled(problem)
