"""The notifier of systemd, its watchdog included: ready, alive, stopping, and a line of status.

The protocol is one datagram a message, to the socket that NOTIFY_SOCKET names (sd_notify(3)).
Without that variable nothing is sent.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping

from twisted.internet.interfaces import IReactorTime

from swarmd.timers.periodic import Periodic

MICROSECONDS = 1e6
QUIET = 30.0  # seconds between status lines where no watchdog is asked for


def notify(address: str, message: str) -> None:
    """Sends ``message``; an unreachable socket is nobody's business but systemd's."""
    if address.startswith("@"):
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
        channel.setblocking(False)
        try:
            channel.sendto(message.encode(), address)
        except OSError:
            return


class Notifier(Periodic):
    """The notifier of systemd (and its watchdog): READY, STATUS, WATCHDOG, STOPPING."""

    def __init__(
        self, environ: Mapping[str, str], clock: IReactorTime, status: Callable[[], str]
    ) -> None:
        self._address = environ.get("NOTIFY_SOCKET", "")
        watchdog = float(environ.get("WATCHDOG_USEC") or 0) / MICROSECONDS
        interval = watchdog / 2 if watchdog else QUIET
        super().__init__(clock, interval, self._notify, now=True, failed="systemd was not told")
        self._status = status

    def startService(self) -> None:
        if self._address:
            notify(self._address, "READY=1")
            super().startService()

    def stopService(self) -> None:
        if self.running:
            super().stopService()
            notify(self._address, "STOPPING=1")

    def _notify(self) -> None:
        notify(self._address, f"WATCHDOG=1\nSTATUS={self._status()}")
