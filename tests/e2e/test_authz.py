"""A policy in front of real engines: the stock command line with two teams' certificates."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.lab.cli import Docker, command_lines
from tests.lab.daemon import Swarmd
from tests.lab.engines import Fleet
from tests.lab.waiting import eventually

pytestmark = pytest.mark.fleet

POLICY = """
[[identity]]
cn = ["client"]
roles = ["admin"]

[[identity]]
uid = 0
roles = ["admin"]

[[identity]]
cn = "alice"
roles = ["ml"]

[[identity]]
cn = "bob"
roles = ["web"]

[role.admin]
allow = ["*"]
create = "anything"

[role.ml]
scope = "team=ml"
allow = ["read", "events", "logs", "run", "exec", "attach", "copy", "remove", "prune", "images:*",
         "networks:create", "networks:connect", "volumes:create"]
[role.ml.create]
binds = ["/nowhere"]

[role.web]
scope = "team=web"
allow = ["read", "run", "logs", "attach", "remove"]
"""


class Door(NamedTuple):
    swarmd: Swarmd
    policy: Path
    socket: Path
    alice: Docker
    bob: Docker
    admin: Docker
    stranger: Docker


@pytest.fixture(scope="module")
def door(tls_fleet: Fleet, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    folder = tmp_path_factory.mktemp("authz")
    policy, socket = folder / "policy.toml", folder / "admin.sock"
    policy.write_text(POLICY)
    mine, (program, *newer) = tls_fleet.client, command_lines()
    options = ["--authz", str(policy), "--host", f"unix:{socket}:mode=600"]
    swarmd = Swarmd(folder / "s", tls_fleet, tls=mine, engine_tls=mine, options=options)
    who = [
        Docker(cli, swarmd.url, tls_fleet.authority.issue(name), folder / name)
        for name, cli in (("alice", program), ("bob", [program, *newer][-1]), ("eve", program))
    ]
    try:
        swarmd.start(len(tls_fleet.engines))
        admin = Docker(program, f"unix://{socket}", None, folder)
        yield Door(swarmd, policy, socket, who[0], who[1], admin, who[2])
    finally:
        tls_fleet.remove_all()
        swarmd.close()


def test_teams_see_and_touch_their_own(door: Door) -> None:
    alice, bob, admin = door.alice, door.bob, door.admin
    alice("run", "-d", "--name", "train", "-v", "weights:/w", "busybox", "sleep", "300")
    bob("run", "-d", "--name", "shop", "--label", "team=ml", "busybox", "sleep", "300")
    assert alice("ps", "--format", "{{.Names}}").lines == ["train"]
    assert bob("ps", "--format", "{{.Names}}").lines == ["shop"]
    assert set(admin("ps", "--format", "{{.Names}}").lines) >= {"train", "shop"}
    for command in (["exec", "shop", "id"], ["logs", "shop"], ["rm", "shop"],
                    ["cp", "shop:/etc", "-"], ["commit", "shop"], ["attach", "shop"],
                    ["inspect", "shop"], ["stop", "shop"], ["export", "shop"]):  # fmt: skip
        assert "No such" in alice.fails(*command), command
    for option in ("--volumes-from=shop", "--pid=container:shop", "--network=container:shop",
                   "--link=shop"):  # fmt: skip
        assert "No such container: shop" in alice.fails("run", option, "busybox", status=125)
    assert alice("volume", "ls", "-q").lines == ["weights"]
    assert bob("volume", "ls", "-q").lines == []
    assert "no such volume" in bob.fails("run", "-v", "weights:/w", "busybox", status=125)
    assert alice("exec", "train", "echo", "in").text == "in"
    assert "containers:exec" in bob.fails("exec", "shop", "id")
    alice("container", "prune", "-f")
    assert "shop" in admin("ps", "--format", "{{.Names}}").lines
    piped = alice("run", "-i", "--rm", "busybox", "cat", input=b"over the hijack")
    assert piped.text == "over the hijack"


def test_what_reaches_into_the_host_is_denied_and_says_why(door: Door) -> None:
    for option, key in (
        ("--privileged", "privileged"),
        ("--network=host", "host"),
        ("--pid=host", "host"),
        ("--device=/dev/null", "devices"),
        ("--cap-add=SYS_ADMIN", "capabilities"),
        ("--security-opt=seccomp=unconfined", "security_opt"),
        ("-v/:/host", "binds"),
        ("-v/nowhere/../etc:/host", "binds"),
        ("--mount=type=bind,src=/var/run/docker.sock,dst=/s", "binds"),
        ("-p80:80", "ports"),
        ("-P", "publish_all"),
    ):
        said = door.alice.fails("run", "--rm", option, "busybox", "true", status=125)
        assert "denied by policy: role ml" in said, said
        assert f"role.ml.create.{key}" in said or "a path with .." in said, said
    options = ("--opt", "type=none", "--opt", "o=bind", "--opt", "device=/")
    assert "role.ml.create.binds" in door.alice.fails("volume", "create", *options)
    door.admin("run", "--rm", "-v", "/:/host:ro", "busybox", "true")


def test_a_build_makes_an_image_of_the_teams_own(door: Door, tmp_path: Path) -> None:
    door.alice._env["DOCKER_BUILDKIT"] = "0"
    (tmp_path / "Dockerfile").write_text("FROM busybox\nLABEL team=web\nRUN echo built > /b\n")
    door.alice("build", "-t", "ml-app", str(tmp_path))
    labels = door.alice("image", "inspect", "-f", "{{json .Config.Labels}}", "ml-app").text
    assert json.loads(labels)["team"] == "ml"
    assert door.alice("run", "--rm", "ml-app", "cat", "/b").text == "built"
    assert "ml-app" not in door.bob("images").text
    assert "images:pull" in door.bob.fails("run", "ml-app", status=125)  # it is not there
    door.alice("commit", "-c", "LABEL team=web", "train", "ml-commit")
    labels = door.alice("image", "inspect", "-f", "{{json .Config.Labels}}", "ml-commit").text
    assert json.loads(labels)["team"] == "ml"


def test_who_has_no_role_and_who_comes_by_socket(door: Door) -> None:
    assert "eve has no role" in door.stranger.fails("ps")
    door.socket.chmod(0o666)
    door.socket.parent.chmod(0o711)
    code = (
        "import os,socket,sys; os.setgid(65534); os.setuid(65534);"
        "s=socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]);"
        "s.sendall(b'GET /info HTTP/1.1\\r\\nHost: d\\r\\n\\r\\n'); print(s.recv(4096).decode())"
    )
    folders = [door.socket.parent, *door.socket.parent.parents]
    modes = {one: one.stat().st_mode for one in folders if str(one) not in ("/", "/tmp")}
    try:
        for one in modes:
            one.chmod(0o755)
        said = subprocess.run(
            [sys.executable, "-c", code, str(door.socket)],
            capture_output=True,
            text=True,
            timeout=20,
        )
    finally:
        for one, mode in modes.items():
            one.chmod(mode)
    assert " 403 " in said.stdout and "uid 65534 has no role" in said.stdout, said


def test_a_new_policy_counts_at_once_and_a_bad_one_not(door: Door) -> None:
    door.policy.write_text("nonsense = 1")
    door.swarmd.reread()
    warned = eventually(lambda: [w for w in door.swarmd.info()["Warnings"] or () if "policy" in w])
    assert "nonsense: unknown key" in warned[0] and "stays in force" in warned[0]
    door.alice("ps")
    door.policy.write_text(POLICY.replace('cn = "alice"', 'cn = "nobody"'))
    eventually(lambda: door.alice("ps", status=None).status == 1)
    door.policy.write_text(POLICY)
    eventually(lambda: door.alice("ps", status=None).status == 0)
