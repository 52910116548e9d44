"""How one of several swarmds agrees with the others, as numbers. Pure."""

from __future__ import annotations

from typing import NamedTuple

from swarmd.core.index.histogram import Histogram


class Agreement(NamedTuple):
    """What was counted since the start.

    Attributes:
        joined: Its session is held, and what is shared was read.
        leads: It is the one that reschedules and drains.
        managers: How many swarmds there are.
        sessions: How many it began.
        terms: How often it began to lead.
        commits: Tried; of those, ``conflicts`` did not hold, and ``failures`` came to no answer.
        times: Seconds of each.
    """

    joined: bool
    leads: bool
    managers: int
    sessions: int
    terms: int
    commits: int
    conflicts: int
    failures: int
    times: Histogram
