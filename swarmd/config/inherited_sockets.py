"""The listening sockets that systemd has passed on (sd_listen_fds(3)).

When Twisted's endpoints are imported, before anything of swarmd, they take LISTEN_PID and
LISTEN_FDS out of the environment, so that nobody adopts a socket twice. So what they found counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from twisted.internet import endpoints
from twisted.python.systemd import ListenFDs

FIRST = 3


def inherited_sockets(environ: Mapping[str, str]) -> Sequence[int]:
    """Their descriptors, in the order of the socket unit."""
    amount = environ.get("LISTEN_FDS", "")
    if amount.isdigit():
        return range(FIRST, FIRST + int(amount))
    return _taken().inheritedDescriptors()


def _taken() -> ListenFDs:
    return endpoints._SystemdParser._sddaemon
