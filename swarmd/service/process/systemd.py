"""The notifier of systemd, its watchdog included: ready, alive, stopping, and a line of status.

The protocol is one datagram a message, to the socket that NOTIFY_SOCKET names (sd_notify(3)).
Without that variable nothing is sent.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping, Sequence

from twisted.internet.interfaces import IReactorTime

from swarmd.timers.periodic import Periodic

MICROSECONDS = 1e6
QUIET = 30.0  # seconds between status lines where no watchdog is asked for


def notify(address: str, message: str, descriptors: Sequence[int] = ()) -> None:
    """Sends ``message``; an unreachable socket is nobody's business but systemd's."""
    if address.startswith("@"):
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
        channel.setblocking(False)
        try:
            channel.connect(address)
            socket.send_fds(channel, [message.encode()], descriptors)
        except OSError:
            return


class Notifier(Periodic):
    """The notifier of systemd (and its watchdog): READY, STATUS, WATCHDOG, STOPPING.

    Attributes:
        address: Of systemd's socket; "" without it.
        held: It is not this process that serves yet, or any more: nothing is said.
    """

    def __init__(
        self, environ: Mapping[str, str], clock: IReactorTime, status: Callable[[], str]
    ) -> None:
        self.address = environ.get("NOTIFY_SOCKET", "")
        self.held = False
        watchdog = float(environ.get("WATCHDOG_USEC") or 0) / MICROSECONDS
        interval = watchdog / 2 if watchdog else QUIET
        super().__init__(clock, interval, self._notify, now=True, failed="systemd was not told")
        self._status = status

    def startService(self) -> None:
        if self.address and not self.held:
            notify(self.address, "READY=1")
            super().startService()

    def stopService(self) -> None:
        if self.running:
            super().stopService()
            notify(self.address, "STOPPING=1")

    def release(self) -> None:
        """This process serves from now on."""
        self.held = False
        self.startService()

    def silence(self) -> None:
        """Another process speaks to systemd from now on."""
        self.held = True
        super().stopService()

    def _notify(self) -> None:
        notify(self.address, f"WATCHDOG=1\nSTATUS={self._status()}")
