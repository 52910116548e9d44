"""Puts engines through the rules, and tells afterwards which rule removed which."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from swarmd.core.index.bits import Bits
from swarmd.core.index.engine_index import EngineIndex
from swarmd.core.model import Engine
from swarmd.scheduler.placement import Placement
from swarmd.scheduler.policy import PlacementPolicy
from swarmd.scheduler.refusal import NoCandidate, Verdict
from swarmd.scheduler.registry import FILTERS
from swarmd.scheduler.rule import Rule


class Sifted(NamedTuple):
    """The result of the filters.

    ``kept`` passed all of ``rules``; the ``ignored`` soft ones would have left none of them.

    ``tied`` passed the hard ones.
    """

    kept: Bits
    tied: Bits
    rules: list[Rule]
    ignored: list[Rule]


def sift(
    wanted: Placement, candidates: Bits, fleet: EngineIndex, policy: PlacementPolicy
) -> Sifted:
    """All hard rules, then each soft one that leaves something.

    Of soft rules that exclude each other the later gives way, and alone: classic Swarm dropped all
    of them as soon as one could not be met.
    """
    rules = [rule for name in policy.filters for rule in FILTERS[name](wanted, fleet, policy)]
    applied = [rule for rule in rules if not rule.soft]
    ignored: list[Rule] = []
    kept = candidates
    for rule in applied:
        kept = rule.keep(kept)
    tied = kept
    for rule in rules:
        if rule.soft and kept:
            fewer = rule.keep(kept)
            (applied if fewer else ignored).append(rule)
            kept = fewer or kept
    return Sifted(kept, tied, applied, ignored)


def verdicts(
    sifted: Sifted, candidates: Bits, fleet: EngineIndex
) -> Iterator[tuple[Engine, Verdict]]:
    """The first rule that removed each engine."""
    for rule in sifted.rules:
        stayed = rule.keep(candidates)
        for engine in fleet.engines(candidates & ~stayed):
            yield engine, Verdict(rule.filter, rule.why(engine))
        candidates = stayed


def refusal(sifted: Sifted, candidates: Bits, fleet: EngineIndex) -> NoCandidate:
    """The error where nothing was kept."""
    reasons = {engine.name: verdict for engine, verdict in verdicts(sifted, candidates, fleet)}
    rules = iter(sifted.rules)
    tried = [next(rules)]
    while candidates := tried[-1].keep(candidates):
        tried.append(next(rules))
    return NoCandidate(tried, reasons)
