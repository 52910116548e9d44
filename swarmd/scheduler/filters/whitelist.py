"""The only nodes that will do: ``whitelist:node==node-1|node-2``.

Classic Swarm looked neither at key, operator nor patterns; here it is a constraint whose value is
a list of alternatives (a regular expression is one already).
"""

from __future__ import annotations

from collections.abc import Iterator

from swarmd.core.expressions import Expression
from swarmd.core.index.bits import Bits
from swarmd.core.index.engine_index import EngineIndex
from swarmd.core.pattern import Pattern, glob
from swarmd.scheduler.filters.constraint import matching, reason
from swarmd.scheduler.placement import Placement
from swarmd.scheduler.policy import PlacementPolicy
from swarmd.scheduler.rule import Rule


def whitelist(wanted: Placement, fleet: EngineIndex, policy: PlacementPolicy) -> Iterator[Rule]:
    return (_rule(each, fleet) for each in wanted.whitelists)


def _rule(expression: Expression, fleet: EngineIndex) -> Rule:
    listed: Bits = 0
    for pattern in _alternatives(expression):
        listed |= matching(expression.key, pattern, fleet)
    keep = (listed if expression.equal else ~listed).__and__
    shown = f"{expression} (soft={'true' if expression.soft else 'false'})"
    return Rule("whitelist", shown, keep, reason(expression), expression.soft)


def _alternatives(expression: Expression) -> list[Pattern]:
    if expression.is_regex:
        return [expression.pattern]
    return [glob(word.strip()) for word in expression.value.split("|")]
