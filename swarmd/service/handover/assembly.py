"""Puts the hand-over together with the parts of the daemon, and with the signals of the process."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from functools import partial
from typing import Any

from twisted.logger import Logger

from swarmd.audit.line_log import LineLog
from swarmd.config.settings import Settings
from swarmd.front.site import DockerSite
from swarmd.manager.claims.elsewhere import look_beside
from swarmd.manager.fleet.fleet import Fleet
from swarmd.manager.fleet.startup_gate import StartupGate
from swarmd.service.daemon import Swarmd
from swarmd.service.handover.handover import Handover
from swarmd.service.handover.memory import SharedMemory
from swarmd.service.handover.operators_work import OperatorsWork
from swarmd.service.handover.relaunch import PIDFILE, command_line, write_pid
from swarmd.service.handover.signals import ProcessSignals
from swarmd.service.process.listeners import ListenerGroup
from swarmd.service.process.systemd import Notifier
from swarmd.streams.dialing.resolver import names
from swarmd.streams.offload.workers import WORKERS

_log = Logger()


def make_handover(
    settings: Settings,
    reactor: Any,
    fleet: Fleet,
    site: DockerSite,
    listeners: ListenerGroup,
    work: OperatorsWork,
    memory: SharedMemory,
    gate: StartupGate,
    notifier: Notifier,
    logs: Iterable[LineLog],
    daemon: Swarmd,
) -> Handover:
    """A part of the daemon, before the listeners in the order of the start."""
    handover = Handover(reactor, fleet.state, site, listeners, work, memory, gate, notifier)
    handover.drain_time = settings.drain_time
    handover.on_reread = daemon.reread
    handover.overlaps = partial(look_beside, fleet)
    handover.background = work.copies
    work.drainer.on_line = handover.report_line
    handover.threads = Threads(reactor, logs)
    daemon.live.follow(partial(change_drain_time, handover))
    handover.setServiceParent(daemon)
    return handover


class Threads:
    """The threads of a process, which are not in a copy of it."""

    def __init__(self, reactor: Any, logs: Iterable[LineLog]) -> None:
        self._reactor = reactor
        self._logs = logs

    def end(self) -> None:
        WORKERS.pause()
        for each in self._logs:
            each.pause()

    def begin(self) -> None:
        self._reactor.installNameResolver(names(self._reactor))
        for each in self._logs:
            each.resume()
        WORKERS.resume()


def handle_signals(reactor: Any, handover: Handover, twistd: Any) -> None:
    """SIGTERM and SIGUSR2; and the pid file is the one's that serves.

    Args:
        twistd: Its options; None where there is no twistd.
    """
    command = command_line(sys.argv, sys.orig_argv, twistd)
    given = os.environ.pop(PIDFILE, "")
    pidfile = given or ((twistd or {}).get("pidfile") or "")
    pidfile = os.path.abspath(pidfile) if pidfile else ""
    signals = ProcessSignals(reactor, handover, command, os.getcwd(), pidfile)
    handover.released = partial(_leave_pidfile, twistd)
    if given:
        handover.speaking = partial(_take_pidfile, pidfile)
        reactor.addSystemEventTrigger("after", "shutdown", signals.remove_pidfile)
    reactor.callWhenRunning(signals.install)


def _leave_pidfile(twistd: Any, process: int) -> None:
    """Twistd would remove it at the end, though it is another's by now."""
    if twistd is not None:
        twistd["pidfile"] = ""


def _take_pidfile(path: str) -> None:
    try:
        write_pid(path)
    except OSError as error:
        _log.warn("{path} cannot be written: {error}", path=path, error=error.strerror)


def change_drain_time(handover: Handover, new: Settings) -> None:
    """At once, also for a process that is finishing."""
    handover.drain_time = new.drain_time
