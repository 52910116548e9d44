"""Who may have nothing, and what is there already: the stock command line on real engines."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.lab.cli import Docker, command_lines
from tests.lab.daemon import Swarmd
from tests.lab.engines import Fleet
from tests.lab.http import Api

pytestmark = pytest.mark.fleet

POLICY = """
[[identity]]
uid = 0
roles = ["admin"]

[[identity]]
network = "127.0.0.0/8"
roles = ["strict"]

[role.admin]
allow = ["*"]
create = "anything"

[role.strict]
allow = ["*"]
"""


class Door(NamedTuple):
    admin: Docker
    dora: Docker


@pytest.fixture(scope="module")
def door(fleet: Fleet, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    folder = tmp_path_factory.mktemp("taken")
    policy, socket = folder / "policy.toml", folder / "admin.sock"
    policy.write_text(POLICY)
    options = ["--authz", str(policy), "--host", f"unix:{socket}:mode=600"]
    swarmd = Swarmd(folder / "s", fleet, options=options)
    program, *newer = command_lines()
    try:
        swarmd.start(len(fleet.engines))
        dora = Docker([program, *newer][-1], swarmd.url, None, folder)
        yield Door(Docker(program, f"unix://{socket}", None, folder), dora)
    finally:
        fleet.clear()
        swarmd.close()


def test_nothing_is_inherited_from_what_is_there(door: Door, tmp_path: Path) -> None:
    """Dora sees all, and may have nothing: not of what an administrator made either."""
    admin, dora = door.admin, door.dora
    on, label = (
        ["-e", "constraint:rank==1"],
        ["--label", 'com.docker.swarm.constraints=["rank==1"]'],
    )
    run = ["run", "-d", *on, "busybox", "sleep", "600"]
    admin(*run[:2], "--name", "adm", "--network", "host", "-v", "/:/host", *run[2:])
    admin(*run[:2], "--name", "hop", "--network", "container:adm", *run[2:])
    admin(*run[:2], "--name", "froms", "--volumes-from", "adm", *run[2:])
    options = ["-o", "type=none", "-o", "o=bind", "-o", "device=/etc"]
    admin("volume", "create", *label, *options, "etc")
    admin("network", "create", *label, "-o", "com.docker.network.bridge.name=lan0", "lan")
    admin("create", "--name", "stopped", "--privileged", *on, "busybox", "id")
    admin("rename", "adm", "adm2")
    admin("rename", "adm2", "adm")
    begun = dora("inspect", "-f", "{{.Id}}", "adm").text

    def may_not(key: str, *command: str) -> None:
        said = dora(*command, status=None)
        assert said.status and "denied by policy: role strict may not have" in said.error, said
        assert key in said.error, said

    for ref in ("adm", "node-1/adm", begun[:10]):
        may_not("binds", "run", "--rm", "--volumes-from", ref, "busybox", "cat", "/host/etc/shadow")
        may_not("host", "run", "--rm", f"--network=container:{ref}", "busybox", "ip", "a")
        may_not("host", "run", "--rm", f"--pid=container:{ref}", "busybox", "ls", "/proc/1/root")
    may_not("host", "run", "--rm", "--network=container:hop", "busybox", "ip", "a")
    may_not("binds", "run", "--rm", "--volumes-from", "froms:ro", "busybox", "true")
    may_not("host", "run", "--rm", "--link", "adm", "busybox", "true")
    may_not("binds", "run", "--rm", "-v", "etc:/x", "busybox", "cat", "/x/shadow")
    may_not("binds", "run", "--rm", "--mount", "src=etc,dst=/x", "busybox", "cat", "/x/shadow")
    may_not("bridge.name", "run", "--rm", "--network", "lan", "busybox", "true")
    may_not("binds", "exec", "froms", "cat", "/host/etc/shadow")
    may_not("binds", "cp", "froms:/host/etc/hostname", str(tmp_path / "x"))
    may_not("binds", "cp", __file__, "froms:/host/tmp/x")
    may_not("binds", "export", "froms")
    assert "403" in dora.fails("attach", "froms")
    may_not("binds", "commit", "froms", "mine")
    may_not("binds", "restart", "froms")
    may_not("privileged", "start", "stopped")
    may_not("binds", "update", "--restart", "always", "froms")
    may_not("binds", "rename", "froms", "mine")
    dora("network", "create", *label, "dnet")
    may_not("binds", "network", "connect", "dnet", "froms")
    dora("stop", "-t", "0", "froms")
    dora("rm", "-f", "adm", "hop", "froms", "stopped")
    dora("volume", "rm", "etc")
    dora("network", "rm", "lan", "dnet")


def test_what_reaches_beyond_a_create(door: Door) -> None:
    """A bridge with a node's own addresses cuts it off; BuildKit has its host's network."""
    said = door.dora.fails("network", "create", "--subnet", "10.213.0.0/16", "trap")
    assert "role.strict.create.subnets" in said
    for path in ("/session", "/grpc"):
        refused = Api(door.dora.url).call("POST", path)
        assert refused.status == 403 and "allow has to name it" in refused.json["message"]
    door.dora("network", "create", "free")
    door.admin("network", "create", "--subnet", "10.9.8.0/24", "lan")
    door.dora("run", "--rm", "--network", "lan", "busybox", "true")
    door.admin("network", "rm", "lan", "free")


def test_what_a_role_makes_it_may_use(door: Door, tmp_path: Path) -> None:
    """An engine writes much into a container that nobody has asked for."""
    dora, text = door.dora, tmp_path / "text"
    text.write_text("copied")
    dora("network", "create", "own")
    first = [
        "run",
        "-d",
        "--name",
        "first",
        "--network",
        "own",
        "-v",
        "data:/d",
        "-v",
        "/anonymous",
    ]
    dora(*first, "--tmpfs", "/t", "busybox", "sleep", "600")
    dora("cp", str(text), "first:/d/text")
    assert dora("exec", "first", "cat", "/d/text").text == "copied"
    shared = ["--volumes-from", "first", "--network=container:first", "--pid=container:first"]
    said = dora("run", "--rm", *shared, "busybox", "cat", "/d/text", "/proc/1/cmdline").text
    assert said.startswith("copied") and "sleep" in said
    dora("run", "-d", "--name", "second", *shared, "busybox", "sleep", "600")
    assert dora("exec", "second", "cat", "/d/text").text == "copied"
    for command in ("restart -t 0 first", "pause first", "unpause first", "rename first third",
                    "update --restart no third", "commit third its-image", "stop -t 0 third",
                    "start third", "network disconnect own third", "network connect own third",
                    "rm -f second third", "network rm own", "volume rm data"):  # fmt: skip
        dora(*command.split())
