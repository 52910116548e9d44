"""Where it shows that the one Docker host is several: names, nodes, addresses, sums."""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from swarmd.core.predefined import with_shown_ids
from tests.e2e.conftest import Host
from tests.lab.cli import Docker, command_lines
from tests.lab.daemon import Swarmd
from tests.lab.engines import Fleet
from tests.lab.http import Api
from tests.lab.waiting import eventually

pytestmark = pytest.mark.fleet


@pytest.fixture
def swarmd(host: Host) -> Swarmd:
    assert host.swarmd is not None
    return host.swarmd


def on(node: str) -> tuple[str, str]:
    return ("-e", f"constraint:node=={node}")


def test_both_names_plain_first(api: Api, docker: Docker, name: str) -> None:
    docker("create", "--name", name, *on("node-2"), "busybox")
    assert api.get("/containers/json?all=1")[0]["Names"] == [f"/{name}", f"/node-2/{name}"]


@pytest.mark.parametrize("docker", command_lines(), indirect=True)
def test_ps_prints_the_plain_name(docker: Docker, name: str) -> None:
    docker("create", "--name", name, *on("node-2"), "busybox")
    assert docker.names("-a") == [name]
    assert name in docker("ps", "-a").text


def test_found_by_node_and_name(docker: Docker, name: str) -> None:
    container = docker("create", "--name", name, *on("node-3"), "busybox").text
    for ref in (name, f"node-3/{name}", f"/{name}", container, container[:10]):
        assert docker("inspect", "-f", "{{.Id}}", ref).text == container
    assert "No such" in docker.fails("inspect", f"node-1/{name}")
    docker("start", f"node-3/{name}")
    docker("rename", f"node-3/{name}", f"{name}-new")
    docker("rm", "-f", f"node-3/{name}-new")
    assert docker.names("-a") == []


def test_inspect_names_the_node(docker: Docker, host: Host, name: str) -> None:
    docker("create", "--name", name, *on("node-2"), "busybox")
    seen = docker.inspect(name)
    engine = host.fleet["node-2"]
    info = engine.local.get("/info")
    node = seen["Node"]
    assert (node["Name"], node["Addr"], node["IP"]) == ("node-2", engine.address, engine.machine.ip)
    assert (node["Cpus"], node["Memory"]) == (info["NCPU"], info["MemTotal"])
    assert node["ID"].startswith(info["ID"]) and node["Labels"]["rank"] == "2"
    assert seen["Name"] == f"/{name}"
    assert docker("inspect", "-f", "{{.Node.Name}}", name).text == "node-2"


def test_inspect_is_the_engines_own_but_for_the_node(
    api: Api, docker: Docker, host: Host, name: str
) -> None:
    container = docker("run", "-d", "--name", name, *on("node-1"), "busybox", "sleep", "600").text
    seen = api.get(f"/v1.41/containers/{name}/json")
    own = host.fleet["node-1"].local.get(f"/v1.41/containers/{container}/json")
    assert seen.pop("Node")["Name"] == "node-1"
    assert seen == {**own, "NetworkSettings": with_shown_ids(own["NetworkSettings"])}


def test_ports_show_the_nodes_address(api: Api, docker: Docker, host: Host, name: str) -> None:
    docker("run", "-d", "--name", name, *on("node-2"), "-p", "8083:80", "busybox", "sleep", "600")
    ip = host.fleet["node-2"].machine.ip
    eventually(lambda: api.get("/containers/json")[0]["Ports"])  # a busy engine is waited for 1 s
    (port,) = api.get("/containers/json")[0]["Ports"]
    assert port == {"IP": ip, "PrivatePort": 80, "PublicPort": 8083, "Type": "tcp"}
    bound = docker.inspect(name)["NetworkSettings"]["Ports"]["80/tcp"]
    assert {line["HostIp"] for line in bound} == {ip}
    assert docker("port", name, "80").lines == [f"{ip}:8083"]


def test_spread_goes_around(docker: Docker, host: Host) -> None:
    for _ in range(6):
        docker("run", "-d", "busybox", "sleep", "600")
    assert [len(engine.containers()) for engine in host.fleet] == [2, 2, 2]


def test_concurrent_creates_spread_too(api: Api, host: Host) -> None:
    def create(_: int) -> int:
        return api.call("POST", "/containers/create", {"Image": "busybox"}).status

    with ThreadPoolExecutor(9) as pool:
        assert set(pool.map(create, range(9))) == {201}
    assert [len(engine.containers()) for engine in host.fleet] == [3, 3, 3]


def test_concurrent_creates_of_one_name_make_one(api: Api, host: Host, name: str) -> None:
    path = f"/containers/create?name={name}"
    with ThreadPoolExecutor(8) as pool:
        made = pool.map(lambda _: api.call("POST", path, {"Image": "busybox"}).status, range(8))
    assert Counter(made) == {201: 1, 409: 7}
    assert sum(len(engine.containers()) for engine in host.fleet) == 1


def test_rename_to_a_name_on_another_node(docker: Docker, name: str) -> None:
    docker("create", "--name", name, *on("node-1"), "busybox")
    docker("create", "--name", f"{name}-b", *on("node-2"), "busybox")
    assert "is already in use" in docker.fails("rename", f"{name}-b", name)


def test_one_name_on_two_nodes_is_refused_with_candidates(
    docker: Docker, host: Host, name: str
) -> None:
    """Such twins come from outside: somebody talked to the engines directly."""
    for node in ("node-1", "node-2"):
        host.fleet[node].local.post(f"/containers/create?name={name}", {"Image": "busybox"})
    _until_listed(docker, 2)
    message = docker.fails("rm", name)
    assert f"node-1/{name}" in message and f"node-2/{name}" in message
    docker("rm", f"node-1/{name}", f"node-2/{name}")


def test_ambiguous_prefix_names_the_candidates(docker: Docker, host: Host) -> None:
    """Of seventeen IDs two begin alike for sure."""
    made = [docker("create", "busybox").text for _ in range(17)]
    digit, _ = Counter(container[0] for container in made).most_common(1)[0]
    meant = docker.names("-a", "--filter", f"id={digit}") or docker.names("-a")
    message = docker.fails("inspect", "--type", "container", digit)
    assert "multiple" in message and sum(name in message for name in meant) >= 2


def _until_listed(docker: Docker, count: int) -> None:
    eventually(lambda: len(docker("ps", "-aq").lines) == count)


def test_changes_made_behind_our_back_are_seen(docker: Docker, host: Host, name: str) -> None:
    engine = host.fleet["node-1"].local
    made = engine.post(f"/containers/create?name={name}", {"Image": "busybox", "Cmd": ["top"]})
    _until_listed(docker, 1)
    engine.post(f"/containers/{made['Id']}/start")
    eventually(lambda: docker.names() == [name])
    engine.call("DELETE", f"/containers/{made['Id']}?force=1")
    _until_listed(docker, 0)


@pytest.mark.parametrize("turn", range(3))
def test_reads_your_writes_on_another_connection(
    api: Api, docker: Docker, name: str, turn: int
) -> None:
    """Every call here is a connection of its own, and nothing waits between them."""

    def states() -> list[str]:
        return [item["State"] for item in api.get("/containers/json?all=1")]

    api.post(f"/containers/create?name={name}", {"Image": "busybox", "Cmd": ["sleep", "600"]})
    assert states() == ["created"]
    for verb, state in (
        *(("start", "running"), ("pause", "paused"), ("unpause", "running")),
        *(("restart?t=0", "running"), ("kill", "exited"), ("start", "running")),
        *(("stop?t=0", "exited"),),
    ):
        api.post(f"/containers/{name}/{verb}")
        if verb == "kill":
            api.post(f"/containers/{name}/wait")
        assert states() == [state], verb
    api.post(f"/containers/{name}/rename?name={name}-new")
    assert api.get("/containers/json?all=1")[0]["Names"][0] == f"/{name}-new"
    api.call("DELETE", f"/containers/{name}-new")
    assert states() == []


def test_info(docker: Docker, swarmd: Swarmd, host: Host) -> None:
    docker("run", "-d", *on("node-1"), "-m", "64m", "--cpus", "1", "busybox", "sleep", "600")
    info = swarmd.info()
    engines = [engine.local.get("/info") for engine in host.fleet]
    for sums in ("NCPU", "MemTotal"):
        assert info[sums] == sum(engine[sums] for engine in engines)
    assert (info["Containers"], info["ContainersRunning"]) == (1, 1)
    head = dict(info["SystemStatus"][:4])
    assert (head["Role"], head["Strategy"], head["Nodes"]) == ("primary", "spread", "3")
    assert "constraint" in head["Filters"]
    row = swarmd.nodes()["node-1"]
    assert row["Address"] == host.fleet["node-1"].address and row["Status"] == "Healthy"
    assert row["ID"].startswith(engines[0]["ID"])
    assert row["Containers"].startswith("1 (1 Running, 0 Paused, 0 Stopped)")
    assert row["Reserved CPUs"].startswith("1 / ")
    assert row["Reserved Memory"].startswith("64 MiB / ")
    assert "rank=1" in row["Labels"] and row["ServerVersion"] == engines[0]["ServerVersion"]


@pytest.mark.parametrize("docker", command_lines(), indirect=True)
def test_docker_info_and_version_print(docker: Docker) -> None:
    info = docker("info").text
    for node in ("node-1", "node-2", "node-3"):
        assert re.search(rf"^ +{node}: 10\.", info, re.MULTILINE)
    assert "Status: Healthy" in info and "Strategy: spread" in info
    assert docker("version", "-f", "{{.Server.Version}}").text.startswith("swarm/")


def test_version(api: Api) -> None:
    version = api.get("/version")
    assert version["Version"].startswith("swarm/")
    assert (version["ApiVersion"], version["MinAPIVersion"]) == ("1.44", "1.24")


@pytest.mark.parametrize("asked", ["v1.24", "v1.30", "v1.41", "v1.44"])
def test_every_version_that_is_offered(api: Api, docker: Docker, name: str, asked: str) -> None:
    docker("create", "--name", name, "busybox")
    assert len(api.get(f"/{asked}/containers/json?all=1")) == 1
    assert api.get(f"/{asked}/containers/{name}/json")["Name"] == f"/{name}"
    api.call("POST", f"/{asked}/containers/{name}/start")


def test_images_are_merged(api: Api, host: Host) -> None:
    (image,) = api.get("/images/json")
    assert image["RepoTags"] == ["busybox:latest"]
    assert image["Id"] == host.fleet["node-1"].local.get("/images/json")[0]["Id"]


def test_events_name_the_node(docker: Docker, name: str) -> None:
    since = f"{time.time():.9f}"  # the CLI may come to ask when it is over
    with docker.running("events", "--since", since, "--format", "{{json .}}") as events:
        docker("create", "--name", name, *on("node-3"), "busybox")
        events.expect(name)
    (made,) = [json.loads(line) for line in events.lines if f'"{name}"' in line]
    attributes = made["Actor"]["Attributes"]
    assert attributes["node.name"] == "node-3"


def test_lists_agree_with_the_engines(api: Api, docker: Docker, host: Host) -> None:
    """Field by field, but for what is rewritten on purpose: names, addresses of ports, networks."""
    for options in (("-l", "a=b"), ("-v", "/data"), ("-p", "80"), ("--net", "none"), ("-t",)):
        docker("run", "-d", *options, "busybox", "sleep", "600")
    docker("run", "busybox", "true")
    docker("create", "busybox", "sh", "-c", "two words")

    def differences() -> list[tuple[dict[str, str], dict[str, str]]]:
        own = sorted((item for engine in host.fleet for item in _list(engine.local)), key=_id)
        shown = sorted(_list(api), key=_id)
        return [each for each in zip(shown, own, strict=True) if each[0] != each[1]]

    # One has just ended, and all grow older: again if it was between two answers.
    assert min((differences() for _ in range(10)), key=len) == []
    made = [item["Created"] for item in api.get("/containers/json?all=1")]
    assert made == sorted(made, reverse=True)


def _id(item: dict[str, str]) -> str:
    return item["Id"]


def _list(api: Api) -> list[dict[str, str]]:
    items = api.get("/v1.41/containers/json?all=1")
    for item in items:
        item["Names"] = item["Names"][:1]
        item["NetworkSettings"] = with_shown_ids(item["NetworkSettings"])
        ports = {
            (port["PrivatePort"], port.get("PublicPort"), port["Type"]) for port in item["Ports"]
        }
        item["Ports"] = sorted(ports, key=str)
        item["Status"] = re.sub(r"(?:Less than a|\d+) seconds?", "N seconds", item["Status"])
    return list(items)


def test_a_second_swarmd_sees_the_same(
    host: Host, docker: Docker, swarmd_for: Callable[..., Swarmd]
) -> None:
    docker("run", "-d", "busybox", "sleep", "600")
    other = swarmd_for()
    path = "/containers/json"  # which tells for how many seconds a container is up
    eventually(lambda: other.api.get(path) == host.api.get(path) != [])


def test_a_swarm_is_no_engine(host: Host, fleet: Fleet, swarmd_for: Callable[..., Swarmd]) -> None:
    """A swarmd among the engines of another would show every container twice."""
    address = host.url.removeprefix("tcp://")
    other = swarmd_for([*fleet, address], healthy=3)
    assert len(other.healthy()) == 3
    table = other.nodes()
    (refused,) = [row for row in table.values() if row["Address"] == address]
    assert refused["Status"] == "Pending" and "swarm" in refused["Error"].lower()
