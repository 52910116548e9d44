"""The writer of the audit log: a thread, so that a slow disk holds nobody up.

What cannot be written is lost, counted and reported: a full disk must not stop the fleet.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue

from swarmd.audit.targets import Target

MOST_WAITING = 10_000  # lines; a disk that hangs must not fill the memory
ENDING = 5.0  # seconds for what still waits when swarmd ends

_END, _REOPEN = b"end", b"reopen"  # no line is one of these: it would begin with a brace


class Writer:
    """The writer of audit lines, who keeps those that cannot be written yet.

    Attributes:
        written, lost: Lines, since the start.
        problem: Why the last one was lost; "" if it was not.
    """

    def __init__(self, target: Target, troubled: Callable[[str], None]) -> None:
        """``troubled`` is called in the writer's thread, with each new problem."""
        self.written = 0
        self.lost = 0
        self.problem = ""
        self._target = target
        self._troubled = troubled
        self._lines: SimpleQueue[bytes] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="audit", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Returns when everything is written, or after a while."""
        self._lines.put(_END)
        self._thread.join(ENDING)

    def write(self, line: bytes) -> None:
        if self._lines.qsize() >= MOST_WAITING:
            self._lose(f"more than {MOST_WAITING} lines wait to be written")
        else:
            self._lines.put(line)

    def reopen(self) -> None:
        self._lines.put(_REOPEN)

    def _work(self) -> None:
        while (line := self._lines.get()) is not _END:
            try:
                if line is _REOPEN:
                    self._target.reopen()
                else:
                    self._target.write(line)
                    self.written += 1
                    self.problem = ""
            except OSError as error:
                self._lose(error.strerror or str(error), 0 if line is _REOPEN else 1)
        self._target.close()

    def _lose(self, problem: str, lines: int = 1) -> None:
        self.lost += lines
        if problem != self.problem:
            self.problem = problem
            self._troubled(problem)
