"""The signals that end a process or have another one take its place: SIGTERM and SIGUSR2."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from twisted.logger import Logger

from swarmd.service.handover.handover import Handover
from swarmd.service.handover.relaunch import PIDFILE, relaunch
from swarmd.service.process.orphan import fork_away, watch_oneself, when_quiet

_POOL = "PoolThread"  # Twisted's, which wait for work


class ProcessSignals:
    """What SIGTERM and SIGUSR2 do.

    Args:
        command: Makes the same process again, in ``folder``.
        pidfile: Which a new process writes once it serves; "" for none.
    """

    _log = Logger()

    def __init__(
        self,
        reactor: Any,
        handover: Handover,
        command: Sequence[str],
        folder: str,
        pidfile: str = "",
    ) -> None:
        self._reactor = reactor
        self._handover = handover
        self._command = command
        self._folder = folder
        self._pidfile = pidfile
        self._twisted: Any = None

    def install(self) -> None:
        """Once the reactor runs, which sets handlers of its own."""
        self._twisted = signal.getsignal(signal.SIGTERM)
        signal.signal(signal.SIGTERM, self._term)
        signal.signal(signal.SIGUSR2, lambda *_: self._reactor.callFromThread(self.upgrade))

    def _term(self, number: int, frame: Any) -> None:
        if self._handover.may_be_followed:
            self._reactor.callFromThread(self._live_on)
        else:
            self._twisted(number, frame)

    def _live_on(self) -> None:
        if self._handover.may_be_followed:
            self._handover.orphan()
            self._handover.threads.end()
            when_quiet(self._reactor, {_POOL}, self._fork)

    def _fork(self) -> None:
        fork_away()
        watch_oneself(self._reactor)
        self._handover.threads.begin()

    def upgrade(self) -> None:
        """A new process is started, which takes the place of this one when it is ready."""
        if why := self._handover.reason_against_upgrade():
            self._log.warn("no upgrade: {why}", why=why)
            return
        environ = {**os.environ, **({PIDFILE: self._pidfile} if self._pidfile else {})}
        try:
            opened = relaunch(self._command, self._folder, environ)
        except (OSError, ValueError) as error:
            self._log.error("no upgrade: {error}", error=error)
        else:
            self._log.info("upgrade: a new process starts")
            self._handover.called(opened)

    def remove_pidfile(self) -> None:
        """At the end, unless it is another's by now."""
        with suppress(OSError, ValueError):
            with open(self._pidfile, encoding="ascii") as file:
                mine = int(file.read()) == os.getpid()
            if mine:
                os.unlink(self._pidfile)
