"""A container that was never started, and joins a network that lives on another node."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import BARE, Host
from tests.lab.cli import Docker
from tests.lab.http import Api, connect
from tests.lab.waiting import eventually

SLEEP = ("busybox", "sleep", "600")
Used = Callable[..., str]
# Not where the network is, if it may choose.
APART = () if BARE else ("-e", "constraint:rank==~1")


def on(rank: int) -> tuple[str, ...]:
    return () if BARE else ("-e", f"constraint:rank=={rank}")


@pytest.fixture
def used(docker: Docker) -> Iterator[Used]:
    """A network of a container that runs: it stays where it is."""
    made: list[str] = []

    def make(name: str, rank: int = 2) -> str:
        made.append(docker("network", "create", name).text)
        docker("run", "-d", "--name", f"user-{name}", "--net", name, *on(rank), *SLEEP)
        return made[-1]

    yield make
    if left := docker("ps", "-aq").lines:
        docker("rm", "-f", *left)
    for network in made:
        docker("network", "rm", network)


def test_it_joins_and_keeps_its_id(docker: Docker, used: Used) -> None:
    used("net")
    made = docker("create", "--name", "web", *APART, *SLEEP).text
    docker("network", "connect", "--alias", "w", "net", "web")
    docker("start", made)
    (shown,) = json.loads(docker("inspect", made).out)
    assert (shown["Id"], shown["Name"], shown["State"]["Running"]) == (made, "/web", True)
    assert shown["Config"]["Hostname"] == made[:12]
    assert set(shown["NetworkSettings"]["Networks"]) == {"bridge", "net"}
    assert docker("ps", "-aq", "--no-trunc", "--filter", f"id={made}").lines == [made]
    assert docker("ps", "-aq", "--no-trunc", "--filter", "name=web").lines == [made]
    for name in ("web", "w", made[:12]):
        docker("exec", "user-net", "ping", "-c", "1", name)
    assert docker("exec", made[:12], "hostname").text == made[:12]
    docker("rm", "-f", made)
    assert "No such object" in docker.fails("inspect", made)


def test_every_answer_has_the_id_that_was_given_out(docker: Docker, api: Api, used: Used) -> None:
    network = used("net")
    since = int(time.time())
    made = docker("create", "--name", "web", *APART, "-t", *SLEEP).text
    docker("network", "connect", "net", made[:12])
    docker("start", "web")
    other = docker("run", "-d", "--name", "guest", "--net", f"container:{made[:10]}", *SLEEP).text
    assert docker("inspect", "-f", "{{.HostConfig.NetworkMode}}", other).text == f"container:{made}"
    docker("run", "--rm", "--volumes-from", made, "--pid", f"container:{made}", "busybox", "true")
    listed = {one["Id"]: one for one in api.get("/containers/json?all=1")}
    assert listed[made]["Names"][0] == "/web"
    assert listed[other]["HostConfig"]["NetworkMode"] == f"container:{made}"
    assert made in api.get(f"/networks/{network}")["Containers"]
    assert made in {one["Id"] for one in api.get("/system/df")["Containers"]}
    assert api.get(f"/containers/{made}/stats?stream=0&one-shot=1")["id"] == made
    assert docker("stats", "--no-stream", "--format", "{{.ID}}", "web").text == made[:12]
    start = api.call("POST", f"/containers/{made}/exec", {"Cmd": ["true"]}).json["Id"]
    assert api.get(f"/exec/{start}/json")["ContainerID"] == made
    assert api.get(f"/containers/{made}/json")["ExecIDs"] in ([start], None)
    docker("exec", "web", "sh", "-c", "echo put > /f")
    assert docker("diff", made).lines == ["A /f"]
    assert docker("commit", made, "img").text.startswith("sha256:")
    docker("rename", made, "new")
    docker("restart", "-t", "0", made[:12])
    docker("rm", "-f", "guest")
    docker("stop", "-t", "0", "new")
    assert f"Container {made} is not running" in docker.fails("exec", made[:12], "true")
    assert docker("container", "prune", "-f").lines[1] == made
    until, about = str(int(time.time()) + 1), ("--filter", f"container={made}")
    shown = ("--format", "{{.Type}} {{.Action}}")
    events = docker("events", "--since", str(since), "--until", until, *about, *shown).lines
    mine = [one for one in events if one.startswith("container") and "exec" not in one]
    assert mine[:2] == ["container create", "container start"], events
    assert mine.count("container destroy") == mine.count("container create") == 1
    assert mine.count("container rename") == 1
    docker("rmi", "img")


def test_a_restart_of_swarmd_finds_it_again(host: Host, used: Used, docker: Docker) -> None:
    used("net")
    made = docker("create", "--name", "web", *APART, *SLEEP).text
    docker("network", "connect", "net", "web")
    if host.swarmd is not None:
        host.swarmd.stop()
        host.swarmd.start(3)
    docker("start", made)
    assert docker("ps", "-q", "--no-trunc", "--filter", f"id={made[:12]}").lines == [made]
    assert docker("inspect", "-f", "{{.Id}} {{.Name}}", "web").text == f"{made} /web"
    docker("rm", "-f", made)
    assert docker("ps", "-aq", "--filter", "name=web").lines == []


@pytest.mark.parametrize("program", ["img-label", "label", "both"])
def test_nobody_takes_anothers_id(docker: Docker, program: str) -> None:
    victim = docker("create", "--name", "victim", *SLEEP).text
    docker("rm", victim)
    label = f"com.docker.swarm.container.id={victim}/swarm-id/x/name"
    docker(
        "build",
        "-t",
        "forged",
        "-",
        input=f"FROM busybox\nLABEL {label}\nLABEL com.docker.swarm.id=swarm-id\n".encode(),
    )
    image = "busybox" if program == "label" else "forged"
    options = (
        ()
        if program == "img-label"
        else ("--label", label, "--label", "com.docker.swarm.id=swarm-id")
    )
    made = docker("run", "-d", "--name", "thief", *options, image, "sleep", "600").text
    assert made != victim
    assert docker("inspect", "-f", "{{.Id}}", "thief").text == made
    assert "No such" in docker.fails("inspect", victim)
    assert docker("ps", "-q", "--no-trunc").lines == [made]
    docker("rm", "-f", "thief")
    docker("rmi", "forged")


def connected(docker: Docker, name: str) -> set[str]:
    shown = json.loads(docker("inspect", name).out)[0]["NetworkSettings"]["Networks"]
    return set(shown)


def test_as_tools_do_it(docker: Docker, used: Used) -> None:
    """Ansible leaves the default network; docker-py and scripts give addresses and ports."""
    docker("network", "create", "--subnet", "10.99.7.0/24", "net")
    docker("run", "-d", "--name", "user", "--net", "net", *on(2), *SLEEP)
    options = ("-p", "18765:80", "-v", "/data", "--restart", "no", "--memory", "32m", "-e", "A=b")
    made = docker("create", "--name", "web", *APART, "--hostname", "h", *options, *SLEEP).text
    docker("network", "connect", "--ip", "10.99.7.77", "--alias", "w", "net", made)
    docker("network", "disconnect", "bridge", made)
    docker("start", made)
    (shown,) = json.loads(docker("inspect", made).out)
    assert connected(docker, "web") == {"net"}
    assert shown["NetworkSettings"]["Networks"]["net"]["IPAddress"] == "10.99.7.77"
    assert shown["Config"]["Hostname"] == "h" and "A=b" in shown["Config"]["Env"]
    assert shown["HostConfig"]["Memory"] == 32 << 20
    assert [one["Destination"] for one in shown["Mounts"]] == ["/data"]
    assert list(shown["NetworkSettings"]["Ports"]) == ["80/tcp"]
    docker("exec", "user", "ping", "-c", "1", "w")
    docker("network", "disconnect", "net", "web")
    docker("network", "connect", "net", made[:12])
    docker("exec", "user", "ping", "-c", "1", made[:12])
    docker("rm", "-fv", "web", "user")
    docker("network", "rm", "net")
    assert docker("volume", "ls", "-q").lines == []


def test_a_network_that_only_it_is_in_comes_along(docker: Docker, used: Used) -> None:
    used("net")
    own = docker("network", "create", "own").text
    made = docker(
        "create", "--name", "web", *APART, "--net", "own", "--network-alias", "w", *SLEEP
    ).text
    docker("network", "connect", "net", "web")
    docker("start", made)
    assert connected(docker, made) == {"net", "own"}
    assert docker("network", "ls", "-q", "--no-trunc", "--filter", "name=own").lines == [own]
    docker("run", "--rm", "--net", "own", "busybox", "ping", "-c", "1", "w")
    docker("rm", "-f", "web")
    docker("network", "rm", "own")


def test_it_goes_on_to_a_third_node_and_back(docker: Docker, used: Used) -> None:
    used("net", 2)
    used("other", 3)
    made = docker("create", "--name", "web", *APART, *SLEEP).text
    for name in ("net", "other", "net"):
        docker("network", "connect", name, "web")
        assert docker("ps", "-aq", "--no-trunc", "--filter", "name=web").lines == [made]
        docker("network", "disconnect", name, "web")
    docker("network", "connect", "other", "web")
    docker("start", made[:12])
    assert connected(docker, made) == {"bridge", "other"}
    docker("rm", "-f", made)


@pytest.mark.fleet
class TestWhatStays:
    """On the fleet alone: on one host each of these joins."""

    def refused(self, docker: Docker, name: str = "apart") -> str:
        before = docker("ps", "-a", "--no-trunc", "--format", "{{.ID}} {{.Names}}").lines
        error = docker.fails("network", "connect", "net", name)
        assert "a bridge network does not reach beyond its node" in error
        assert docker("ps", "-a", "--no-trunc", "--format", "{{.ID}} {{.Names}}").lines == before
        return error

    def test_what_has_run(self, docker: Docker, used: Used) -> None:
        used("net")
        docker("run", "-d", "--name", "apart", *APART, *SLEEP)
        assert "it has been started before" in self.refused(docker)
        docker("kill", "apart")
        assert "it has been started before" in self.refused(docker)

    def test_what_files_were_copied_into(self, docker: Docker, used: Used, tmp_path: Path) -> None:
        used("net")
        docker("create", "--name", "apart", *APART, "-v", "/data", *SLEEP)
        (tmp_path / "f").write_text("x")
        docker("cp", str(tmp_path / "f"), "apart:/data/f")
        assert "files were copied into it" in self.refused(docker)
        docker("create", "--name", "apart2", *APART, *SLEEP)
        docker("cp", str(tmp_path / "f"), "apart2:/etc/f")
        assert "files were copied into it" in self.refused(docker, "apart2")
        docker("rm", "-v", "apart", "apart2")

    def test_what_others_hang_on(self, docker: Docker, used: Used) -> None:
        used("net")
        made = docker("create", "--name", "apart", *APART, *SLEEP).text
        docker("create", "--name", "guest", "--pid", f"container:{made}", *SLEEP)
        assert "container guest is tied to it" in self.refused(docker)
        assert "it lives in another container's --pid" in self.refused(docker, "guest")
        docker("rm", "guest")
        docker("create", "--name", "guest", "--link", "apart:w", *SLEEP)
        assert "container guest is tied to it" in self.refused(docker)

    def test_named_volumes_and_shared_networks(self, docker: Docker, used: Used) -> None:
        used("net")
        docker("create", "--name", "apart", *APART, "-v", "named:/data", *SLEEP)
        assert "its volume named is there" in self.refused(docker)
        used("other", 3)
        docker("create", "--name", "apart2", *APART, "--net", "other", *SLEEP)
        assert "it is in network other, which others use there" in self.refused(docker, "apart2")
        docker("rm", "-v", "apart")
        docker("volume", "rm", "named")

    def test_what_somebody_is_attached_to(self, docker: Docker, host: Host, used: Used) -> None:
        used("net")
        docker("create", "--name", "apart", *APART, "busybox", "echo", "here")
        head = (
            b"POST /containers/apart/%b HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n%b\r\n"
        )
        upgrade = b"Connection: Upgrade\r\nUpgrade: tcp\r\n"
        for action, more in (
            (b"attach?stream=1&stdout=1", upgrade),
            (b"wait?condition=next-exit", b""),
        ):
            with connect(host.url) as open_call:
                open_call.sendall(head % (action, more))
                assert open_call.recv(12) in (b"HTTP/1.1 101", b"HTTP/1.1 200")
                assert "a client is attached to it, waits for it" in self.refused(docker)
        eventually(lambda: docker("network", "connect", "net", "apart", status=None).status == 0,
                   what="nobody is attached any more")  # fmt: skip
        docker("start", "-a", "apart")

    def test_what_must_not_be_there(self, docker: Docker, used: Used) -> None:
        used("net")
        docker("create", "--name", "apart", *on(1), *SLEEP)
        error = docker.fails("network", "connect", "net", "apart")
        assert 'since node-2 does not fit: rank is "2" (constraint)' in error
        assert len(docker("ps", "-aq").lines) == 2
