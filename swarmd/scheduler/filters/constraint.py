"""Expressions over node labels; ``node`` is the engine's name or ID."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from swarmd.core.expressions import Expression
from swarmd.core.model import Engine
from swarmd.core.pattern import Pattern, Verdicts
from swarmd.scheduler.policy import Policy
from swarmd.scheduler.request import Placement
from swarmd.scheduler.rule import Rule


def constraint(wanted: Placement, engines: Sequence[Engine], policy: Policy) -> Iterator[Rule]:
    for each in wanted.constraints:
        keep = _by_node(each) if each.key == "node" else _by_label(each)
        yield Rule("constraint", str(each), keep, reason(each), each.soft)


def reason(expression: Expression) -> Callable[[Engine], str]:
    """Words for an engine that does not pass ``expression``."""
    key = expression.key

    def why(engine: Engine) -> str:
        if key == "node":
            return f"{expression} leaves it out"
        return f'{key} is "{engine.labels[key]}"' if key in engine.labels else f"has no label {key}"

    return why


def names_match(engine: Engine, pattern: Pattern) -> bool:
    return pattern.matches(engine.name) or pattern.matches(engine.spec.id)


def _by_node(expression: Expression) -> Callable[[Sequence[Engine]], list[Engine]]:
    pattern, equal = expression.pattern, expression.equal
    return lambda engines: [e for e in engines if names_match(e, pattern) is equal]


def _by_label(expression: Expression) -> Callable[[Sequence[Engine]], list[Engine]]:
    """A missing label is the empty text."""
    key, equal, verdicts = expression.key, expression.equal, Verdicts(expression.pattern)
    return lambda engines: [e for e in engines if verdicts[e.labels.get(key, "")] is equal]
