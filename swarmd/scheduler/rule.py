"""A rule: which engines pass, and in words why the others do not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from swarmd.core.index.bits import Bits
from swarmd.core.index.engine_index import EngineIndex
from swarmd.core.model import Engine
from swarmd.scheduler.placement import Placement
from swarmd.scheduler.policy import PlacementPolicy


@dataclass(frozen=True, slots=True)
class Rule:
    """One condition of one filter.

    Attributes:
        filter: The name of its filter.
        condition: As classic Swarm lists it in its error, "" if it has none there.
        keep: Those of the given engines that pass.
        why: For an engine that does not pass, the reason; the engine's name is put before it.
        soft: It gives way where no engine passes.
        advice: What a client may do where this rule has removed engines, "" if there is nothing.
        headline: What the client reads first if this rule leaves no engine, where that is not
            "Unable to find a node …".
    """

    filter: str
    condition: str
    keep: Callable[[Bits], Bits]
    why: Callable[[Engine], str]
    soft: bool = False
    headline: str = ""
    advice: str = ""


Filter = Callable[[Placement, EngineIndex, PlacementPolicy], Iterator[Rule]]
"""The rules that a wish means to a fleet; none where the wish does not concern the filter."""
