"""Puts engines through the rules, and tells afterwards which rule removed which."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from swarmd.core.model import Engine
from swarmd.scheduler.policy import Policy
from swarmd.scheduler.refusal import NoCandidate, Verdict
from swarmd.scheduler.registry import FILTERS
from swarmd.scheduler.request import Placement
from swarmd.scheduler.rule import Rule

_BLOCK = 512  # engines that fit a processor's cache: at 10,000 that saves a third of the time


class Sifted(NamedTuple):
    """``kept`` passed all of ``rules``; the ``ignored`` soft ones would have left none of them."""

    kept: list[Engine]
    rules: list[Rule]
    ignored: list[Rule]


def sift(
    wanted: Placement, candidates: Sequence[Engine], engines: Sequence[Engine], policy: Policy
) -> Sifted:
    """All hard rules, then each soft one that leaves something; ``engines`` is the whole fleet.

    Of soft rules that exclude each other the later gives way, and alone: classic Swarm dropped all
    of them as soon as one could not be met.
    """
    rules = [rule for name in policy.filters for rule in FILTERS[name](wanted, engines, policy)]
    applied = [rule for rule in rules if not rule.soft]
    ignored: list[Rule] = []
    kept = _passing(applied, candidates)
    for rule in rules:
        if rule.soft and kept:
            fewer = rule.keep(kept)
            (applied if fewer else ignored).append(rule)
            kept = fewer or kept
    return Sifted(kept, applied, ignored)


def verdicts(sifted: Sifted, candidates: Sequence[Engine]) -> Iterator[tuple[Engine, Verdict]]:
    """The first rule that removed each engine."""
    for rule in sifted.rules:
        stayed = rule.keep(candidates)
        keys = {engine.key for engine in stayed}
        for engine in candidates:
            if engine.key not in keys:
                yield engine, Verdict(rule.filter, rule.why(engine))
        candidates = stayed


def refusal(sifted: Sifted, candidates: Sequence[Engine]) -> NoCandidate:
    """The error where nothing was kept."""
    reasons = {engine.name: verdict for engine, verdict in verdicts(sifted, candidates)}
    rules = iter(sifted.rules)
    tried = [next(rules)]
    while candidates := tried[-1].keep(candidates):
        tried.append(next(rules))
    return NoCandidate(tried, reasons)


def _passing(rules: Sequence[Rule], engines: Sequence[Engine]) -> list[Engine]:
    passing: list[Engine] = []
    for start in range(0, len(engines), _BLOCK):
        block = engines[start : start + _BLOCK]
        for rule in rules:
            block = rule.keep(block)
        passing += block
    return passing
