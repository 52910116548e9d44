"""A process of ``ssh``: what it says, and its end."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.protocol import ProcessProtocol
from twisted.python.failure import Failure

from swarmd.streams.ssh.reasons import SshError

_MOST_LINES = 100
_LONGEST_LINE = 4096  # bytes
# Of ours, what ssh needs to find its files and an agent; nothing else is passed on.
_ENVIRONMENT = ("HOME", "PATH", "USER", "LOGNAME", "SSH_AUTH_SOCK", "XDG_RUNTIME_DIR")
# Runs the rest of the words, and ends them once nobody holds the other end of descriptor 3, however
# we have ended; after a restart that cuts nothing, two processes hold it for a while.
_GUARD = (
    'exec 4<&0; "$@" <&4 3<&- 4<&- & program=$!; exec 0<&- 1>&- 4<&-; '
    "{ read -r _ <&3; kill $program; sleep 5; kill -9 $program; } 2>&- & guard=$!; "
    "wait $program; status=$?; kill $guard; exit $status"
)


class SshProcess(ProcessProtocol):
    """The protocol of one process of ``ssh``.

    Attributes:
        lines: The last things that it said.
        status: Of its exit, 128 and more for a signal; None while it runs.
        over: It has ended.
    """

    def __init__(
        self,
        reactor: Any,
        heard: Callable[[str], None] = lambda line: None,
        clean: Callable[[], None] = lambda: None,
    ) -> None:
        """``clean`` removes what it leaves: called once it has ended, or we are about to."""
        self.lines: deque[str] = deque(maxlen=_MOST_LINES)
        self.status: int | None = None
        self.over = False
        self._reactor = reactor
        self._heard = heard
        self._clean = clean
        self._rest = b""
        self._lifeline = -1
        self._waiting: list[Deferred[None]] = []
        self._trigger: Any = None

    def start(self, command: Sequence[str], descriptors: Mapping[int, int]) -> None:
        """Standard error is ours in any case.

        Raises:
            SshError: There is no such program.
        """
        program = shutil.which(command[0])
        if program is None:
            raise SshError("the program ssh is not installed here: it comes with OpenSSH's client")
        environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
        theirs, self._lifeline = os.pipe()
        words = ["sh", "-c", _GUARD, "sh", program, *command[1:]]
        with open(os.devnull, "r+b") as null, open(theirs, "rb"):
            own: Any = {0: null.fileno(), 1: null.fileno(), **descriptors, 2: "r", 3: theirs}
            self._reactor.spawnProcess(self, "/bin/sh", words, environment, childFDs=own)
        self._trigger = self._reactor.addSystemEventTrigger("during", "shutdown", self._clean)

    def ended(self) -> Deferred[None]:
        """Fires once it has ended; may be asked for again."""
        waiter: Deferred[None] = Deferred()
        if self.over:
            waiter.callback(None)
        else:
            self._waiting.append(waiter)
        return waiter

    def stop(self) -> None:
        """It ends by a signal, after five seconds by one that it cannot refuse."""
        lifeline, self._lifeline = self._lifeline, -1
        if lifeline >= 0:
            os.close(lifeline)

    def errReceived(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._say(line)
        if len(self._rest) > _LONGEST_LINE:
            self._say(self._rest)
            self._rest = b""

    def _say(self, line: bytes) -> None:
        text = line[:_LONGEST_LINE].decode("utf-8", "replace").strip()
        if text:
            self.lines.append(text)
            self._heard(text)

    def processExited(self, reason: Failure) -> None:
        self.stop()

    def processEnded(self, reason: Failure) -> None:
        self._say(self._rest)
        self._clean()
        self.over, self.status = True, getattr(reason.value, "exitCode", None)
        with contextlib.suppress(ValueError):  # the reactor ends, and has fired it
            self._reactor.removeSystemEventTrigger(self._trigger)
        waiting, self._waiting = self._waiting, []
        for waiter in waiting:
            waiter.callback(None)
