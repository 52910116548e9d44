"""The columns by which candidates are compared, from left to right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from swarmd.core.model import Engine
from swarmd.core.names import familiar, may_be_id
from swarmd.scheduler.policy import Policy
from swarmd.scheduler.registry import STRATEGIES
from swarmd.scheduler.request import Placement
from swarmd.scheduler.strategies.column import Column


def columns(
    wanted: Placement,
    candidates: Sequence[Engine],
    engines: Sequence[Engine],
    policy: Policy,
    seed: int,
) -> list[Column]:
    """An engine that failed of late ranks behind every clean one, whatever its load.

    Then come the zones of the spread label, the strategy, and the image. ``engines`` is the whole
    fleet, whose containers make a zone full.
    """
    found = [Column("failures", [engine.failures for engine in candidates])]
    if label := wanted.spread or policy.spread:
        found.append(_zones(label, candidates, engines))
    found += STRATEGIES[policy.strategy](wanted, candidates, policy, seed)
    if policy.image_locality and wanted.image:
        found.append(_image(wanted.image, candidates))
    return found


def _zones(label: str, candidates: Sequence[Engine], engines: Sequence[Engine]) -> Column:
    """Containers per value of ``label``; what a dead engine had runs no more."""
    loads: Counter[str] = Counter()
    for engine in engines:
        if engine.healthy:
            loads[engine.labels.get(label, "")] += engine.tally.active
    return Column("zone", [loads[engine.labels.get(label, "")] for engine in candidates])


def _image(image: str, candidates: Sequence[Engine]) -> Column:
    """0 where the image is, 1 where it would have to be pulled."""
    ref = familiar(image)
    if may_be_id(image):
        return Column("pull", [ref not in e.image_refs and ref not in e.images for e in candidates])
    return Column("pull", [ref not in engine.image_refs for engine in candidates])
