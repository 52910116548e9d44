"""A process of ``ssh``: what it says, and its end."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.error import ProcessExitedAlready
from twisted.internet.interfaces import IDelayedCall
from twisted.internet.protocol import ProcessProtocol
from twisted.python.failure import Failure

from swarmd.streams.ssh.reasons import SshError

STOP_LIMIT = 5.0  # seconds after TERM until it is killed
_MOST_LINES = 100
_LONGEST_LINE = 4096  # bytes
# Of ours, what ssh needs to find its files and an agent; nothing else is passed on.
_ENVIRONMENT = ("HOME", "PATH", "USER", "LOGNAME", "SSH_AUTH_SOCK", "XDG_RUNTIME_DIR")


class SshProcess(ProcessProtocol):
    """The protocol of one process of ``ssh``.

    Attributes:
        lines: The last things that it said.
        status: Of its exit; None while it runs, and if a signal has ended it.
        over: It has ended.
    """

    def __init__(
        self,
        reactor: Any,
        heard: Callable[[str], None] = lambda line: None,
        clean: Callable[[], None] = lambda: None,
    ) -> None:
        """``clean`` removes what it leaves: called once it has ended, or is killed with us."""
        self.lines: deque[str] = deque(maxlen=_MOST_LINES)
        self.status: int | None = None
        self.over = False
        self._reactor = reactor
        self._heard = heard
        self._clean = clean
        self._rest = b""
        self._killing: IDelayedCall | None = None
        self._waiting: list[Deferred[None]] = []
        self._trigger: Any = None

    def start(self, command: Sequence[str], descriptors: Mapping[int, int | str]) -> None:
        """Standard error is ours in any case.

        Raises:
            SshError: There is no such program.
        """
        program, words = _program(command)
        environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
        channels: Any = {**descriptors, 2: "r"}
        self._reactor.spawnProcess(self, program, words, environment, childFDs=channels)
        self._trigger = self._reactor.addSystemEventTrigger("during", "shutdown", self._shut_down)

    def ended(self) -> Deferred[None]:
        """Fires once it has ended; may be asked for again."""
        waiter: Deferred[None] = Deferred()
        if self.over:
            waiter.callback(None)
        else:
            self._waiting.append(waiter)
        return waiter

    def stop(self) -> None:
        if not self.over and self._killing is None:
            self._signal("TERM")
            self._killing = self._reactor.callLater(STOP_LIMIT, self.kill)

    def kill(self) -> None:
        self._signal("KILL")

    def _shut_down(self) -> None:
        """The reactor will not hear of its end."""
        self.kill()
        self._clean()

    def _signal(self, name: str) -> None:
        try:
            if not self.over and self.transport is not None:
                self.transport.signalProcess(name)
        except ProcessExitedAlready:
            pass

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

    def processEnded(self, reason: Failure) -> None:
        self._say(self._rest)
        self._clean()
        self.over, self.status = True, getattr(reason.value, "exitCode", None)
        with contextlib.suppress(ValueError):  # the reactor ends, and has fired it
            self._reactor.removeSystemEventTrigger(self._trigger)
        if self._killing is not None and self._killing.active():
            self._killing.cancel()
        waiting, self._waiting = self._waiting, []
        for waiter in waiting:
            waiter.callback(None)


def _program(command: Sequence[str]) -> tuple[str, list[str]]:
    """With what ends it should swarmd be killed, where the system has that."""
    path = shutil.which(command[0])
    if path is None:
        raise SshError("the program ssh is not installed here: it comes with OpenSSH's client")
    guard = shutil.which("setpriv")
    if guard is None:
        return path, list(command)
    return guard, ["setpriv", "--pdeathsig", "TERM", "--", path, *command[1:]]
