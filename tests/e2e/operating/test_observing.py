"""Probes, metrics beside the API, logs and traces of a whole swarmd, by curl and docker."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.conf.observed import ALERTS, DASHBOARD, SCRAPE, expressions, labels, metrics
from tests.lab.cli import Docker
from tests.lab.daemon import Swarmd, free_port
from tests.lab.engines import Fleet
from tests.lab.waiting import eventually

pytestmark = pytest.mark.fleet

SECRET = "hunter2-hunter2"
TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


def curl(url: str, *options: str) -> tuple[int, str]:
    command = ["curl", "-s", "-w", "\n%{http_code}", *options, url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True)
    body, _, status = done.stdout.rpartition("\n")
    return int(status), body


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_probes_and_metrics_beside_the_api(swarmd_for: Callable[..., Swarmd], fleet: Fleet) -> None:
    port = free_port()
    options = ("--metrics-listen", f"127.0.0.1:{port}", "--ready-nodes", "3")
    swarmd = swarmd_for(options=options)
    api, beside = swarmd.url.replace("tcp:", "http:"), f"http://127.0.0.1:{port}"
    for url in (api, beside):
        balancer = ("-H", "Host: balancer.example")
        assert curl(f"{url}/healthz", *balancer) == (200, "ok\n")
        eventually(lambda: curl(f"{url}/readyz", *balancer) == (200, "ready\n"))  # noqa: B023
        assert curl(f"{url}/readyz", "-I")[0] == 200
    assert curl(f"{api}/info", *balancer)[0] == 403
    status, metrics = curl(f"{beside}/metrics")
    assert status == 200 and 'swarmd_nodes{health="healthy"} 3.0' in metrics
    assert [curl(f"{beside}{path}")[0] for path in ("/", "/info", "/swarmd/nodes")] == [404] * 3
    swarmd.list_engines(fleet.engines[:2])
    eventually(lambda: curl(f"{beside}/readyz") == (503, "waiting\n"))
    assert curl(f"{beside}/healthz") == (200, "ok\n")


def test_every_request_is_logged_with_who_where_and_how_long(
    swarmd_for: Callable[..., Swarmd], tmp_path: Path, name: str
) -> None:
    log, socket = tmp_path / "access.log", f"unix://{tmp_path}/swarmd.sock"
    options = ("--access-log", str(log), "--log-format", "json", "-H", socket, "--debug")
    swarmd = swarmd_for(options=options)
    docker = Docker("/usr/bin/docker", swarmd.url, home=tmp_path)
    env = ("-e", f"PASSWORD={SECRET}", "-e", "constraint:node==node-2")
    docker("run", "--name", name, *env, "busybox", "sh", "-c", "echo said; sleep 1")
    docker("logs", name)
    docker("cp", "/bin/true", f"{name}:/tmp/x")
    (tmp_path / "Dockerfile").write_text("FROM busybox\nARG TOKEN\nRUN true\n")
    docker("build", "-q", "--build-arg", f"TOKEN={SECRET}", "-t", name, str(tmp_path))
    Docker("/usr/bin/docker", socket, home=tmp_path)("rm", "-f", name)
    api = swarmd.url.replace("tcp:", "http:")
    query = (
        f"t={name}&buildargs=%7B%22A%22%3A%22{SECRET}%22%7D&remote=http://x:{SECRET}@127.0.0.1:1/"
    )
    build = f"{api}/build?{query}"
    curl(build, "-X", "POST", "-H", f"X-Registry-Auth: {SECRET}")
    curl(f"{api}/_ping", "-H", f"traceparent: 00-{TRACE}-{PARENT}-01")
    eventually(lambda: any("trace" in line for line in lines(log)))
    found = lines(log)
    by = {line["path"].rpartition("/")[2]: line for line in found}
    assert (by["create"]["status"], by["create"]["nodes"]) == (201, ["node-2"])
    assert (by["attach"]["status"], by["attach"]["nodes"]) == (101, ["node-2"])
    assert by["attach"]["ms"] > 1000 > by["attach"]["head_ms"]
    assert by["logs"]["sent"] > len("said") and by["logs"]["nodes"] == ["node-2"]
    assert by["archive"]["status"] == 200 and by["archive"]["query"].startswith("noOverwrite")
    (removed,) = [line for line in found if line["method"] == "DELETE"]
    assert (removed["who"], removed["from"], removed["status"]) == ("uid 0", "unix", 204)
    assert (by["_ping"]["trace"], by["_ping"]["parent"]) == (TRACE, PARENT)
    assert [line for line in found if line.get("complete") is False] == []
    assert SECRET not in log.read_text() + swarmd.log.read_text()
    for line in lines(swarmd.log):
        assert {"time", "level", "logger", "message"} <= set(line)
    log.rename(tmp_path / "access.log.1")
    swarmd.reread()
    curl(f"{api}/_ping")
    eventually(lambda: log.exists() and lines(log), what="SIGHUP opens it again")
    assert swarmd.api.call("DELETE", f"/images/{name}").status == 200


@pytest.fixture
def scraped(swarmd_for: Callable[..., Swarmd], tmp_path: Path, name: str) -> str:
    """Where the metrics of a swarmd are that has done something of everything."""
    port = free_port()
    logs = ("--audit-log", str(tmp_path / "audit"), "--access-log", str(tmp_path / "access"))
    swarmd = swarmd_for(options=("--metrics-listen", f"127.0.0.1:{port}", *logs))
    docker = Docker("/usr/bin/docker", swarmd.url, home=tmp_path)
    docker("run", "-d", "--name", name, "-m", "64m", "busybox", "sleep", "600")
    docker.fails("rm", f"{name}-none")
    return f"127.0.0.1:{port}"


def test_what_alerts_and_panels_ask_for_is_there(scraped: str) -> None:
    families = list(text_string_to_metric_families(curl(f"http://{scraped}/metrics")[1]))
    there: dict[str, set[str]] = {}
    for family in families:
        for sample in family.samples:
            there.setdefault(sample.name, set()).update(sample.labels)
        # A gauge of certificates has no sample where there is no certificate.
        there.setdefault(family.name, {"what"} if "certificate" in family.name else set())
    for expression in (*expressions(ALERTS), *expressions(DASHBOARD)):
        asked = metrics(expression)
        assert set(asked) <= set(there), expression
        for metric, matched in asked.items():
            assert matched <= there[metric], expression
        for label in labels(expression):
            assert any(label in there[metric] for metric in asked), expression


@pytest.mark.soak
def test_prometheus_scrapes_it_and_has_values_for_every_panel(scraped: str, tmp_path: Path) -> None:
    config = SCRAPE.read_text().replace("10.0.0.2:9323", scraped)
    config = config.replace("alerts.yaml", str(ALERTS))
    file, port = tmp_path / "prometheus.yaml", free_port()
    file.write_text(f"global: {{scrape_interval: 1s, evaluation_interval: 1s}}\n{config}")
    api = f"http://127.0.0.1:{port}/api/v1"
    listen = (f"--web.listen-address=127.0.0.1:{port}", f"--storage.tsdb.path={tmp_path}/data")
    command = ["prometheus", f"--config.file={file}", *listen]
    with open(tmp_path / "log", "wb") as log, subprocess.Popen(command, stderr=log) as process:
        try:
            for expression in expressions(DASHBOARD):
                eventually(partial(has_value, api, expression), 30, what=expression)
            rules = json.loads(curl(f"{api}/rules")[1])["data"]["groups"][0]["rules"]
            assert {rule["health"] for rule in rules} == {"ok"}
            assert [rule["name"] for rule in rules if rule["state"] == "firing"] == []
        finally:
            process.terminate()


def has_value(api: str, expression: str) -> bool:
    """Those that show what is rare may have none."""
    status, body = curl(f"{api}/query", "-G", "--data-urlencode", f"query={expression}")
    assert status == 200, body
    rare = "cordoned" in expression or "certificate" in expression
    return rare or bool(json.loads(body)["data"]["result"])
