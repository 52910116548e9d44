"""The descriptors that systemd has passed on (sd_listen_fds(3)): sockets, and swarmd's own.

When Twisted's endpoints are imported, before anything of swarmd, they take LISTEN_PID and
LISTEN_FDS out of the environment, so that nobody adopts a socket twice. So what they found counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from twisted.internet import endpoints
from twisted.python.systemd import ListenFDs

FIRST = 3
HANDOVER = "swarmd-handover"  # in systemd's store of descriptors, for the next process


def inherited_sockets(environ: Mapping[str, str]) -> Sequence[int]:
    """Those of sockets to listen on, in the order of the socket unit."""
    left = inherited_handover(environ)
    return [each for each in _inherited(environ) if each != left]


def inherited_handover(environ: Mapping[str, str]) -> int | None:
    """The descriptor by which the process that serves is called."""
    names = environ.get("LISTEN_FDNAMES", "").split(":")
    named = dict(zip(names, _inherited(environ), strict=False))
    return named.get(HANDOVER)


def _inherited(environ: Mapping[str, str]) -> Sequence[int]:
    amount = environ.get("LISTEN_FDS", "")
    if amount.isdigit():
        return range(FIRST, FIRST + int(amount))
    return _taken().inheritedDescriptors()


def _taken() -> ListenFDs:
    return endpoints._SystemdParser._sddaemon
