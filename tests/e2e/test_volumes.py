"""Volumes: one of a name, on one node, and containers go where it is."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.e2e.conftest import Host
from tests.lab.cli import Docker
from tests.lab.daemon import Swarmd
from tests.lab.engines import Fleet
from tests.lab.http import Api
from tests.lab.waiting import eventually

SLEEP = ("busybox", "sleep", "600")


def holders(fleet: Fleet, name: str) -> list[str]:
    """Nodes whose engine itself knows a volume of that name."""
    return [
        engine.name
        for engine in fleet
        if any(one["Name"] == name for one in engine.local.get("/volumes")["Volumes"] or ())
    ]


def on(rank: int) -> tuple[str, str]:
    return "-e", f"constraint:rank=={rank}"


def direct(docker: Docker, host: Host, rank: int) -> Docker:
    """The same command line, behind swarmd's back."""
    return Docker(docker.program, f"unix://{host.fleet.engines[rank - 1].socket}")


def test_life_of_a_volume(docker: Docker, host: Host) -> None:
    assert docker("volume", "create", "--label", "a=b", "vol").text == "vol"
    assert docker("volume", "create", "vol").text == "vol"
    assert docker("volume", "ls", "-q").lines == ["vol"]
    (shown,) = json.loads(docker("volume", "inspect", "vol").out)
    assert (shown["Name"], shown["Driver"], shown["Labels"]) == ("vol", "local", {"a": "b"})
    assert docker("volume", "rm", "vol").text == "vol"
    assert docker("volume", "ls", "-q").lines == []


@pytest.mark.parametrize(
    ("path", "words"),
    [("/volumes/nope", "get nope: no such volume"), ("/volumes/no/pe", "get no/pe: no such")],
)
@pytest.mark.parametrize("method", ["GET", "DELETE"])
@pytest.mark.fleet
def test_unknown_names(api: Api, method: str, path: str, words: str) -> None:
    answer = api.call(method, path)
    assert answer.status == 404 and answer.message.startswith(words)


def test_force_asks_for_nothing_to_be_there(docker: Docker) -> None:
    assert docker("volume", "rm", "-f", "nope").text == "nope"


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"Name": "a b"}'])
def test_bodies_that_are_none(api: Api, body: bytes) -> None:
    answer = api.call("POST", "/volumes/create", body, Content_Type="application/json")
    assert answer.status >= 400 and "Content-Type" not in answer.message
    assert not api.get("/volumes")["Volumes"]


def test_what_is_in_use_stays(docker: Docker) -> None:
    docker("run", "-d", "-v", "vol:/x", *SLEEP)
    assert "volume is in use" in docker.fails("volume", "rm", "vol")


def test_anonymous_ones_go_with_their_container(docker: Docker) -> None:
    docker("run", "-d", "--name", "web", "-v", "/x", *SLEEP)
    assert len(docker("volume", "ls", "-q").lines) == 1
    docker("rm", "-f", "-v", "web")
    assert docker("volume", "ls", "-q").lines == []
    assert len(docker("volume", "create").text) == 64


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        (["name=sto"], {"store"}),
        (["dangling=true"], {"spare"}),
        (["dangling=false"], {"store"}),
        (["label=tier=back"], {"spare"}),
        (["driver=local"], {"store", "spare"}),
        (["driver=nope"], set()),
    ],
)
def test_filters(docker: Docker, filters: list[str], names: set[str]) -> None:
    docker("volume", "create", "--label", "tier=back", "spare")
    docker("run", "-d", "-v", "store:/x", *SLEEP)
    options = [part for each in filters for part in ("--filter", each)]
    assert set(docker("volume", "ls", "-q", *options).lines) == names


@pytest.mark.fleet
class TestOneOfAName:
    def test_creates_at_the_same_time(self, docker: Docker, host: Host) -> None:
        with ThreadPoolExecutor(6) as pool:
            made = pool.map(lambda _: docker("volume", "create", "vol").text, range(6))
        assert set(made) == {"vol"} and len(holders(host.fleet, "vol")) == 1

    def test_containers_that_make_it_at_the_same_time(self, docker: Docker, host: Host) -> None:
        with ThreadPoolExecutor(6) as pool:
            list(pool.map(lambda _: docker("run", "-d", "-v", "new:/x", *SLEEP), range(6)))
        assert len(holders(host.fleet, "new")) == 1

    def test_data_stays_where_it_is(self, docker: Docker) -> None:
        docker("run", "--rm", "-v", "vol:/x", "busybox", "sh", "-c", "echo kept > /x/file")
        for _ in range(4):
            read = docker("run", "--rm", "-v", "vol:/x", "busybox", "cat", "/x/file")
            assert read.text == "kept"

    def test_a_container_bound_elsewhere_is_refused(self, docker: Docker) -> None:
        docker("run", "--rm", *on(2), "-v", "vol:/x", "busybox", "true")
        error = docker("create", *on(1), "-v", "vol:/x", "busybox", status=1).error
        assert "node-1: volume vol is not there, but on node-2" in error

    def test_behind_our_back(self, docker: Docker, host: Host) -> None:
        for rank in (1, 2):
            direct(docker, host, rank)("volume", "create", "twice")

        def shown() -> list[str]:
            return docker("volume", "ls", "-q").lines

        eventually(lambda: shown() == ["node-1/twice", "node-2/twice"], what="both are listed")
        assert "multiple volumes found for twice" in docker.fails("volume", "rm", "twice")
        (seen,) = json.loads(docker("volume", "inspect", "node-2/twice").out)
        assert seen["Name"] == "twice"
        docker("volume", "rm", "node-1/twice")
        assert shown() == ["twice"]


@pytest.mark.fleet
class TestMoving:
    def test_an_empty_one_follows_its_first_container(self, docker: Docker, host: Host) -> None:
        docker("volume", "create", "--label", "a=b", "vol")
        rank = 1 + int(holders(host.fleet, "vol")[0][-1]) % 3
        docker("run", "--rm", *on(rank), "-v", "vol:/x", "busybox", "touch", "/x/file")
        assert holders(host.fleet, "vol") == [f"node-{rank}"]
        assert docker("volume", "inspect", "-f", "{{.Labels.a}}", "vol").text == "b"

    def test_never_once_it_was_mounted(self, docker: Docker, host: Host) -> None:
        docker("volume", "create", "vol")
        rank = int(holders(host.fleet, "vol")[0][-1])
        docker("run", "--rm", "-v", "vol:/x", "busybox", "touch", "/x/file")
        docker("create", *on(1 + rank % 3), "-v", "vol:/x", "busybox", status=1)
        assert holders(host.fleet, "vol") == [f"node-{rank}"]

    def test_never_if_it_was_mounted_behind_our_back(self, docker: Docker, host: Host) -> None:
        docker("volume", "create", "vol")
        rank = int(holders(host.fleet, "vol")[0][-1])
        direct(docker, host, rank)("run", "--rm", "-v", "vol:/x", "busybox", "touch", "/x/file")
        eventually(lambda: docker("ps", "-aq").lines == [], what="the container is gone")
        docker("create", *on(1 + rank % 3), "-v", "vol:/x", "busybox", status=1)

    def test_not_where_it_was_put(self, docker: Docker, host: Host) -> None:
        docker("volume", "create", "node-2/here")
        docker("volume", "create", "--label", 'com.docker.swarm.constraints=["rank==3"]', "there")
        assert (holders(host.fleet, "here"), holders(host.fleet, "there")) == (
            ["node-2"],
            ["node-3"],
        )
        for name in ("here", "there"):
            docker("create", *on(1), "-v", f"{name}:/x", "busybox", status=1)


@pytest.mark.fleet
class TestPrune:
    def test_only_anonymous_ones(self, docker: Docker, host: Host) -> None:
        """Engines of Debian 12 would prune named ones too; the client did not ask for that."""
        docker("volume", "create", "named")
        left = docker("volume", "create").text
        asked = host.api.call("POST", "/v1.44/volumes/prune")
        assert asked.json["VolumesDeleted"] == [left]
        assert docker("volume", "ls", "-q").lines == ["named"]

    def test_all(self, docker: Docker, host: Host) -> None:
        for name in ("one", "two", "three"):
            docker("volume", "create", name)
        docker("run", "-d", "-v", "two:/x", *SLEEP)
        asked = host.api.call("POST", '/v1.44/volumes/prune?filters={"all":["true"]}')
        assert sorted(asked.json["VolumesDeleted"]) == ["one", "three"]

    def test_of_old_clients(self, docker: Docker) -> None:
        docker("volume", "create", "named")
        assert "named" in docker("volume", "prune", "-f").lines


@pytest.mark.fleet
def test_on_every_node_as_in_classic_swarm(
    swarmd_for: Callable[..., Swarmd], fleet: Fleet, docker: Docker
) -> None:
    swarmd = swarmd_for(options=["--volume-scope", "all"])
    client = Docker(docker.program, swarmd.url)
    client("volume", "create", "vol")
    assert len(holders(fleet, "vol")) == 3
    assert client("volume", "inspect", "-f", "{{.Name}}", "vol").text == "vol"
    for rank in (1, 2):
        client("run", "--rm", *on(rank), "-v", "vol:/x", "busybox", "true")
    client("volume", "rm", "vol")
    assert holders(fleet, "vol") == []
