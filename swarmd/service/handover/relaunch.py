"""The start of a new process by the one that serves (SIGUSR2): its own command once more."""

from __future__ import annotations

import getopt
import os
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from swarmd.service.handover.rendezvous import VARIABLE

PIDFILE = "_SWARMD_PIDFILE"  # which the new process writes once it serves
# Two forks: the new process is a child of the first process, so systemd hears of its end.
_APART = '"$@" &'


def command_line(argv: Sequence[str], original: Sequence[str], twistd: Any) -> list[str]:
    """The command that makes the same process again, in the foreground and without a pid file.

    Args:
        argv: ``sys.argv``.
        original: ``sys.orig_argv``, the interpreter and its own options before it.
        twistd: Twistd's options; None where they are not known.
    """
    command = [sys.executable, *original[1:]]
    given = list(argv[1:])
    if twistd is None or not given or list(original[-len(given) :]) != given:
        return command  # ``swarmd …``, which is in the foreground anyway
    try:
        _, rest = getopt.getopt(given, twistd.shortOpt, twistd.longOpt)
    except getopt.GetoptError:
        return command
    at = len(command) - len(rest)
    log = twistd.get("logfile") or ("" if twistd.get("nodaemon") else "twistd.log")
    more = ["--nodaemon", "--pidfile=", *([f"--logfile={log}"] if log else [])]
    return [*command[:at], *more, *command[at:]]


def relaunch(command: Sequence[str], folder: str, environ: Mapping[str, str]) -> socket.socket:
    """Starts the new process; returns this one's end of the conversation. Raises OSError."""
    ours, theirs = socket.socketpair()
    with theirs:
        environment = {**environ, VARIABLE: str(theirs.fileno())}
        for name in ("LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"):
            environment.pop(name, None)
        subprocess.run(
            ["/bin/sh", "-c", _APART, "sh", *command],
            cwd=folder,
            env=environment,
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            check=True,
            timeout=10,
        )
    return ours


def write_pid(path: str) -> None:
    """This process is the one to send signals to."""
    draft = f"{path}.new"
    with open(draft, "w", encoding="ascii") as file:
        file.write(str(os.getpid()))
    os.replace(draft, path)
