"""Probes, metrics beside the API, logs and traces of a whole swarmd, by curl and docker."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

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
