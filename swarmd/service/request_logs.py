"""The logs of requests: begun, moved and ended while swarmd runs, as the settings say."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any, TypeVar

from twisted.application.service import MultiService

from swarmd.audit.access_log import AccessLog
from swarmd.audit.line_log import LineLog
from swarmd.audit.recorder import Recorder
from swarmd.config.settings import Settings

Log = TypeVar("Log", bound=LineLog)


class RequestLogs(MultiService):
    """The audit log and the access log: the first part, as they end after those that they log.

    Attributes:
        audit, access: None while none is kept.

    Args:
        now: Wall-clock seconds.

    Raises:
        OSError: Nothing can be written there.
    """

    def __init__(self, settings: Settings, reactor: Any, now: Callable[[], float]) -> None:
        super().__init__()
        self.audit: Recorder | None = None
        self.access: AccessLog | None = None
        self._reactor = reactor
        self._now = now
        self.change(settings)

    def change(self, new: Settings) -> None:
        """Settings that may change while it runs."""
        wanted = new.observability

        def recorder(place: str) -> Recorder:
            return Recorder(place, self._reactor, self._now, manager_name(new))

        def access_log(place: str) -> AccessLog:
            return AccessLog(place, self._reactor, self._now, wanted.log_format)

        self.audit = self._kept(self.audit, new.audit_log, recorder)
        self.access = self._kept(self.access, wanted.access_log, access_log)
        if self.access is not None:
            self.access.form = wanted.log_format

    def _kept(self, log: Log | None, place: str, make: Callable[[str], Log]) -> Log | None:
        if not place:
            if log is not None:
                log.retire()
                log.disownServiceParent()
            return None
        if log is None:
            log = make(place)
            log.setServiceParent(self)
        elif place != log.place:
            log.move(place)
        return log

    def reread(self) -> None:
        for log in self:
            log.reread()

    def notices(self) -> list[str]:
        return [notice for log in self for notice in log.notices()]


def manager_name(settings: Settings) -> str:
    """How this swarmd is told from others in the audit log; "" of one that is alone."""
    if settings.sharing is None:
        return ""
    return settings.sharing.advertise or socket.gethostname()
