"""The daemon as twistd sees it: one service that holds all others."""

from __future__ import annotations

from typing import Any

from twisted.application.service import MultiService
from twisted.logger import ILogObserver, Logger
from twisted.python.components import Componentized

from swarmd.service.live_settings import LiveSettings

_log = Logger()


class Swarmd(MultiService):
    """The whole daemon.

    Attributes:
        forked: It runs in the background, and whoever started it waits to hear whether it does.
        live: Settings that may change while it runs.
        handover: Its part in upgrades that cut nothing.
    """

    handover: Any

    def __init__(self, log: ILogObserver | None, *, forked: bool) -> None:
        super().__init__()
        self.forked = forked
        self.live = LiveSettings()
        self._log_observer = log

    def privilegedStartService(self) -> None:
        """What stands in the way of a start is one line, and status 1.

        Raises:
            SystemExit: In the foreground.
            OSError: If it has forked: twistd passes on ordinary errors, and else waits for ever.
        """
        try:
            super().privilegedStartService()
        except OSError as error:
            if not self.forked:
                raise SystemExit(f"swarmd: {error}") from None
            _log.error("{why}", why=error)
            raise

    def setServiceParent(self, parent: Any) -> None:
        """twistd makes us a child of its application, whose log observer is ours to choose."""
        if self._log_observer is not None and isinstance(parent, Componentized):
            parent.setComponent(ILogObserver, self._log_observer)
        super().setServiceParent(parent)

    def reread(self) -> None:
        """Every part that has files reads them again; so does a process that is finishing."""
        for part in self:
            getattr(part, "reread", lambda: None)()
