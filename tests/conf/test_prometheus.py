"""The alerts and the scrape configuration for Prometheus, judged by its own tool; the dashboard."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conf.observed import ALERTS, DASHBOARD, SCRAPE, expressions, targets

UNIT_TESTS = Path(__file__).parent / "prometheus" / "alerts_test.yaml"
needs_promtool = pytest.mark.skipif(shutil.which("promtool") is None, reason="needs promtool")


@needs_promtool
@pytest.mark.parametrize(
    "words",
    [
        ("check", "rules", str(ALERTS)),
        ("check", "config", str(SCRAPE)),
        ("test", "rules", str(UNIT_TESTS)),
    ],
    ids=" ".join,
)
def test_promtool_has_nothing_against_it(words: tuple[str, ...]) -> None:
    done = subprocess.run(
        ["promtool", *words], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_is_raised_in_a_test() -> None:
    alerts = set(re.findall(r"- alert: (\w+)", ALERTS.read_text()))
    tested = set(re.findall(r'alertname[=:] ?"?(Swarmd\w+)', UNIT_TESTS.read_text()))
    assert alerts == tested


@needs_promtool
def test_prometheus_can_read_every_expression_of_the_dashboard(tmp_path: Path) -> None:
    rules = [{"record": f"x:{n}", "expr": expr} for n, expr in enumerate(expressions(DASHBOARD))]
    file = tmp_path / "rules.yaml"  # JSON is YAML
    file.write_text(json.dumps({"groups": [{"name": "panels", "rules": rules}]}))
    done = subprocess.run(
        ["promtool", "check", "rules", str(file)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert len(rules) > 30 and done.returncode == 0, done.stdout + done.stderr


def test_panels_do_not_overlap_and_each_says_what_it_shows() -> None:
    panels = json.loads(DASHBOARD.read_text())["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        at = panel["gridPos"]
        cells = {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}
        assert at["x"] + at["w"] <= 24 and not taken & cells, panel["title"]
        taken |= cells
        if panel["type"] != "row":
            assert panel["description"] and panel["targets"]


def test_panels_ask_for_what_was_chosen_above() -> None:
    for panel, target in targets():
        assert target["datasource"]["uid"] == "${datasource}"
        assert "$instance" in target["expr"], panel["title"]
        assert ("$node" in target["expr"]) == ("swarmd_node_" in target["expr"])
