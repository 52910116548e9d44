"""The samples for Prometheus and Grafana, and what they ask of swarmd."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

CONF = Path(__file__).resolve().parents[2] / "conf"
ALERTS = CONF / "prometheus" / "alerts.yaml"
SCRAPE = CONF / "prometheus" / "prometheus.yaml"
DASHBOARD = CONF / "grafana" / "dashboard.json"

_METRIC = re.compile(r"\b((?:swarmd|process)_\w+)(?:\{([^}]*)\})?")
_GROUPED = re.compile(r"\b(?:by|on|ignoring|without) \(([^)]*)\)")
_EXPRESSION = re.compile(r"^        expr: (?:>-\n)?((?:.|\n {10})+)$", re.MULTILINE)
# Those that Prometheus adds.
_ADDED = {"instance", "job"}


def targets() -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Each panel of the dashboard with each of its queries."""
    for panel in json.loads(DASHBOARD.read_text())["panels"]:
        for target in panel.get("targets", ()):
            yield panel, target


def expressions(file: Path) -> list[str]:
    """As Prometheus gets them: of the dashboard, with all that can be chosen chosen."""
    if file == DASHBOARD:
        found = [target["expr"] for _, target in targets()]
        chosen = {"$instance": ".*", "$node": ".*", "$__rate_interval": "1m"}
        for name, value in chosen.items():
            found = [expr.replace(name, value) for expr in found]
        return found
    folded = re.findall(
        r"^        expr: (?:>-\n)?((?:.|\n {10})+)$", file.read_text(), re.MULTILINE
    )
    return [" ".join(expr.split()) for expr in folded]


def metrics(expression: str) -> dict[str, set[str]]:
    """The metrics that it names, each with the labels that it matches."""
    found: dict[str, set[str]] = {}
    for name, matchers in _METRIC.findall(expression):
        keys = {re.split("[=!]", pair)[0].strip() for pair in matchers.split(",") if pair}
        found.setdefault(name, set()).update(keys - _ADDED)
    return found


def labels(expression: str) -> set[str]:
    """Those by which it groups or joins."""
    lists = _GROUPED.findall(expression)
    return {label.strip() for found in lists for label in found.split(",")} - _ADDED
