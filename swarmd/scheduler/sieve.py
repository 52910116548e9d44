"""Puts engines through the rules and remembers which rule removed which."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from swarmd.core.model import Engine
from swarmd.scheduler.policy import Policy
from swarmd.scheduler.refusal import Verdict
from swarmd.scheduler.registry import FILTERS
from swarmd.scheduler.request import Placement
from swarmd.scheduler.rule import Rule


class Step(NamedTuple):
    """``rule`` turned ``before`` into ``after``."""

    rule: Rule
    before: Sequence[Engine]
    after: Sequence[Engine]


class Sifted(NamedTuple):
    """``kept`` is empty if the last step's rule left nothing; ``ignored`` are soft rules."""

    kept: Sequence[Engine]
    steps: list[Step]
    ignored: list[Rule]

    def verdicts(self) -> Iterator[tuple[Engine, Verdict]]:
        """For each engine removed, by which rule."""
        for rule, before, after in self.steps:
            stayed = {engine.key for engine in after}
            for engine in before:
                if engine.key not in stayed:
                    yield engine, Verdict(rule.filter, rule.why(engine))


def sift(wanted: Placement, engines: Sequence[Engine], policy: Policy) -> Sifted:
    """Hard rules to the first that leaves nothing, then the soft ones that leave something.

    Of soft rules that exclude each other the later gives way, and alone: classic Swarm dropped all
    of them as soon as one could not be met.
    """
    sifted = Sifted(engines, [], [])
    soft: list[Rule] = []
    for rule in _rules(wanted, engines, policy):
        if rule.soft:
            soft.append(rule)
            continue
        sifted = _through(rule, sifted)
        if not sifted.kept:
            return sifted
    for rule in soft:
        tried = _through(rule, sifted)
        if tried.kept:
            sifted = tried
        else:
            sifted.ignored.append(rule)
    return sifted


def _rules(wanted: Placement, engines: Sequence[Engine], policy: Policy) -> Iterator[Rule]:
    for name in policy.filters:
        yield from FILTERS[name](wanted, engines, policy)


def _through(rule: Rule, sifted: Sifted) -> Sifted:
    after = rule.keep(sifted.kept)
    return Sifted(after, [*sifted.steps, Step(rule, sifted.kept, after)], sifted.ignored)
