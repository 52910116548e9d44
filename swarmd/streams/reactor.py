"""Two short cuts through Twisted's reactor; together an eighth of a forwarded call's CPU.

Both use Twisted's private names, all of which are in this file. ``test_reactor.py`` in
tests/streams and tests/wire fails loudly if they change; without ``speed_up`` everything works the
same, only slower.

- ``tcp.Connection.write`` only queues, and the bytes leave after another round of epoll: two calls
  of epoll_ctl and a wake-up for each answer. Trying the socket first saves them.
- ``EPollReactor.doPoll`` wraps each event in a logging context, which our logs do not use. Here is
  also where the length of turns can be measured (``reactor_lag.py``).
"""

from __future__ import annotations

from types import MethodType
from typing import Any

from twisted.internet import tcp
from twisted.internet.epollreactor import EPollReactor
from twisted.logger import Logger

from swarmd.streams.reactor_lag import REACTOR_LAG

# Larger writes are bulk: the kernel would take only a part, and the rest would be copied. A batch
# of four TLS records is not.
LARGEST_AT_ONCE = 66 << 10

_log = Logger()
_queued_write: Any = tcp.Connection.write


def speed_up(reactor: Any) -> bool:
    """Takes the short cuts from now on; False if this reactor has none."""
    if not isinstance(reactor, EPollReactor):
        return False
    vars(reactor)["doIteration"] = MethodType(_poll, reactor)
    connection: Any = tcp.Connection
    connection.write = _write_at_once
    return True


def slow_down(reactor: Any) -> None:
    """Undoes ``speed_up``."""
    vars(reactor).pop("doIteration", None)
    if "write" in vars(tcp.Connection):
        del tcp.Connection.write


def _write_at_once(self: Any, data: bytes) -> None:
    idle = not (self._tempDataLen or self.dataBuffer or self._writeDisconnecting or self._aborting)
    # A pull producer is asked for more by the event that only a queued write brings about.
    pulled = self.producer is not None and not self.streamingProducer
    ready = idle and self.connected and not (pulled or self.disconnecting or self.TLS)
    if ready and 0 < len(data) < LARGEST_AT_ONCE:
        try:
            sent = self.socket.send(data)
        except OSError:
            sent = 0  # it would block, or has an error that the queued write will report
        if sent == len(data):
            return
        data = data[sent:]
    _queued_write(self, data)


def _poll(self: Any, timeout: float | None) -> None:
    REACTOR_LAG.end()
    try:
        events = self._poller.poll(-1 if timeout is None else timeout, len(self._selectables))
    except InterruptedError:
        return
    REACTOR_LAG.begin()
    for descriptor, event in events:
        selectable = self._selectables.get(descriptor)
        if selectable is not None:
            try:
                self._doReadOrWrite(selectable, descriptor, event)
            except Exception:  # noqa: BLE001 - one connection's error is not the others'
                _log.failure("while a connection was served")
