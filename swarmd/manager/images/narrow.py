"""Which engines an image is meant for, where the client says so.

A pull or load has neither labels nor an environment, so the expressions come in a header, which
the command line can be told to send (``HttpHeaders`` of its ``config.json``), or in the query.
"""

from __future__ import annotations

from collections.abc import Sequence

from swarmd.core.errors import ApiError, Unavailable
from swarmd.core.expressions import parse_expressions
from swarmd.core.model import Engine
from swarmd.manager.fleet import Fleet
from swarmd.scheduler.filters.constraint import constraint
from swarmd.scheduler.policy import Policy
from swarmd.scheduler.request import Placement

HEADER = b"x-swarm-constraint"
QUERY = "constraint"

_ANY = Policy("spread", ("constraint",))


def engines_for(fleet: Fleet, texts: Sequence[str]) -> list[Engine]:
    """The healthy engines that pass all constraints; soft ones give way where none would.

    Raises:
        Unavailable: No engine is healthy.
        ApiError: None of those fits.
    """
    engines = fleet.healthy()
    if not engines:
        raise Unavailable("No healthy node available in the cluster")
    wanted = Placement(constraints=parse_expressions(texts))
    for rule in constraint(wanted, engines, _ANY):
        kept = rule.keep(engines)
        if kept or not rule.soft:
            engines = list(kept)
    if not engines:
        listed = ", ".join(map(str, wanted.constraints))
        raise ApiError(f"Unable to find a node that satisfies the following conditions\n[{listed}]")
    return engines
