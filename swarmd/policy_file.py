"""The policy's file: read at start, on SIGHUP and when it changes; a bad one changes nothing."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from twisted.application.service import Service
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import LoopingCall
from twisted.logger import Logger

from swarmd.authz.parse import parse_policy
from swarmd.authz.policy import Policy

INTERVAL = 1.0  # seconds between two looks; a change counts once it has looked the same twice
LARGEST = 1 << 20  # bytes


def read_policy(path: str) -> Policy:
    """Raises ValueError, whose text names the file and the place in it."""
    try:
        with Path(path).open("rb") as file:
            data = file.read(LARGEST + 1)
        text = data.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"cannot read policy {path}: {error}") from None
    if len(data) > LARGEST:
        raise ValueError(f"policy {path} is larger than {LARGEST >> 20} MiB")
    try:
        return parse_policy(text)
    except ValueError as error:
        raise ValueError(f"policy {path}: {error}") from None


class PolicyFile(Service):
    """Attributes:
    problem: Why the newest version of the file is not in force; "" if it is.

    Args:
        use: Gets each good policy that replaces the one of the start.
    """

    _log = Logger()

    def __init__(self, path: str, clock: IReactorTime, use: Callable[[Policy], None]) -> None:
        self.problem = ""
        self._path = path
        self._use = use
        self._handled = self._last = self._look()
        self._loop = LoopingCall(self._follow)
        self._loop.clock = clock

    def startService(self) -> None:
        super().startService()
        self._loop.start(INTERVAL, now=False).addErrback(
            lambda failure: self._log.failure("the policy is not followed any more", failure)
        )

    def stopService(self) -> None:
        super().stopService()
        self._loop.stop()

    def notices(self) -> list[str]:
        return [f"{self.problem}; the one before stays in force"] if self.problem else []

    def reread(self) -> None:
        """Reads the file now, whether it changed or not."""
        self._handled = self._look()
        try:
            self._use(read_policy(self._path))
        except ValueError as error:
            self.problem = str(error)
            self._log.error("{why}; the policy before stays in force", why=self.problem)
        else:
            self.problem = ""
            self._log.info("policy {path} is in force", path=self._path)

    def _follow(self) -> None:
        look = self._look()
        if look != self._handled and look == self._last:
            self.reread()
        self._last = look

    def _look(self) -> tuple[int, int, int]:
        try:
            found = os.stat(self._path)
        except OSError:
            return 0, 0, 0
        return found.st_mtime_ns, found.st_size, found.st_ino
