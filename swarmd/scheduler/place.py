"""The two questions to the scheduler: where to, and why there."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice

from swarmd.core.index.engine_index import EngineIndex
from swarmd.core.model import Engine
from swarmd.scheduler.placement import Placement
from swarmd.scheduler.policy import PlacementPolicy
from swarmd.scheduler.refusal import Verdict
from swarmd.scheduler.registry import TIES
from swarmd.scheduler.score import columns
from swarmd.scheduler.sieve import refusal, sift, verdicts
from swarmd.scheduler.strategies.column import ordered

MOST = 16  # candidates that a create may try, one after another


@dataclass(frozen=True, slots=True)
class Standing:
    """One engine in an explanation: its place among the candidates, or what removed it.

    Attributes:
        place: From 1; 0 if it was removed.
        score: Part -> value, the part that counts most first; the smaller, the better.
        removed: None for a candidate.
    """

    engine: str
    place: int = 0
    score: Mapping[str, float] = field(default_factory=dict)
    removed: Verdict | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a container would be placed where.

    Attributes:
        standings: Candidates, best first, then the others.
        ignored: Soft expressions that no candidate could meet, as filter and expression.
        error: What a create would answer; "" if there is a candidate.
    """

    standings: tuple[Standing, ...]
    ignored: tuple[str, ...]
    error: str

    @property
    def chosen(self) -> str:
        """The name of the best engine, "" if there is none."""
        return "" if self.error else self.standings[0].engine


def rank(
    wanted: Placement,
    fleet: EngineIndex,
    policy: PlacementPolicy,
    *,
    seed: int = 0,
    limit: int = MOST,
    without: Collection[str] = (),
    by_chance: bool = False,
) -> list[Engine]:
    """The best ``limit`` engines that pass every rule, best first; equals in the fleet's order.

    ``without`` are keys of engines that were tried in vain. They stay in ``fleet``: a volume that
    lives on one of them must not be made anew elsewhere.

    Args:
        by_chance: The first of equals is drawn by ``seed``, so that several who place at once do
            not all take the same.

    Raises:
        NoCandidate: None passes.
    """
    fleet.refresh()
    candidates = fleet.everyone & ~fleet.keyed(without)
    sifted = sift(wanted, candidates, fleet, policy)
    if not sifted.kept:
        raise refusal(sifted, candidates, fleet)
    best = list(islice(ordered(columns(wanted, fleet, policy, seed), sifted.kept), limit))
    if by_chance:
        equals = sum(1 for values, _ in best if values == best[0][0])
        drawn = seed % equals
        best = [*best[drawn:equals], *best[:drawn], *best[equals:]]
    return [fleet.engine(slot) for _, slot in best]


def only_engine(wanted: Placement, fleet: EngineIndex, policy: PlacementPolicy) -> Engine | None:
    """The only one that the wish itself leaves, whatever that engine has free; None of several."""
    fleet.refresh()
    ties = replace(policy, filters=tuple(name for name in policy.filters if name in TIES))
    left = sift(wanted, fleet.everyone, fleet, ties).tied
    alone = left.bit_count() == 1
    return fleet.engines(left)[0] if alone else None


def explain(
    wanted: Placement, fleet: EngineIndex, policy: PlacementPolicy, *, seed: int = 0
) -> Explanation:
    """What ``rank`` would say of every engine; changes nothing and never raises."""
    fleet.refresh()
    sifted = sift(wanted, fleet.everyone, fleet, policy)
    table = columns(wanted, fleet, policy, seed)
    names = [column.name for column in table]
    standings = [
        Standing(
            fleet.engine(slot).name,
            place,
            {name: float(value) for name, value in zip(names, values, strict=True)},
        )
        for place, (values, slot) in enumerate(ordered(table, sifted.kept), start=1)
    ]
    removed = verdicts(sifted, fleet.everyone, fleet)
    standings += [Standing(e.name, removed=verdict) for e, verdict in removed]
    ignored = tuple(f"{rule.filter} {rule.condition}" for rule in sifted.ignored)
    error = "" if sifted.kept else refusal(sifted, fleet.everyone, fleet).message
    return Explanation(tuple(standings), ignored, error)
