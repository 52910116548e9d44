"""The columns by which candidates are compared, from left to right."""

from __future__ import annotations

from swarmd.core.image.image_reference import familiar_if_valid
from swarmd.core.index.bits import Bits, slots
from swarmd.core.index.engine_index import EngineIndex
from swarmd.core.model import Health
from swarmd.scheduler.placement import Placement
from swarmd.scheduler.policy import PlacementPolicy
from swarmd.scheduler.registry import STRATEGIES
from swarmd.scheduler.strategies.column import Column, grouped


def columns(
    wanted: Placement, fleet: EngineIndex, policy: PlacementPolicy, seed: int
) -> list[Column]:
    """An engine that failed of late ranks behind every clean one, whatever its load.

    Then come the zones of the spread label, the strategy, and the image.
    """
    found = [grouped("failures", fleet.failures.items())]
    if label := wanted.spread or policy.spread:
        found.append(_zones(label, fleet))
    found += STRATEGIES[policy.strategy](wanted, fleet, policy, seed)
    if policy.image_locality and wanted.image:
        found.append(_image(wanted.image, fleet))
    return found


def _zones(label: str, fleet: EngineIndex) -> Column:
    """Containers per value of ``label`` in the whole fleet; what a dead engine had runs no more."""
    alive = fleet.health.of(Health.HEALTHY)
    zones = [*fleet.values(label).items(), ("", fleet.unlabelled(label))]
    return grouped("zone", [(_active(zone & alive, fleet), zone) for _, zone in zones])


def _active(among: Bits, fleet: EngineIndex) -> int:
    """Containers on ``among``: by engines where those are few, else by counts, which are."""
    if among.bit_count() < len(fleet.active):
        return sum(fleet.engine(slot).tally.active for slot in slots(among))
    return sum(count * (having & among).bit_count() for count, having in fleet.active.items())


def _image(image: str, fleet: EngineIndex) -> Column:
    """0 where the image is, 1 where it would have to be pulled."""
    there = fleet.images.of(familiar_if_valid(image))
    return grouped("pull", [(0, there), (1, ~there)])
