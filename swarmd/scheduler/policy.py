"""How the fleet's operator wants containers placed; made by ``registry.make_policy``."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PlacementPolicy:
    """The strategy, filters and overcommit that placement goes by.

    Names are known ones.

    Attributes:
        filters: Names, in order.
        spread: Node label for ``--strategy spread:LABEL``; "" if none.
        overcommit: Share of its CPUs and memory that a node gives beyond what it has; 0.05 is 5 %.
            A node's label ``overcommit`` goes before.
        image_locality: Among equal nodes, those that have the image come first.
        reserve: "hard": CPU limits are reserved in full, as memory limits are. "soft": they rank
            nodes and refuse nothing, and of memory the reservation counts where there is one. A
            container's label goes before.
    """

    strategy: str
    filters: tuple[str, ...]
    spread: str = ""
    overcommit: float = 0.0
    image_locality: bool = True
    reserve: str = "hard"
