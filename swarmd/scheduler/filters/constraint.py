"""Expressions over node labels; ``node`` is the engine's name or ID."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from swarmd.core.expressions import Expression
from swarmd.core.index.bits import Bits
from swarmd.core.index.engine_index import NodeIndex
from swarmd.core.model import Engine
from swarmd.core.pattern import Pattern
from swarmd.scheduler.placement import Placement
from swarmd.scheduler.policy import PlacementPolicy
from swarmd.scheduler.rule import Rule


def constraint(wanted: Placement, fleet: NodeIndex, policy: PlacementPolicy) -> Iterator[Rule]:
    return (_rule(each, fleet) for each in wanted.constraints)


def _rule(expression: Expression, fleet: NodeIndex) -> Rule:
    found = matching(expression.key, expression.pattern, fleet)
    passing = found if expression.equal else ~found
    keep = passing.__and__
    return Rule("constraint", str(expression), keep, reason(expression), expression.soft)


def matching(key: str, pattern: Pattern, fleet: NodeIndex) -> Bits:
    """A missing label is the empty text."""
    return fleet.named(pattern) if key == "node" else fleet.labelled(key, pattern)


def reason(expression: Expression) -> Callable[[Engine], str]:
    """Words for an engine that does not pass ``expression``."""
    key = expression.key

    def why(engine: Engine) -> str:
        if key == "node":
            return f"{expression} leaves it out"
        return f'{key} is "{engine.labels[key]}"' if key in engine.labels else f"has no label {key}"

    return why
