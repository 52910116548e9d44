"""What takes the place of what: orders of calls that work on one engine, and the start's word."""

from __future__ import annotations

from pathlib import Path

import docker as dockerpy
import pytest
from docker.errors import APIError

from tests.e2e.conftest import Host
from tests.e2e.test_placement import node_of
from tests.lab.cli import Docker, command_lines
from tests.lab.clients import newest_docker
from tests.lab.packages import Missing

pytestmark = pytest.mark.fleet
SLEEP = ("busybox", "sleep", "600")
TAKEN = "Bind for 0.0.0.0:8888 failed: port is already allocated"


def most(host: Host) -> tuple[str, str]:
    """So much memory that a node has it once."""
    return "-m", str(host.fleet["node-1"].local.get("/info")["MemTotal"] * 3 // 5)


@pytest.fixture(params=["oldest", "newest"])
def client(request: pytest.FixtureRequest, host: Host, tmp_path: Path) -> Docker:
    if request.param == "oldest":
        return Docker(command_lines()[0], host.url, home=tmp_path)
    try:
        return newest_docker(host.url, tmp_path)
    except Missing as why:
        pytest.skip(f"no newer CLI here: {why}")


def test_a_port_is_judged_when_a_container_starts(client: Docker, host: Host) -> None:
    """A network leaves one node, where the port is held."""
    client("network", "create", "net")
    on = ("--network", "net", "-p", "8888:80")
    client("run", "-d", "--name", "one", *on, *SLEEP)
    client("create", "--name", "two", *on, *SLEEP)
    assert node_of(client, "two") == node_of(client, "one")
    assert f"{TAKEN} by container one" in client.fails("start", "two")
    assert client.state("two") == "created"
    client("stop", "-t", "0", "one")
    client("start", "two")
    assert f"{TAKEN} by container two" in client.fails("start", "one")
    assert client.state("one") == "exited"
    assert TAKEN in client.fails("run", "--rm", "--name", "three", *on, *SLEEP, status=125)
    assert sorted(client.names("-a")) == ["one", "two"]
    client("rm", "-f", "one", "two")
    client("network", "rm", "net")


def test_memory_is_judged_as_well(client: Docker, host: Host) -> None:
    here = ("-e", "constraint:rank==2", *most(host))
    client("run", "-d", "--name", "one", *here, *SLEEP)
    client("create", "--name", "two", *here, *SLEEP)
    words = "no resources available to schedule container two"
    assert words in (said := client.fails("start", "two")) and "in use by one" in said
    assert words in client.fails("restart", "two")
    said = client.fails("run", "--rm", "--name", "three", *here, *SLEEP, status=125)
    assert "no resources available" in said
    assert sorted(client.names("-a")) == ["one", "two"], "what removes itself is gone"
    client("pause", "one")
    assert words in client.fails("start", "two"), "what is paused has its memory"
    client("unpause", "one")
    client("restart", "-t", "0", "one")
    client("stop", "-t", "0", "one")
    client("start", "two")
    assert "in use by two" in client.fails("start", "one")


def test_an_update_counts_at_once(docker: Docker, host: Host) -> None:
    here, cpus = ("-e", "constraint:rank==2"), host.fleet["node-2"].local.get("/info")["NCPU"]
    docker("run", "-d", "--name", "one", *here, "--cpus", f"{cpus - 0.5}", *SLEEP)
    docker("create", "--name", "two", *here, "--cpus", "1", *SLEEP)
    room = f"{cpus * 1.05:.4g} CPUs are free"
    assert f" of {room}, 1 wanted" in docker.fails("start", "two")
    docker("update", "--cpus", "0.5", "one")
    docker("start", "two")
    assert f" of {room}, {cpus} wanted" in docker.fails("update", "--cpus", str(cpus), "one")
    docker("update", "--cpus", "1", "one")
    assert docker.state("one") == docker.state("two") == "running"


def test_as_watchers_of_images_do_it(docker: Docker, host: Host) -> None:
    """Stop, rename, create under the old name, start, remove."""
    options = ("-p", "8888:80", *most(host), "-v", "/srv:/srv")
    for _ in range(2):
        docker("run", "-d", *most(host), *SLEEP)
    docker("run", "-d", "--name", "web", *options, *SLEEP)
    node = node_of(docker, "web")
    docker("stop", "-t", "0", "web")
    docker("rename", "web", "web-old")
    docker("create", "--name", "web", *options, *SLEEP)
    assert node_of(docker, "web") == node
    docker("start", "web")
    docker("rm", "web-old")


def test_what_is_removed_and_made_anew_comes_back(docker: Docker, tmp_path: Path) -> None:
    """Ansible's order, and that of people: its folders and its address are where they were."""
    for options in (("-p", "8888:80"), ("-v", f"{tmp_path}:/srv")):
        docker("run", "-d", "--name", "web", *options, *SLEEP)
        node = node_of(docker, "web")
        for _ in range(2):
            docker("run", "-d", "-e", f"constraint:node=={node}", *SLEEP)
        docker("rm", "-f", "web")
        docker("run", "-d", "--name", "web", *options, *SLEEP)
        assert node_of(docker, "web") == node
        docker("rm", "-f", "web")
        docker("run", "-d", "-p", "8888:80", "-e", f"constraint:node=={node}", *SLEEP)
        docker("run", "-d", "--name", "web", "-p", "8888:80", *SLEEP)
        assert node_of(docker, "web") != node, "where there is no room it goes elsewhere"
        docker("rm", "-f", *docker("ps", "-aq").lines)


def test_what_is_made_anew_from_its_own_inspect(docker: Docker, host: Host) -> None:
    """Watchtower's order: kill, remove, create with one network, leave it, join all, start."""
    for network in ("one", "two"):
        docker("network", "create", "--label", 'com.docker.swarm.constraints=["rank==2"]', network)
    docker("run", "-d", "--name", "db", "--network", "one", *SLEEP)
    docker(
        "run", "-d", "--name", "web", "--network", "one", "-p", "8888:80", "-v", "/srv:/srv", *SLEEP
    )
    docker("network", "connect", "--alias", "w", "two", "web")
    for _ in range(2):
        old = docker.inspect("web")
        host.api.post(f"/containers/{old['Id']}/kill?signal=SIGKILL")
        host.api.call("DELETE", f"/containers/{old['Id']}?force=1")
        networks = old["NetworkSettings"]["Networks"]
        first = next(iter(networks))
        endpoints = {"EndpointsConfig": {first: networks[first]}}
        body = {**old["Config"], "HostConfig": old["HostConfig"], "NetworkingConfig": endpoints}
        new = host.api.post("/containers/create?name=web", body)["Id"]
        leave = {"Container": new, "Force": True}
        assert host.api.call("POST", f"/networks/{first}/disconnect", leave).status == 200
        for name, endpoint in networks.items():
            join = {"Container": new, "EndpointConfig": endpoint}
            assert host.api.call("POST", f"/networks/{name}/connect", join).status == 200
        assert host.api.call("POST", f"/containers/{new}/start").status == 204
        assert node_of(docker, "web") == "node-2"
        assert sorted(docker.inspect("web")["NetworkSettings"]["Networks"]) == ["one", "two"]
        assert docker.inspect("web")["NetworkSettings"]["Ports"]["80/tcp"]
    docker("rm", "-f", "web", "db")
    docker("network", "rm", "one", "two")


def test_what_could_not_start_holds_nothing(docker: Docker, host: Host) -> None:
    """As on one engine: a wrong command three times, then the right one."""
    for options in (("-p", "8888:80"), most(host)):
        for _ in host.fleet:
            docker("run", "-d", *options, "busybox", "no-such-program", status=127)
        docker("run", "-d", "--name", "web", *options, *SLEEP)
        assert len(docker.names("-a")) == 4
        docker("rm", "-f", *docker("ps", "-aq").lines)


def test_a_mac_address_on_any_engine(client: Docker, host: Host) -> None:
    client("network", "create", "net")
    for network in ("net", "bridge"):
        options = ("--network", network, "--mac-address", "02:00:00:00:00:09")
        client("run", "-d", "--name", "web", *options, *SLEEP)
        assert "02:00:00:00:00:09" in client("exec", "web", "ip", "link").text
        client("rm", "-f", "web")
    client("network", "rm", "net")


def test_as_it_is_done_while_the_old_one_runs(docker: Docker, host: Host) -> None:
    """Rename, create under the old name, stop, start: nowhere is there room for both."""
    options = ("-p", "8888:80", *most(host))
    for _ in range(2):
        docker("run", "-d", *options, *SLEEP)
    docker("run", "-d", "--name", "web", *options, *SLEEP)
    node = node_of(docker, "web")
    docker("rename", "web", "web-old")
    docker("create", "--name", "web", *options, *SLEEP)
    assert node_of(docker, "web") == node
    assert "no resources" in docker.fails("start", "web")
    docker("stop", "-t", "0", "web-old")
    docker("start", "web")


def test_the_library_gets_the_engines_status(host: Host) -> None:
    client = dockerpy.DockerClient(base_url=host.url, timeout=120)
    try:
        ports = {"80/tcp": 8888}
        places = [f"constraint:rank=={rank}" for rank in (1, 2, 3)]
        for place in places:
            client.containers.run(*SLEEP[:1], "sleep 600", detach=True, ports=ports,
                                  environment=[place])  # fmt: skip
        made = client.containers.create("busybox", "sleep 600", ports=ports, environment=places[:1])
        with pytest.raises(APIError) as refusal:
            made.start()
        assert refusal.value.status_code == 500 and TAKEN in refusal.value.explanation
        made.reload()
        assert made.status == "created"
    finally:
        client.close()
