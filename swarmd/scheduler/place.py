"""The two questions to the scheduler: where to, and why there."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import nsmallest

from swarmd.core.model import Engine
from swarmd.scheduler.policy import Policy
from swarmd.scheduler.refusal import Verdict
from swarmd.scheduler.request import Placement
from swarmd.scheduler.score import columns
from swarmd.scheduler.sieve import refusal, sift, verdicts
from swarmd.scheduler.strategies.column import Column

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
    key: str
    place: int = 0
    score: Mapping[str, float] = field(default_factory=dict)
    removed: Verdict | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Attributes:
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
    engines: Sequence[Engine],
    policy: Policy,
    *,
    seed: int = 0,
    limit: int = MOST,
    without: Collection[str] = (),
) -> list[Engine]:
    """The best ``limit`` engines that pass every rule, best first; equals in the order given.

    ``without`` are keys of engines that were tried in vain. They stay in ``engines``: a volume that
    lives on one of them must not be made anew elsewhere.

    Raises:
        NoCandidate: None passes.
    """
    candidates = [e for e in engines if e.key not in without] if without else engines
    sifted = sift(wanted, candidates, engines, policy)
    if not sifted.kept:
        raise refusal(sifted, candidates)
    table = columns(wanted, sifted.kept, engines, policy, seed)
    return [sifted.kept[index] for index in _order(table, len(sifted.kept), limit)]


def explain(
    wanted: Placement, engines: Sequence[Engine], policy: Policy, *, seed: int = 0
) -> Explanation:
    """What ``rank`` would say of every engine; changes nothing and never raises."""
    sifted = sift(wanted, engines, engines, policy)
    table = columns(wanted, sifted.kept, engines, policy, seed)
    order = _order(table, len(sifted.kept), len(engines))
    standings = [
        Standing(
            sifted.kept[index].name,
            sifted.kept[index].key,
            place,
            {column.name: float(column.values[index]) for column in table},
        )
        for place, index in enumerate(order, start=1)
    ]
    standings += [
        Standing(e.name, e.key, removed=verdict) for e, verdict in verdicts(sifted, engines)
    ]
    ignored = tuple(f"{rule.filter} {rule.condition}" for rule in sifted.ignored)
    error = "" if sifted.kept else refusal(sifted, engines).message
    return Explanation(tuple(standings), ignored, error)


def _order(table: Sequence[Column], count: int, limit: int) -> list[int]:
    """Indexes of the smallest rows; the index itself is the last column."""
    rows = zip(*(column.values for column in table), range(count), strict=True)
    return [int(row[-1]) for row in nsmallest(limit, rows)]
