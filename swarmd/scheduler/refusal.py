"""The words for "nowhere": classic Swarm's first lines, then which rule removed which nodes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from swarmd.core.errors import ApiError
from swarmd.scheduler.rule import Rule

UNABLE = "Unable to find a node that satisfies the following conditions "

_MOST_NODES = 5  # named in one line
_MOST_LINES = 12


class Verdict(NamedTuple):
    """The filter that removed an engine, and why in words."""

    filter: str
    reason: str


class NoCandidate(ApiError):
    """No engine passed the filters; ``verdicts`` has the reason for each, by its name."""

    def __init__(self, rules: Sequence[Rule], verdicts: Mapping[str, Verdict]) -> None:
        """``rules`` are those tried, the last of which left no engine."""
        self.verdicts = verdicts
        lines = [_headline(rules), *_reasons(verdicts), *_advice(rules, verdicts)]
        super().__init__("\n".join(lines))


def _advice(rules: Sequence[Rule], verdicts: Mapping[str, Verdict]) -> Iterable[str]:
    """What those rules have to say that removed engines, each thing once."""
    filters = {verdict.filter for verdict in verdicts.values()}
    said = (rule.advice for rule in rules if rule.advice and rule.filter in filters)
    return dict.fromkeys(said)


def _headline(rules: Sequence[Rule]) -> str:
    return rules[-1].headline or "\n".join([UNABLE, *_conditions(rules)])


def _conditions(rules: Sequence[Rule]) -> Iterable[str]:
    """A line for each filter that has conditions, as classic Swarm printed them."""
    shown: dict[str, list[str]] = {}
    for rule in rules:
        if rule.condition:
            shown.setdefault(rule.filter, []).append(rule.condition)
    return (f"[{' '.join(conditions)}]" for conditions in shown.values())


def _reasons(verdicts: Mapping[str, Verdict]) -> list[str]:
    """A line for each different reason: ``node-1, node-2: port 80/tcp is in use (port)``."""
    nodes: dict[Verdict, list[str]] = {}
    for node, verdict in verdicts.items():
        nodes.setdefault(verdict, []).append(node)
    lines = [f"{_some(names)}: {why} ({rule})" for (rule, why), names in nodes.items()]
    if len(lines) > _MOST_LINES:
        lines[_MOST_LINES:] = [f"and {len(lines) - _MOST_LINES} more reasons"]
    return lines


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_NODES} more" if len(names) > _MOST_NODES else ""
    return ", ".join(names[:_MOST_NODES]) + more
