"""Networks: each on one node, under one name and one ID, and containers go where it is."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from typing import Any
from urllib.parse import quote

import pytest

from tests.e2e.conftest import Host
from tests.e2e.trouble import Stream
from tests.lab.cli import Docker
from tests.lab.daemon import Swarmd
from tests.lab.engines import Fleet
from tests.lab.http import Api
from tests.lab.waiting import eventually

SLEEP = ("busybox", "sleep", "600")


def holders(fleet: Fleet, name: str) -> list[str]:
    """Nodes whose engine itself knows a network of that name."""
    return [e.name for e in fleet if any(n["Name"] == name for n in e.local.get("/networks"))]


def on(rank: int) -> tuple[str, str]:
    return "-e", f"constraint:rank=={rank}"


def test_predefined_ones_are_listed_once(docker: Docker) -> None:
    assert sorted(docker("network", "ls", "--format", "{{.Name}}").lines) == [
        "bridge",
        "host",
        "none",
    ]


def test_life_of_a_network(docker: Docker) -> None:
    made = docker("network", "create", "--label", "a=b", "net").text
    assert docker("network", "ls", "-q", "--no-trunc", "--filter", "name=net").text == made
    (shown,) = json.loads(docker("network", "inspect", "net").out)
    assert (shown["Id"], shown["Driver"], shown["Labels"]) == (made, "bridge", {"a": "b"})
    docker("network", "rm", made[:12])
    assert "No such network: net" in docker.fails("network", "rm", "net")


def test_names_are_unique(docker: Docker, api: Api) -> None:
    def create(number: int) -> int:
        return api.call("POST", "/networks/create", {"Name": "one"}).status

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(create, range(8))) == [201] + [409] * 7
    error = docker.fails("network", "create", "one")
    assert error == "Error response from daemon: network with name one already exists"


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (("network", "create", "bridge"), "operation is not permitted on predefined bridge"),
        (("network", "rm", "bridge"), "bridge is a pre-defined network and cannot be removed"),
        (("network", "connect", "nope", "web"), "network nope not found"),
        (("network", "connect", "bridge", "nope"), "No such container: nope"),
        (("network", "disconnect", "nope", "web"), "network nope not found"),
    ],
)
def test_refusals(docker: Docker, command: tuple[str, ...], words: str) -> None:
    docker("create", "--name", "web", *SLEEP)
    assert words in docker.fails(*command)


@pytest.mark.parametrize("body", [b"{", b"[]", b"7", b""])
@pytest.mark.parametrize("path", ["/networks/create", "/networks/bridge/connect"])
def test_bodies_that_are_none(api: Api, path: str, body: bytes) -> None:
    answer = api.call("POST", path, body, Content_Type="application/json")
    assert answer.status == 400 and "Content-Type" not in answer.message
    assert len(api.get("/networks")) == 3


def test_containers_reach_each_other_by_name(docker: Docker) -> None:
    docker("network", "create", "net")
    docker("run", "-d", "--name", "db", "--network", "net", *SLEEP)
    docker("run", "--rm", "--network", "net", "busybox", "ping", "-c1", "db")
    docker("run", "-d", "--name", "late", "--network-alias", "queue", "--network", "net", *SLEEP)
    docker("exec", "db", "ping", "-c1", "queue")


@pytest.mark.fleet
def test_connect_and_disconnect(docker: Docker) -> None:
    docker("network", "create", "net")
    docker("run", "-d", "--name", "db", "--network", "net", *SLEEP)
    node = docker("inspect", "-f", "{{.Node.Name}}", "db").text
    docker("run", "-d", "--name", "web", "-e", f"constraint:node=={node}", *SLEEP)
    docker("network", "connect", "--alias", "www", "net", "web")
    docker("exec", "db", "ping", "-c1", "www")
    assert docker("network", "inspect", "-f", "{{len .Containers}}", "net").text == "2"
    docker("network", "disconnect", "net", f"{node}/web")
    assert docker("network", "inspect", "-f", "{{len .Containers}}", f"{node}/net").text == "1"
    assert "has active endpoints" in docker.fails("network", "rm", "net")


@pytest.mark.fleet
def test_a_network_of_another_node_is_one_clear_error(docker: Docker) -> None:
    docker("network", "create", "net")
    docker("run", "-d", "--name", "here", *on(1), "--network", "net", *SLEEP)
    docker("run", "-d", "--name", "there", *on(2), *SLEEP)
    assert docker.fails("network", "connect", "net", "there") == (
        "Error response from daemon: network net is on node-1 and container there on node-2: "
        "a bridge network does not reach beyond its node, and the container cannot follow, since "
        "it has been started before. Name the network when the container is created"
    )
    error = docker("create", *on(2), "--network", "net", "busybox", status=1).error
    assert "node-2: network net is not there, but on node-1" in error


@pytest.mark.fleet
class TestMoving:
    def test_follows_its_first_container_under_its_id(self, docker: Docker, host: Host) -> None:
        made = docker("network", "create", "--subnet", "10.98.0.0/24", "--label", "a=b", "net").text
        (before,) = holders(host.fleet, "net")
        rank = 1 + int(before[-1]) % 3
        docker("run", "-d", "--name", "web", *on(rank), "--network", made, *SLEEP)
        assert holders(host.fleet, "net") == [f"node-{rank}"]
        assert docker.inspect("web")["HostConfig"]["NetworkMode"] == made, "as on one engine"
        (shown,) = json.loads(docker("network", "inspect", made).out)
        assert shown["Id"] == made and shown["Labels"]["a"] == "b"
        assert shown["IPAM"]["Config"][0]["Subnet"] == "10.98.0.0/24"

    def test_the_id_is_the_same_everywhere_and_for_good(
        self, docker: Docker, host: Host, swarmd_for: Callable[..., Swarmd], api: Api
    ) -> None:
        made = docker("network", "create", "net").text
        rank = 1 + int(holders(host.fleet, "net")[0][-1]) % 3
        docker("run", "-d", "--name", "web", *on(rank), "--network", "net", *SLEEP)
        later = swarmd_for(host.fleet.engines, healthy=3).api
        for each in (api, later):
            assert made in {network["Id"] for network in each.get("/networks")}
            assert _network_id(each.get("/containers/web/json")) == made
            wanted = quote(json.dumps({"network": [made[:20]]}))
            (row,) = each.get(f"/containers/json?filters={wanted}")
            assert _network_id(row) == made
        assert later.call("DELETE", "/containers/web?force=1").status == 204
        assert later.call("DELETE", f"/networks/{made}").status == 204
        assert holders(host.fleet, "net") == []

    def test_follows_a_container_that_is_connected(self, docker: Docker, host: Host) -> None:
        made = docker("network", "create", "net").text
        rank = 1 + int(holders(host.fleet, "net")[0][-1]) % 3
        docker("run", "-d", "--name", "web", *on(rank), *SLEEP)
        docker("network", "connect", made, "web")
        assert holders(host.fleet, "net") == [f"node-{rank}"]

    def test_not_away_from_a_container_that_was_just_connected(
        self, docker: Docker, api: Api
    ) -> None:
        """Not even from one that does not run, which its engine would let happen."""
        made = docker("network", "create", "net").text
        home, away = (docker("create", *on(rank), *SLEEP).text for rank in (1, 2))
        path = f"/networks/{made}/connect"
        assert api.call("POST", path, {"Container": home}).status == 200
        refused = api.call("POST", path, {"Container": away})
        assert refused.status == 400 and "does not reach beyond its node" in refused.message
        assert (
            'cannot follow, since node-1 does not fit: rank is "1" (constraint)' in refused.message
        )
        docker("network", "create", "other")
        assert api.call("POST", "/networks/other/connect", {"Container": home}).status == 200
        wanted = {"Image": "busybox", "HostConfig": {"NetworkMode": "other"}}
        wanted["Env"] = ["constraint:rank==2"]
        refused = api.call("POST", "/containers/create", wanted)
        assert "network other is not there, but on node-1" in refused.message
        docker("start", home)

    def test_who_must_be_somewhere_goes_first(self, docker: Docker, api: Api) -> None:
        """Two creates at the same time, of which one has no choice."""
        for attempt in range(3):
            net = f"net{attempt}"
            docker("network", "create", net)
            free = {"Image": "busybox", "Cmd": ["true"], "HostConfig": {"NetworkMode": net}}
            bound = {**free, "Env": ["constraint:rank==3"]}
            with ExitStack() as stack:
                creates = [stack.enter_context(_create(api, body)) for body in (free, bound)]
                for create in creates:
                    create.expect(b'"Id":')
                assert all(create.received.startswith(b"HTTP/1.1 201") for create in creates)
            made = api.get(f"/containers/json?all=1&filters={_filters(network=net)}")
            nodes = {api.get(f"/containers/{one['Id']}/json")["Node"]["Name"] for one in made}
            assert len(made) == 2 and nodes == {"node-3"}

    def test_not_where_it_was_put(self, docker: Docker, host: Host) -> None:
        docker("network", "create", "node-2/net")
        assert holders(host.fleet, "net") == ["node-2"]
        docker("create", *on(3), "--network", "net", "busybox", status=1)
        docker("network", "create", "--label", 'com.docker.swarm.constraints=["rank==1"]', "own")
        docker("create", *on(3), "--network", "own", "busybox", status=1)
        assert (holders(host.fleet, "net"), holders(host.fleet, "own")) == (["node-2"], ["node-1"])

    def test_a_subnet_that_is_taken_there_is_chosen_anew(self, docker: Docker, host: Host) -> None:
        """Both engines give their first network the same subnet of their pools."""
        docker("network", "create", "node-1/other")
        docker("network", "create", "node-2/another")
        docker("network", "create", "net")
        rank = 1 + int(holders(host.fleet, "net")[0][-1]) % 3
        docker("run", "--rm", *on(rank), "--network", "net", "busybox", "true")
        assert holders(host.fleet, "net") == [f"node-{rank}"]


@pytest.mark.fleet
def test_a_network_is_made_where_its_configuration_is(docker: Docker, host: Host) -> None:
    for rank in (1, 2, 3):
        docker("network", "create", "--config-only", f"node-{rank}/conf{rank}")
    for rank in (1, 2, 3):
        docker("network", "create", "--config-from", f"conf{rank}", f"net{rank}")
        assert holders(host.fleet, f"net{rank}") == [f"node-{rank}"]
    docker("create", *on(3), "--network", "net1", "busybox", status=1)
    error = docker.fails("network", "create", "--config-from", "nope", "net")
    assert 'configuration network "nope" does not exist' in error
    for rank in (1, 2, 3):
        docker("network", "rm", f"net{rank}", f"conf{rank}")


@pytest.mark.fleet
def test_the_same_name_behind_our_back(docker: Docker, host: Host) -> None:
    for engine in host.fleet.engines[:2]:
        Docker(docker.program, f"unix://{engine.socket}")("network", "create", "twice")

    def shown() -> list[str]:
        return docker("network", "ls", "--format", "{{.Name}}", "--filter", "name=twice").lines

    eventually(lambda: shown() == ["node-1/twice", "node-2/twice"], what="both are listed")
    assert "multiple networks found for twice: node-1/twice, node-2/twice" in docker.fails(
        "network", "rm", "twice"
    )
    docker("network", "rm", "node-2/twice")
    assert shown() == ["twice"]


@pytest.mark.fleet
def test_an_overlay_needs_a_manager(docker: Docker) -> None:
    said = docker.fails("network", "create", "-d", "overlay", "wide")
    assert "This node is not a swarm manager." in said


@pytest.mark.fleet
def test_prune_is_told_and_reaches_all_nodes(docker: Docker, host: Host) -> None:
    for rank in (1, 2, 3):
        docker("network", "create", f"node-{rank}/n{rank}")
    docker("run", "-d", "--network", "n2", *SLEEP)
    assert docker("network", "prune", "-f").lines == ["Deleted Networks:", "n1", "n3"]
    assert len(host.api.get("/networks")) == 4


@pytest.mark.fleet
def test_containers_of_predefined_networks_are_merged(docker: Docker) -> None:
    for rank in (1, 2, 3):
        docker("run", "-d", "--name", f"c{rank}", *on(rank), *SLEEP)
    (shown,) = json.loads(docker("network", "inspect", "bridge").out)
    assert {one["Name"] for one in shown["Containers"].values()} == {"c1", "c2", "c3"}


@pytest.mark.fleet
def test_a_list_says_whom_it_lacks(swarmd_for: Callable[..., Swarmd], fleet: Fleet) -> None:
    swarmd = swarmd_for([*fleet.engines[:2], "127.0.0.1:9"], healthy=2)
    for path in ("/networks", "/volumes"):
        answer = swarmd.api.call("GET", path)
        assert answer.headers["warning"].startswith('199 swarmd "node 127.0.0.1:9 is pending')


def _network_id(shown: Any) -> str:
    (endpoint,) = shown["NetworkSettings"]["Networks"].values()
    return str(endpoint["NetworkID"])


def _filters(**given: str) -> str:
    return quote(json.dumps({key: [value] for key, value in given.items()}))


def _create(api: Api, body: dict[str, Any]) -> closing[Stream]:
    """A create that has been sent, so that the next is sent in the same moment."""
    sent = json.dumps(body).encode()
    head = f"Content-Type: application/json\r\nContent-Length: {len(sent)}\r\n"
    return closing(Stream(api.url, "POST /containers/create", head, sent))


@pytest.mark.fleet
def test_drivers_that_are_nowhere(host: Host, api: Api, swarmd_for: Callable[..., Swarmd]) -> None:
    """An engine looks for a plugin for some time, and for one at a time.

    A default driver is what is asked for, and who comes meanwhile is told what it would be.
    """
    defaults = swarmd_for(options=["--default-network-driver", "nope"]).api
    body = {"Name": "sought", "CheckDuplicate": True}
    with ThreadPoolExecutor(2) as pool:
        named = {**body, "Driver": "no.such", "Name": "node-2/sought"}
        first = pool.submit(api.call, "POST", "/networks/create", named)
        other = pool.submit(defaults.call, "POST", "/networks/create", {"Name": "node-1/net"})
        eventually(lambda: any("no.such" in engine.log.read_text() for engine in host.fleet))
        assert api.call("POST", "/networks/create", body).status == 201
        assert first.result().status == 404
    refused = other.result()
    assert (refused.status, refused.message) == (404, 'plugin "nope" not found')
    plain = {"Name": "net", "Driver": "bridge"}
    assert defaults.call("POST", "/networks/create", plain).status == 201
    for name in ("sought", "net"):
        assert api.call("DELETE", f"/networks/{name}").status == 204
