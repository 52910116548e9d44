"""A policy in front of real engines: the stock command line with two teams' certificates."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.lab.cli import Docker, Result, Running, command_lines
from tests.lab.daemon import Swarmd
from tests.lab.engine import Engine
from tests.lab.engines import Fleet
from tests.lab.http import Api
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

[[identity]]
cn = ["carol", "carl"]
roles = ["gpu"]

[[identity]]
cn = "dora"
roles = ["small"]

[role.small]
allow = ["read", "run", "remove"]
quota = { containers = 2, memory = "128m" }

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

[role.gpu]
allow = ["read", "run", "remove"]
create = { gpus = true }
quota = { gpus = 3 }
quota_each = { gpus = 2 }
"""


class Door(NamedTuple):
    fleet: Fleet
    swarmd: Swarmd
    policy: Path
    socket: Path
    alice: Docker
    bob: Docker
    admin: Docker
    stranger: Docker
    carol: Docker
    carl: Docker


@pytest.fixture(scope="module")
def door(tls_fleet: Fleet, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    folder = tmp_path_factory.mktemp("authz")
    policy, socket = folder / "policy.toml", folder / "admin.sock"
    policy.write_text(POLICY)
    crl = tls_fleet.authority.revoke()
    mine, (program, *newer) = tls_fleet.client, command_lines()
    options = ["--authz", str(policy), "--host", f"unix:{socket}:mode=600"]
    options += ["--tlscrl", str(crl)]
    swarmd = Swarmd(folder / "s", tls_fleet, tls=mine, engine_tls=mine, options=options)
    who = [
        Docker(cli, swarmd.url, tls_fleet.authority.issue(name), folder / name)
        for name, cli in (
            ("alice", program),
            ("bob", [program, *newer][-1]),
            ("eve", program),
            ("carol", program),
            ("carl", program),
        )
    ]
    try:
        swarmd.start(len(tls_fleet.engines))
        admin = Docker(program, f"unix://{socket}", None, folder)
        yield Door(tls_fleet, swarmd, policy, socket, who[0], who[1], admin, *who[2:])
    finally:
        tls_fleet.clear()
        swarmd.close()


def echoes(stream: Running, text: str) -> None:
    stream.send(f"{text}\n".encode())
    stream.expect(text)


def test_teams_see_and_touch_their_own(door: Door) -> None:
    alice, bob, admin = door.alice, door.bob, door.admin
    alice("run", "-d", "--name", "train", "-v", "weights:/w", "busybox", "sleep", "600")
    bob("run", "-d", "--name", "shop", "--label", "team=ml", "busybox", "sleep", "600")
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
    assert "Total reclaimed space" in alice("system", "prune", "-f").text
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
    for text in ("ENV x=y\\", 'ONBUILD RUN <<\'LABEL "team"="ml"\''):  # would be web's
        said = door.alice.fails("commit", "-c", "LABEL team=web", "-c", text, "train", "stray")
        assert "on one line" in said, said


def test_anothers_image_has_no_name_for_a_team(door: Door, tmp_path: Path) -> None:
    """Nor is its name moved, or one of everybody's; nor what it was built on found by its ID."""
    door.admin._env["DOCKER_BUILDKIT"] = "0"
    (tmp_path / "Dockerfile").write_text("FROM busybox\nRUN echo private > /secret\nRUN true\n")
    door.admin("build", "--label", "team=web", "-t", "websecret:1", str(tmp_path))
    whole = door.admin("image", "inspect", "-f", "{{.Id}}", "websecret:1").text
    layers = {one for engine in door.fleet for one in _unlisted(engine)}
    assert layers
    alice, api = door.alice, Api(door.swarmd.url, door.alice.tls)
    names = ["websecret:1", "library/websecret:1", "docker.io/library/websecret:1"]
    names += ["index.docker.io/websecret:1", whole, whole[7:], whole[7:19], whole[:15]]
    for name in (*names, *(one for layer in layers for one in (layer, layer[7:19], layer[7:11]))):
        made = api.call("POST", "/containers/create", {"Image": name, "Cmd": ["cat", "/secret"]})
        assert made.status == 404, name
        assert api.call("GET", f"/images/{name}/json").status == 404, name
        assert api.call("POST", f"/images/{name}/tag?repo=stolen").status == 404, name
    door.alice("run", "-d", "--name", "thief", "busybox", "sleep", "600")
    for name in ("library/websecret:1", "docker.io/websecret:1", "library/busybox"):
        said = alice.fails("commit", "thief", name) + alice.fails("tag", "busybox", name)
        assert said.count("is taken outside of the scope") == 2, said
        said = alice.fails("build", "-t", name, str(tmp_path))
        assert "is taken outside of the scope" in said
    for query in ("repo=library/websecret:x&tag=1", "repo=busybox:x&tag=latest"):
        assert api.call("POST", f"/images/busybox/tag?{query}").status == 409, query
    assert door.admin("image", "inspect", "-f", "{{.Id}}", "websecret:1").text == whole
    busybox = door.admin("image", "inspect", "-f", "{{.Id}}", "busybox").text
    for name in ("library/busybox", busybox, busybox[7:], busybox[7:15], busybox[:15]):
        assert alice("run", "--rm", name, "echo", "in").text == "in"
    alice("rm", "-f", "thief")
    door.admin("rmi", "websecret:1")


def _unlisted(engine: Engine) -> set[str]:
    every, listed = (engine.local.get(f"/images/json?all={one}") for one in (1, 0))
    return {one["Id"] for one in every} - {one["Id"] for one in listed}


def test_disk_usage_is_the_scopes_own(door: Door) -> None:
    """In every form of the call; images without a label are seen, and are nobody's use."""
    for who, name in ((door.alice, "used"), (door.bob, "theirs"), (door.admin, "nobodys")):
        who("create", "--name", name, "-v", f"{name}-data:/d", "busybox")
    door.alice("commit", "used", "used-image")
    door.admin("commit", "-c", "LABEL team=web", "theirs", "theirs-image")
    api = Api(door.swarmd.url, door.alice.tls)
    for version in ("/v1.24", "/v1.41", "/v1.42", "/v1.44", ""):
        whole = api.get(f"{version}/system/df")
        rows = [*whole["Images"], *whole["Containers"], *whole["Volumes"]]
        assert {row["Labels"]["team"] for row in rows} == {"ml"}, version
        assert ["used-image:latest"] in [row["RepoTags"] for row in whole["Images"]]
        assert ["/used"] in [row["Names"][:1] for row in whole["Containers"]]
        assert "used-data" in [row["Name"] for row in whole["Volumes"]]
        assert whole["LayersSize"] == sum(row["Size"] for row in whole["Images"])
        assert whole["BuildCache"] == []
        for kind, field in (("image", "Images"), ("container", "Containers"),
                            ("volume", "Volumes"), ("build-cache", "BuildCache")):  # fmt: skip
            part = api.get(f"{version}/system/df?type={kind}")
            assert len(part[field]) == len(whole[field]), version
            assert all(one["Labels"]["team"] == "ml" for one in part[field]), version
    seen = door.alice("system", "df", "-v").text
    assert "used" in seen and "theirs" not in seen and "nobodys" not in seen
    for who, name in ((door.alice, "used"), (door.bob, "theirs"), (door.admin, "nobodys")):
        who("rm", name)


def test_who_has_no_role_and_who_comes_by_socket(door: Door) -> None:
    assert "eve has no role" in door.stranger.fails("ps")
    door.socket.chmod(0o666)
    door.socket.parent.chmod(0o711)
    code = (
        "import os,socket,sys; os.setgid(65534); os.setuid(65534);"
        "s=socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]);"
        "s.sendall(b'GET /info HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n');"
        "print(s.recv(4096).decode())"
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
            timeout=60,
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
    with door.alice.running("run", "-i", "--rm", "busybox", "cat") as begun:
        echoes(begun, "before")
        door.policy.write_text(POLICY.replace('cn = "alice"', 'cn = "nobody"'))
        eventually(lambda: door.alice("ps", status=None).status == 1)
        echoes(begun, "after")
        begun.end_input()
        assert begun.wait() == 0
    door.policy.write_text(POLICY)
    eventually(lambda: door.alice("ps", status=None).status == 0)


def test_whoever_is_revoked_is_out_and_leaves_what_runs(door: Door, tls_fleet: Fleet) -> None:
    """Sessions of all kinds end, the next one is refused; what she made is her team's still."""
    authority, alice = tls_fleet.authority, door.alice
    alice("run", "-d", "--name", "kept", "busybox", "sleep", "600")
    cat = ("run", "-i", "--rm", "--name")
    with (
        alice.running(*cat, "hers", "busybox", "cat") as hijacked,
        alice.running("exec", "-i", "kept", "cat") as executed,
        alice.running("logs", "-f", "kept") as followed,
        alice.running("events") as watched,
        alice.running("wait", "kept") as waited,
        door.bob.running(*cat, "his", "busybox", "cat") as his,
    ):
        for stream in (hijacked, executed, his):
            echoes(stream, "before")
        authority.revoke(alice.tls)
        door.swarmd.reread()
        for ended in (hijacked, executed, followed, watched, waited):
            eventually(lambda ended=ended: ended.process.poll() is not None)
        assert "certificate" in alice.fails("ps")
        echoes(his, "after")
    door.swarmd.wait_for_log("its certificate was revoked meanwhile")
    assert door.admin.state("kept") == "running"
    authority.revoke()
    eventually(lambda: alice("ps", status=None).status == 0)
    assert "kept" in alice.names()
    alice("rm", "-f", "kept")


def test_gpus_of_a_role_and_of_each_of_its_members(door: Door, tls_fleet: Fleet) -> None:
    """No engine has any here: a create takes them all the same, a start would not."""
    lines = [f"{engine.address} resource.gpu=0,1,2,3" for engine in tls_fleet]
    door.swarmd.list_engines(lines)
    door.swarmd.reread()
    rows = door.swarmd.nodes
    eventually(lambda: all("resource.gpu" in row["Labels"] for row in rows().values()))

    def create(who: Docker, name: str, gpus: str, **how: Any) -> Result:
        return who("create", "--name", name, "--gpus", gpus, "busybox", **how)

    said = create(door.carol, "all", "all", status=1).error
    assert "the quota of role gpu needs a number of GPUs" in said
    assert "role.web.create.gpus" in create(door.bob, "none", "1", status=1).error
    create(door.carol, "one", "1")
    said = create(door.carol, "three", "2", status=1).error
    assert "role.gpu.quota_each.gpus would be exceeded, 3 of 2" in said
    create(door.carol, "two", "device=1")
    said = create(door.carl, "four", "2", status=1).error
    assert "role.gpu.quota.gpus would be exceeded, 4 of 3" in said
    door.swarmd.stop()
    door.swarmd.start(len(tls_fleet.engines))
    # What is left is one, however many ask for it at once, also right after a start.
    with ThreadPoolExecutor(8) as pool:
        tries = [pool.submit(create, door.carl, f"burst-{n}", "1", status=None) for n in range(8)]
    assert sorted(one.result().status for one in tries) == [0] + [1] * 7
    given = [device for engine in tls_fleet for device in gpus_of(engine)]
    assert len(given) == 3
    door.carol("rm", "one")
    create(door.carl, "five", "1")


def test_a_team_at_its_quota_can_change_what_it_has(door: Door, tls_fleet: Fleet) -> None:
    """As Compose does it: the new one is made, the old one ends, the new one starts."""
    program = command_lines()[0]
    home = door.policy.parent / "dora"
    dora = Docker(program, door.swarmd.url, tls_fleet.authority.issue("dora"), home)
    each, sleep = ("-m", "64m"), ("busybox", "sleep", "600")
    labels = {"project": "p", "service": "web", "container-number": "1", "oneoff": "False"}
    marks = [f"-lcom.docker.compose.{key}={value}" for key, value in labels.items()]
    dora("run", "-d", "--name", "db", *each, *sleep)
    dora("run", "-d", "--name", "web", *each, *marks, *sleep)
    more = "denied by policy: role.small.quota.containers would be exceeded"
    assert more in dora.fails("create", *each, *sleep)
    dora("create", "--name", "new", *each, *marks, *sleep)
    assert more in dora.fails("create", "--name", "newer", *each, *marks, *sleep), "one, not two"
    for verb in ("start", "restart"):
        assert more in dora.fails(verb, "new")
    dora("stop", "-t", "0", "web")
    dora("start", "new")
    assert more in dora.fails("start", "web")
    dora("rm", "web")
    dora("restart", "-t", "0", "new")
    assert more in dora.fails("create", *each, *sleep)
    dora("rm", "-f", "new", "db")


def gpus_of(engine: Engine) -> Iterator[str]:
    for container in engine.containers():
        host = engine.local.get(f"/containers/{container}/json")["HostConfig"]
        for request in host["DeviceRequests"] or ():
            yield from request["DeviceIDs"]


def test_no_image_says_whose_quota_a_container_counts_for(door: Door) -> None:
    labels = "LABEL com.docker.swarm.role=gpu com.docker.swarm.owner=carol"
    door.admin("create", "--name", "seed", "busybox")
    door.admin("commit", "-c", labels, "seed", "posing")
    door.bob("create", "--name", "posed", "posing")
    made = door.admin.inspect("posed")["Config"]["Labels"]
    assert (made["com.docker.swarm.role"], made["com.docker.swarm.owner"]) == ("web", "bob")
    door.admin("commit", "posed", "handed-on")
    made = door.admin.inspect("handed-on")["Config"]["Labels"]
    assert (made["com.docker.swarm.role"], made["com.docker.swarm.owner"]) == ("", "")
    door.admin("rm", "seed", "posed")
