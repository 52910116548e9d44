"""``ps`` and its relatives: what is listed, how, and which filters mean what (docker-api §5)."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest

from tests.lab.cli import Docker
from tests.lab.http import Api
from tests.lab.waiting import eventually


class Population:
    """One container in every state, on whichever nodes they were put."""

    def __init__(self, docker: Docker) -> None:
        self.docker = docker
        self._run("web", "-d", "-l", "tier=front", "-l", "app=shop", "-p", "8082:80")
        self._run("db", "-d", "-l", "tier=back", "-l", "app=shop", "-v", "store:/data")
        self._run("sick", "-d", "--health-cmd", "false", "--health-interval", "60s")
        self._run("still", "-d")
        docker("pause", "still")
        docker("create", "--name", "new", "busybox", "sleep", "600")
        docker("run", "--name", "good", "busybox", "true")
        docker("run", "--name", "bad", "busybox", "sh", "-c", "exit 3", status=3)

    def _run(self, name: str, *options: str) -> None:
        self.docker("run", "--name", name, *options, "busybox", "sleep", "600")

    def ids(self, *names: str) -> list[str]:
        return [self.docker("inspect", "-f", "{{.Id}}", name).text for name in names]


@pytest.fixture
def population(docker: Docker) -> Population:
    return Population(docker)


# (filters, names of what ps -a shows, names of what ps shows)
_RUNNING = {"web", "db", "sick", "still"}
_ALL = _RUNNING | {"new", "good", "bad"}
FILTERS: list[tuple[list[str], set[str], set[str]]] = [
    ([], _ALL, _RUNNING),
    (["name=web"], {"web"}, {"web"}),
    (["name=^/s"], {"sick", "still"}, {"sick", "still"}),
    (["name=^(db|new)$"], {"db", "new"}, {"db"}),
    (["name=oo"], {"good"}, set()),
    (["name=web", "name=db"], {"web", "db"}, {"web", "db"}),
    (["name=["], set(), set()),
    (["label=tier"], {"web", "db"}, {"web", "db"}),
    (["label=tier=front"], {"web"}, {"web"}),
    (["label=tier=back", "label=app=shop"], {"db"}, {"db"}),
    (["label=tier=back", "label=app=none"], set(), set()),
    (["status=paused"], {"still"}, {"still"}),
    (["status=created"], {"new"}, {"new"}),
    (["status=exited"], {"good", "bad"}, {"good", "bad"}),
    (["status=exited", "status=paused"], {"still", "good", "bad"}, {"still", "good", "bad"}),
    (["exited=3"], {"bad"}, set()),
    (["exited=0"], {"good"}, set()),
    (["health=none"], _ALL - {"sick"}, _RUNNING - {"sick"}),
    (["publish=8082"], {"web"}, {"web"}),
    (["expose=80/tcp"], {"web"}, {"web"}),
    (["publish=8000-8100/udp"], set(), set()),
    (["volume=store"], {"db"}, {"db"}),
    (["volume=/data"], {"db"}, {"db"}),
    (["network=bridge"], _ALL, _RUNNING),
    (["network=nowhere"], set(), set()),
    (["ancestor=busybox"], _ALL, _RUNNING),
    (["ancestor=busybox:latest", "label=tier=front"], {"web"}, {"web"}),
    (["ancestor=nothing"], set(), set()),
    (["since=db", "status=exited"], {"good", "bad"}, {"good", "bad"}),
    (["before=sick"], {"web", "db"}, {"web", "db"}),
    (["is-task=true"], set(), set()),
]


def test_filters(docker: Docker, population: Population) -> None:
    wrong = []
    for filters, everything, running in FILTERS:
        options = [part for one in filters for part in ("-f", one)]
        found = set(docker.names("-a", *options)), set(docker.names(*options))
        if found != (everything, running):
            wrong.append((filters, found, (everything, running)))
    assert wrong == []


def test_id_filter(docker: Docker, population: Population) -> None:
    (web,) = population.ids("web")
    assert docker.names("-f", f"id={web}") == ["web"]
    assert docker.names("-f", f"id={web[:8]}") == ["web"]
    assert docker.names("-f", "id=zz") == []


def test_order_and_limit(docker: Docker, population: Population) -> None:
    """Newest first; a limit counts stopped ones as well."""
    order = ["bad", "good", "new", "still", "sick", "db", "web"]
    assert docker.names("-a") == order
    assert docker.names("-n", "2") == order[:2]
    assert docker.names("-l") == order[:1]


def test_status_texts(docker: Docker, population: Population) -> None:
    rows = docker("ps", "-a", "--format", "{{.Names}}|{{.Status}}").lines
    status = dict(row.split("|") for row in rows)
    assert status["web"].startswith("Up ") and status["still"].endswith(" (Paused)")
    assert status["new"] == "Created" and status["sick"].endswith(" (health: starting)")
    assert status["bad"].startswith("Exited (3) ") and status["bad"].endswith(" ago")


def test_status_grows_old(docker: Docker, name: str) -> None:
    """Up 1 second, Up 2 seconds: the text is made when it is read."""
    docker("run", "-d", "--name", name, "busybox", "sleep", "600")

    def seconds() -> int:
        word = docker("ps", "--format", "{{.Status}}").text.split()[1]
        return int(word) if word.isdigit() else 0

    first = eventually(seconds)
    time.sleep(1.1)
    assert first < seconds() <= first + 3


def test_columns(docker: Docker, population: Population) -> None:
    form = '{{.Image}}|{{.Command}}|{{.Label "tier"}}|{{.State}}|{{.Mounts}}|{{.Networks}}'
    row = docker("ps", "-f", "name=db", "--format", form).text
    assert row == 'busybox|"sleep 600"|back|running|store|bridge'
    ports = docker("ps", "-f", "name=web", "--format", "{{.Ports}}").text
    assert ":8082->80/tcp" in ports
    assert docker("ps", "-s", "-f", "name=web", "--format", "{{.Size}}").text.startswith(
        "0B (virtual"
    )


def test_quiet_and_no_trunc(docker: Docker, population: Population) -> None:
    (web,) = population.ids("web")
    assert docker("ps", "-q", "-f", "name=web").text == web[:12]
    assert docker("ps", "-q", "--no-trunc", "-f", "name=web").text == web


def test_health_is_seen(docker: Docker, name: str) -> None:
    health = ("--health-cmd", "true", "--health-interval", "1s")
    docker("run", "-d", "--name", name, *health, "busybox", "sleep", "600")
    eventually(lambda: docker.names("-f", "health=healthy") == [name])
    assert docker("ps", "--format", "{{.Status}}").text.endswith(" (healthy)")


def test_exits_are_seen(docker: Docker, name: str) -> None:
    """Nobody asked for this change: only the engine knows."""
    docker("run", "-d", "--name", name, "busybox", "sh", "-c", "sleep 0.5; exit 3")
    eventually(lambda: docker.names("-a", "-f", "exited=3") == [name])


@pytest.fixture
def entry(api: Api, docker: Docker, name: str) -> Iterator[dict[str, object]]:
    docker("run", "-d", "--name", name, "-l", "a=b", "busybox", "sleep", "600")
    yield api.get(f'/v1.41/containers/json?filters={{"name":["{name}"]}}')[0]


def test_entry_has_all_fields(entry: dict[str, object]) -> None:
    assert set(entry) == {
        *("Id", "Names", "Image", "ImageID", "Command", "Created", "Ports", "Labels", "State"),
        *("Status", "HostConfig", "NetworkSettings", "Mounts"),
    }
    assert entry["State"] == "running" and entry["Labels"]["a"] == "b"


def test_filters_in_the_old_form(api: Api, docker: Docker, population: Population) -> None:
    new = api.get('/containers/json?filters={"label":["tier"]}')
    old = api.get('/containers/json?filters={"label":{"tier":true}}')
    assert [item["Id"] for item in new] == [item["Id"] for item in old] != []


@pytest.mark.parametrize(
    ("value", "meant"),
    [("1", True), ("true", True), ("yes", True), ("", False), ("0", False), ("False", False)],
)
def test_truth(api: Api, docker: Docker, name: str, value: str, meant: bool) -> None:
    docker("create", "--name", name, "busybox")
    assert bool(api.get(f"/containers/json?all={value}")) is meant


def test_images(docker: Docker) -> None:
    assert docker("images", "--format", "{{.Repository}}:{{.Tag}}").lines == ["busybox:latest"]
    assert len(docker("image", "ls", "-q", "busybox").lines) == 1
    assert docker("images", "-q", "nothing").lines == []


def test_image_inspect(docker: Docker) -> None:
    image = json.loads(docker("image", "inspect", "busybox").out)[0]
    assert image["RepoTags"] == ["busybox:latest"] and image["Config"]["Cmd"] == ["sh"]
    assert "No such image: nothing" in docker.fails("image", "inspect", "nothing")


def test_pull_of_a_missing_image(docker: Docker) -> None:
    """No registry is reached from here; what matters is that it says so and ends."""
    assert docker.fails("pull", "no-such-host.invalid/image")


def test_inspect_of_nothing(docker: Docker) -> None:
    done = docker("inspect", "nobody", status=1)
    assert done.text == "[]" and "No such object: nobody" in done.error
