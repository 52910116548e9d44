"""The audit log of a whole swarmd, driven by the stock client over TCP and a Unix socket."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.lab.cli import Docker
from tests.lab.daemon import Swarmd
from tests.lab.waiting import eventually

pytestmark = pytest.mark.fleet

SECRET = "hunter2-hunter2"


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_who_did_what_where(swarmd_for: Callable[..., Swarmd], tmp_path: Path, name: str) -> None:
    log, socket = tmp_path / "audit.log", f"unix://{tmp_path}/swarmd.sock"
    options = ("--audit-log", str(log), "-H", socket, "--debug")
    swarmd = swarmd_for(options=options)
    docker = Docker("/usr/bin/docker", swarmd.url, home=tmp_path)
    env = ("-e", f"PASSWORD={SECRET}", "-e", "constraint:node==node-2")
    docker("run", "-d", "--name", name, *env, "busybox", "sleep", "600")
    docker("exec", "-e", f"TOKEN={SECRET}", name, "true")
    docker("exec", "-i", name, "cat", input=SECRET.encode())
    docker.fails("rm", f"{name}-none")
    docker("ps", "-a")
    (tmp_path / "Dockerfile").write_text("FROM busybox\nARG TOKEN\nRUN true\n")
    docker("build", "-q", "--build-arg", f"TOKEN={SECRET}", "-t", name, str(tmp_path))
    docker("login", "-u", "u", "-p", SECRET, "127.0.0.1:1", status=1)
    log.rename(tmp_path / "audit.log.1")
    Docker("/usr/bin/docker", socket, home=tmp_path)("rm", "-f", name)
    eventually(lambda: lines(log), what="the line after the rotation")
    old, (new,) = lines(tmp_path / "audit.log.1"), lines(log)
    created, started = old[:2]
    assert [(line["noun"], line["verb"]) for line in old[:7]] == [
        *(("containers", "create"), ("containers", "start")),
        *(("containers", "exec"), ("exec", "start")) * 2,
        ("containers", "delete"),
    ]
    assert {"session", "build", "auth"} <= {line["verb"] for line in old[7:]}
    assert (created["args"], created["nodes"], created["status"]) == (
        {"name": name},
        ["node-2"],
        201,
    )
    assert started["object"] == created["made"] and started["from"] == "127.0.0.1"
    assert [line["status"] for line in old[2:7]] == [201, 101, 201, 101, 404]
    assert (new["who"], new["from"], new["nodes"]) == ("uid 0", "unix", ["node-2"])
    assert SECRET not in (tmp_path / "audit.log.1").read_text() + swarmd.log.read_text()
    log.unlink()
    swarmd.reread()
    eventually(log.exists, what="SIGHUP opens it again")
    assert swarmd.api.call("DELETE", f"/images/{name}").status == 200


def test_what_was_under_way_when_swarmd_ended(
    swarmd_for: Callable[..., Swarmd], tmp_path: Path, name: str
) -> None:
    log = tmp_path / "audit.log"
    swarmd = swarmd_for(options=("--audit-log", str(log)))
    docker = Docker("/usr/bin/docker", swarmd.url, home=tmp_path)
    docker("run", "-d", "--name", name, "busybox", "sleep", "600")  # which heeds no SIGTERM
    with (
        docker.running("events", "--since", "1m", "-f", f"container={name}") as events,
        docker.running("stop", "-t", "60", name),
    ):
        events.expect("container kill")
        assert swarmd.stop()
    (line,) = [line for line in lines(log) if line["verb"] == "stop"]
    assert (line["object"], line["status"]) == (name, 499) and line["nodes"]
