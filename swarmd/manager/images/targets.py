"""Target engines of an image, where the client says so.

A pull or load has neither labels nor an environment, so the expressions come in a header, which
the command line can be told to send (``HttpHeaders`` of its ``config.json``), or in the query.
"""

from __future__ import annotations

from collections.abc import Sequence

from swarmd.core.errors import ApiError, Unavailable
from swarmd.core.expressions import parse_expressions
from swarmd.core.model import Engine, Health
from swarmd.manager.interfaces import FleetView
from swarmd.scheduler.filters.constraint import constraint
from swarmd.scheduler.placement import Placement
from swarmd.scheduler.policy import PlacementPolicy

HEADER = b"x-swarm-constraint"
QUERY = "constraint"

_ANY = PlacementPolicy("spread", ("constraint",))


def engines_for(fleet: FleetView, texts: Sequence[str]) -> list[Engine]:
    """The healthy engines that pass all constraints; soft ones give way where none would.

    Raises:
        Unavailable: No engine is healthy.
        ApiError: None of those fits.
    """
    index = fleet.state.index
    index.refresh()
    kept = index.health.of(Health.HEALTHY)
    if not kept:
        raise Unavailable("No healthy node available in the cluster")
    wanted = Placement(constraints=parse_expressions(texts))
    for rule in constraint(wanted, index, _ANY):
        fewer = rule.keep(kept)
        if fewer or not rule.soft:
            kept = fewer
    if not kept:
        listed = ", ".join(map(str, wanted.constraints))
        raise ApiError(f"Unable to find a node that satisfies the following conditions\n[{listed}]")
    return index.engines(kept)
