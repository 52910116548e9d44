"""The only nodes that will do: ``whitelist:node==node-1|node-2``.

Classic Swarm looked neither at key, operator nor patterns; here it is a constraint whose value is
a list of alternatives (a regular expression is one already).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from swarmd.core.expressions import Expression
from swarmd.core.model import Engine
from swarmd.core.pattern import Pattern, glob
from swarmd.scheduler.filters.constraint import names_match, reason
from swarmd.scheduler.policy import Policy
from swarmd.scheduler.request import Placement
from swarmd.scheduler.rule import Rule


def whitelist(wanted: Placement, engines: Sequence[Engine], policy: Policy) -> Iterator[Rule]:
    return map(_rule, wanted.whitelists)


def _rule(expression: Expression) -> Rule:
    patterns = _alternatives(expression)

    def keep(engines: Sequence[Engine]) -> list[Engine]:
        return [e for e in engines if _listed(e, expression.key, patterns) is expression.equal]

    shown = f"{expression} (soft={'true' if expression.soft else 'false'})"
    return Rule("whitelist", shown, keep, reason(expression), expression.soft)


def _alternatives(expression: Expression) -> list[Pattern]:
    if expression.is_regex:
        return [expression.pattern]
    return [glob(word.strip()) for word in expression.value.split("|")]


def _listed(engine: Engine, key: str, patterns: Sequence[Pattern]) -> bool:
    if key == "node":
        return any(names_match(engine, pattern) for pattern in patterns)
    text = engine.labels.get(key, "")
    return any(pattern.matches(text) for pattern in patterns)
