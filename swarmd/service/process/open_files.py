"""The limit of open files, and how many clients that is enough for.

Without descriptors left, no engine can be reached: clients alone could make every node look lost.
"""

from __future__ import annotations

import resource

from twisted.logger import Logger

_log = Logger()

# Of the log, the listeners, and of the engines: their event streams, pings and lists.
KEPT = 64
# A client's stream has a connection to its engine as well.
OF_A_CLIENT = 2


def raise_limit() -> int:
    """Takes as many descriptors as this process is allowed; returns their number."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def clients_within(descriptors: int, wanted: int) -> int:
    """How many of the ``wanted`` clients can be served at one time."""
    return max(1, min(wanted, (descriptors - KEPT) // OF_A_CLIENT))


def affordable(wanted: int) -> int:
    """As many clients as there are descriptors for."""
    served = clients_within(raise_limit(), wanted)
    if served < wanted:
        text = "--max-connections {wanted} is cut to {served}: the limit of open files is too low"
        _log.warn(text, wanted=wanted, served=served)
    return served
