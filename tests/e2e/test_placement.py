"""Where containers go: constraints, ports, resources, strategies."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Host
from tests.lab.cli import Docker
from tests.lab.daemon import Swarmd
from tests.lab.engines import Fleet
from tests.lab.http import Answer
from tests.lab.waiting import eventually

pytestmark = pytest.mark.fleet


def node_of(docker: Docker, name: str) -> str:
    return docker("inspect", "-f", "{{.Node.Name}}", name).text


@pytest.mark.parametrize(
    ("expression", "nodes"),
    [
        ("node==node-2", {"node-2"}),
        ("node!=node-2", {"node-1", "node-3"}),
        ("rank==3", {"node-3"}),
        ("rank!=3", {"node-1", "node-2"}),
        ("node==node-*", {"node-1", "node-2", "node-3"}),
        ("rank==/[12]/", {"node-1", "node-2"}),
        ("rank!=/[12]/", {"node-3"}),
        ("rank==~2", {"node-2"}),
        ("rank==~9", {"node-1", "node-2", "node-3"}),
        ("storagedriver==*", {"node-1", "node-2", "node-3"}),
        ("ostype==linux", {"node-1", "node-2", "node-3"}),
    ],
)
def test_constraints(docker: Docker, expression: str, nodes: set[str]) -> None:
    made = [docker("create", "-e", f"constraint:{expression}", "busybox").text for _ in range(3)]
    found = {node_of(docker, container) for container in made}
    assert found == nodes


def test_constraints_by_label(docker: Docker) -> None:
    label = 'com.docker.swarm.constraints=["rank==2"]'
    for _ in range(2):
        assert node_of(docker, docker("create", "-l", label, "busybox").text) == "node-2"


def test_constraints_do_not_reach_the_environment(docker: Docker, name: str) -> None:
    docker("create", "--name", name, "-e", "constraint:rank==1", "-e", "A=b", "busybox")
    environment = docker.inspect(name)["Config"]["Env"]
    assert "A=b" in environment and not [e for e in environment if e.startswith("constraint")]


def test_several_constraints_must_all_hold(docker: Docker) -> None:
    """By label: of two ``-e`` that are equal up to the ``=`` the CLI sends only the last."""
    both = ("-l", 'com.docker.swarm.constraints=["rank!=1", "rank!=2"]')
    assert node_of(docker, docker("create", *both, "busybox").text) == "node-3"
    mixed = ("-e", "constraint:rank!=1", "-e", "constraint:node!=node-3")
    assert node_of(docker, docker("create", *mixed, "busybox").text) == "node-2"


def test_nothing_fits_says_which_filter(docker: Docker) -> None:
    message = docker.fails("create", "-e", "constraint:rank==9", "busybox")
    assert "Unable to find a node that satisfies the following conditions" in message
    assert "rank==9" in message and "constraint" in message


@pytest.mark.parametrize("expression", ["rank=1", "rank==", "==1", "rank==/[/", "ra nk==1"])
def test_bad_expressions_are_refused(docker: Docker, expression: str) -> None:
    assert docker.fails("create", "-e", f"constraint:{expression}", "busybox")
    assert docker.names("-a") == []


def test_host_ports_go_to_different_nodes(docker: Docker) -> None:
    made = [docker("run", "-d", "-p", "8084:80", "busybox", "sleep", "600").text for _ in range(3)]
    assert {node_of(docker, container) for container in made} == {"node-1", "node-2", "node-3"}
    message = docker.fails("create", "-p", "8084:80", "busybox")
    assert "port" in message and "8084" in message
    docker("rm", "-f", made[1])
    freed = docker("run", "-d", "-p", "8084:80", "busybox", "sleep", "600").text
    assert docker.state(freed) == "running"


def test_udp_and_tcp_ports_do_not_meet(docker: Docker) -> None:
    here = ("-e", "constraint:rank==1")
    docker("run", "-d", *here, "-p", "8085:80/tcp", "busybox", "sleep", "600")
    docker("run", "-d", *here, "-p", "8085:80/udp", "busybox", "sleep", "600")


def test_a_port_of_a_process_outside_of_containers(docker: Docker, host: Host, name: str) -> None:
    """No API tells of it: the start is refused in the engine's words, and nothing is in doubt."""
    machine = host.fleet["node-1"].machine
    machine.run(
        "sh",
        "-c",
        f"busybox nc -ll -p 8099 -e true >/dev/null 2>&1 & echo $! >{machine.disk}/nc.pid",
    )
    eventually(lambda: machine.run("busybox", "nc", "-w", "1", "127.0.0.1", "8099") == "")
    try:
        options = ("--name", name, "-e", "constraint:rank==1", "-p", "8099:80")
        message = docker.fails("run", "-d", *options, "busybox", "sleep", "600", status=125)
        assert "8099" in message and "address already in use" in message
        assert docker.state(name) == "created"
    finally:
        machine.run("sh", "-c", f"kill $(cat {machine.disk}/nc.pid)")
    eventually(lambda: docker("start", name, status=None).status == 0)


def test_memory_is_reserved(docker: Docker, host: Host) -> None:
    """What is asked for counts, not what is used; a stopped container frees it."""
    memory = host.fleet["node-1"].local.get("/info")["MemTotal"]
    most = ("-m", str(memory * 3 // 5))
    made = [docker("run", "-d", *most, "busybox", "sleep", "600").text for _ in range(3)]
    assert len({node_of(docker, container) for container in made}) == 3
    message = docker.fails("create", *most, "busybox")
    assert "no resources available to schedule container" in message
    docker("kill", made[0])
    docker("rm", made[0])
    docker("create", *most, "busybox")


def test_cpus_are_reserved(docker: Docker, host: Host) -> None:
    cpus = host.fleet["node-1"].local.get("/info")["NCPU"]
    made = [docker("create", "--cpus", str(cpus), "busybox").text for _ in range(3)]
    assert len({node_of(docker, container) for container in made}) == 3
    assert "no resources available" in docker.fails("create", "--cpus", "0.5", "busybox")


def test_cpu_shares_are_cpus_as_in_classic_swarm(docker: Docker, host: Host, name: str) -> None:
    cpus = host.fleet["node-1"].local.get("/info")["NCPU"]
    docker("run", "-d", "-c", "1", "--name", name, "busybox", "sleep", "600")
    node = host.fleet[node_of(docker, name)]
    assert node.local.get(f"/containers/{name}/json")["HostConfig"]["CpuShares"] == -(-1024 // cpus)
    shares = ("inspect", "-f", "{{.HostConfig.CpuShares}}", name)
    assert docker(*shares).text == "1", "as it was given"
    docker("update", "-c", "3", name)
    assert docker(*shares).text == "3"
    assert f"Reserved CPUs: 1 / {cpus}" in docker("info").text
    docker("rm", "-f", name)
    docker("run", "-d", "-c", "1024", "--name", name, "busybox", "sleep", "600")
    assert "Reserved CPUs: 1 / " not in docker("info").text


def test_more_memory_than_any_node_has(docker: Docker) -> None:
    assert "no resources available" in docker.fails("create", "-m", "9000g", "busybox")


def test_volumes_from_follows(docker: Docker, name: str) -> None:
    docker("create", "--name", name, "-v", "/data", "-e", "constraint:rank==2", "busybox")
    for _ in range(2):
        follower = docker("create", "--volumes-from", name, "busybox").text
        assert node_of(docker, follower) == "node-2"


def client_of(swarmd: Swarmd, home: Path) -> Docker:
    return Docker("/usr/bin/docker", swarmd.url, home=home)


def test_binpack(swarmd_for: Callable[..., Swarmd], fleet: Fleet, tmp_path: Path) -> None:
    docker = client_of(swarmd_for(options=("--strategy", "binpack")), tmp_path)
    for _ in range(4):
        docker("create", "-m", "32m", "busybox")
    assert sorted(len(engine.containers()) for engine in fleet) == [0, 0, 4]


def test_random(swarmd_for: Callable[..., Swarmd], fleet: Fleet, tmp_path: Path) -> None:
    docker = client_of(swarmd_for(options=("--strategy", "random")), tmp_path)
    for _ in range(6):
        docker("create", "busybox")
    assert sum(len(engine.containers()) for engine in fleet) == 6


def test_labels_and_names_of_the_hosts_file(
    swarmd_for: Callable[..., Swarmd], fleet: Fleet, tmp_path: Path
) -> None:
    lines: list[Any] = [
        f"{fleet['node-1'].address} zone=east disk=ssd",
        f"{fleet['node-2'].address} zone=west name=archive",
    ]
    swarmd = swarmd_for(lines)
    assert set(swarmd.nodes()) == {"node-1", "archive"}
    docker = client_of(swarmd, tmp_path)
    for expression, node in (("zone==west", "archive"), ("disk==ssd", "node-1")):
        made = docker("create", "-e", f"constraint:{expression}", "busybox").text
        assert node_of(docker, made) == node
    assert "zone=west" in swarmd.nodes()["archive"]["Labels"]


def test_overcommit(swarmd_for: Callable[..., Swarmd], fleet: Fleet, tmp_path: Path) -> None:
    swarmd = swarmd_for([fleet["node-1"]], options=("--cluster-opt", "swarm.overcommit=1"))
    memory = fleet["node-1"].local.get("/info")["MemTotal"]
    docker = client_of(swarmd, tmp_path)
    for _ in range(2):
        docker("run", "-d", "-m", str(memory * 9 // 10), "busybox", "sleep", "600")
    refused = docker("run", "-d", "-m", str(memory // 2), "busybox", "sleep", "600", status=125)
    assert "no resources available" in refused.error


@pytest.mark.parametrize("reserve", ["hard", "soft"])
def test_cpu_limits_of_a_file_that_runs_on_one_host(
    fleet: Fleet, tmp_path: Path, reserve: str
) -> None:
    """1 + 1 + 0.5 on each two CPUs: of that one host makes nothing but limits."""
    swarmd = Swarmd(
        tmp_path, [fleet["node-1"]], options=("--cluster-opt", f"swarm.reserve={reserve}")
    )
    try:
        swarmd.start(1)
        cpus = int(swarmd.api.get("/info")["NCPU"])
        answers = [_run(swarmd, cpus / 2), _run(swarmd, cpus / 2), _run(swarmd, 0.5)]
        assert [one.status for one in answers[:2]] == [204, 204]
        if reserve == "soft":
            assert answers[2].status == 204
        else:
            assert answers[2].status >= 400 and "swarm.reserve=soft" in answers[2].message
            label = {"com.docker.swarm.reserve": "soft"}
            assert _run(swarmd, 0.5, label).status == 204
    finally:
        swarmd.close()
        fleet.remove_all()


def _run(swarmd: Swarmd, cpus: float, labels: dict[str, str] | None = None) -> Answer:
    """The answer to its start, or to the create that was refused."""
    host = {"NanoCpus": int(cpus * 10**9)}
    body = {"Image": "busybox", "Cmd": ["sleep", "600"], "HostConfig": host, "Labels": labels or {}}
    made = swarmd.api.call("POST", "/containers/create", body)
    if made.status != 201:
        return made
    return swarmd.api.call("POST", f"/containers/{made.json['Id']}/start")
