"""Two swarmds on one fleet: none leads, so none can be lost. Clients go on at the other."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import pytest

from tests.lab.cli import Docker, Running
from tests.lab.daemon import Swarmd
from tests.lab.engines import Fleet
from tests.lab.trap import Trap
from tests.lab.waiting import eventually
from tests.lab.wire import Wire

pytestmark = pytest.mark.fleet
Start = Callable[..., Swarmd]
ALL = "/containers/json?all=1"
PING, LOOK = "GET /_ping", "GET /containers/json?limit=1"
FIRST_CONTACT = [
    f"GET /{what}"
    for what in ("info", "version", "events", "containers/json", "images/json", "networks")
] + ["GET /volumes"]
_ENDINGS = {"killed": Swarmd.kill, "stopped": Swarmd.stop}


class Pair(NamedTuple):
    """Two swarmds, and a command line at each."""

    one: Swarmd
    other: Swarmd
    here: Docker
    there: Docker


@pytest.fixture(scope="module")
def both(fleet: Fleet, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    folder = tmp_path_factory.mktemp("two")
    one, other = (Swarmd(folder / each, fleet) for each in ("one", "other"))
    here, there = (Docker("/usr/bin/docker", each.url, home=folder) for each in (one, other))
    try:
        for swarmd in (one, other):
            swarmd.start(len(fleet.engines))
        yield Pair(one, other, here, there)
    finally:
        one.close()
        other.close()


@pytest.fixture
def pair(both: Pair, fleet: Fleet) -> Iterator[Pair]:
    """Both run, and are empty."""
    if not both.one.running():
        both.one.start(len(fleet.engines))
    yield both
    fleet.remove_all()
    eventually(lambda: both.other.api.get(ALL) == [])


def echoes(stream: Running, text: str) -> None:
    stream.send(f"{text}\n".encode())
    stream.expect(text)


def shown(swarmd: Swarmd) -> list[Any]:
    """What it lists, but for how long a container is up in words."""
    containers = [{**item, "Status": ""} for item in swarmd.api.get(ALL)]
    return [containers, *(swarmd.api.get(path) for path in ("/networks", "/volumes"))]


@pytest.mark.parametrize("ending", _ENDINGS)
def test_work_goes_on_at_the_other(pair: Pair, name: str, ending: str) -> None:
    """Sessions over the lost one end, with an error; nothing else has to be done again."""
    here, there = pair.here, pair.there
    here("network", "create", f"{name}-net")
    work = ("sh", "-c", "echo begun; exec cat")
    made = here("run", "-di", "--name", name, "--network", f"{name}-net", "-p", "8087:80",
                "-v", f"{name}-data:/d", "busybox", *work).text  # fmt: skip
    begun = pair.one.api.post(f"/containers/{made}/exec", {"Cmd": ["echo", "in"],
                              "AttachStdout": True})["Id"]  # fmt: skip
    before = shown(pair.one)
    with (
        here.running("exec", "-i", name, "cat") as session,
        here.running("logs", "-f", name) as followed,
        here.running("wait", name) as waited,
    ):
        echoes(session, "before")
        followed.expect("begun")
        _ENDINGS[ending](pair.one)
        eventually(lambda: shown(pair.other) == before)
        assert session.wait() != 0 and followed.wait() != 0 and waited.wait() != 0
    assert there("inspect", "-f", "{{.Id}}", name).text == made
    assert there("logs", name).text == "begun"
    assert there("exec", name, "echo", "in").text == "in"
    started = pair.other.api.call("POST", f"/exec/{begun}/start", {"Detach": False})
    assert started.status == 200 and b"in\n" in started.body
    assert "is already in use" in there.fails("create", "--name", name, "busybox", status=1)
    there("stop", "-t", "0", name)
    there("start", name)
    there("rm", "-f", name)
    there("network", "rm", f"{name}-net")
    there("volume", "rm", f"{name}-data")
    again = there("run", "-d", "--name", name, "-p", "8087:80", "busybox", "sleep", "600").text
    assert again != made


def test_a_name_is_given_by_both_as_by_one(pair: Pair, name: str) -> None:
    """From the moment on in which the other has heard the event."""
    since = f"{time.time():.9f}"
    command = ("events", "--since", since, "--format", "{{.Action}} {{.Actor.Attributes.name}}")
    with pair.there.running(*command) as heard:

        def refused(taken: str) -> None:
            said = pair.there.fails("create", "--name", taken, "busybox", status=1)
            assert "is already in use" in said

        pair.here("create", "--name", name, "busybox")
        heard.expect(f"create {name}")
        refused(name)
        pair.here("rename", name, f"{name}-b")
        heard.expect(f"rename {name}-b")
        refused(f"{name}-b")
        pair.there("create", "--name", name, "busybox")
        pair.there("rm", f"{name}-b")
        heard.expect(f"destroy {name}-b")
        pair.there("rm", name)


def test_one_name_given_by_both_in_one_moment_is_told(pair: Pair, name: str) -> None:
    """No event is in time for that. Both then say which it is and where, and it can be mended."""

    def create(swarmd: Swarmd, node: str, name: str) -> int:
        body = {"Image": "busybox", "Env": [f"constraint:node=={node}"]}
        return swarmd.api.call("POST", f"/containers/create?name={name}", body).status

    def twins(number: int) -> bool:
        with ThreadPoolExecutor(2) as pool:
            tries = (pair.one, "node-1"), (pair.other, "node-2")
            made = [pool.submit(create, *each, f"{name}-{number}") for each in tries]
        assert sorted(one.result() for one in made) in ([201, 201], [201, 409])
        return all(one.result() == 201 for one in made)

    doubled = next(f"{name}-{number}" for number in range(100) if twins(number))
    text = f"several containers have the name {doubled} (node-1, node-2): say NODE/NAME"
    for swarmd in (pair.one, pair.other):
        eventually(lambda swarmd=swarmd: text in str(swarmd.info()["Warnings"]))
    assert text in pair.here("info").error
    assert pair.here("ps", "-a", "--filter", f"name={doubled}", "-q").lines != []
    said = pair.here.fails("rm", doubled)
    assert f"node-1/{doubled}" in said and f"node-2/{doubled}" in said
    pair.here("rename", f"node-2/{doubled}", f"{doubled}-b")
    for swarmd in (pair.one, pair.other):
        eventually(lambda swarmd=swarmd: doubled not in str(swarmd.info()["Warnings"]))
    pair.there("rm", doubled, f"{doubled}-b")


def test_a_drain_at_one_ends_well_beside_the_other(pair: Pair, fleet: Fleet, name: str) -> None:
    """Which sees a container that was put aside, and may give it its name back meanwhile."""
    work = ("--stop-timeout", "2", "-e", "constraint:node==~node-2", "busybox", "sleep", "600")
    old = pair.here("run", "-d", "--name", name, *work).text
    drain = "/swarmd/nodes/node-2/drain"
    with ThreadPoolExecutor(1) as pool:
        drained = pool.submit(pair.one.api.call, "POST", drain)
        while not drained.done():
            pair.other.api.get(ALL)
    assert b'"Moved":1' in drained.result().body, drained.result().body
    pair.one.api.post("/swarmd/nodes/node-2/uncordon")
    (new,) = pair.there("ps", "-aq", "--no-trunc").lines
    assert new != old and pair.there("inspect", "-f", "{{.Name}}", new).text == f"/{name}"
    assert fleet["node-2"].containers() == []


class Heard(Trap):
    """Springs never; notes what is asked for on its way."""

    def __init__(self) -> None:
        super().__init__("", "asked")
        self.lines: list[str] = []

    def until_it_rests(self) -> list[str]:
        """What was asked for until two pings came, but for them and the lists once a minute."""
        eventually(lambda: self.lines.count(PING) > 1)
        heard, self.lines = self.lines, []
        return [line for line in heard if line != PING and not line.startswith(LOOK)]

    def meets(self, data: bytes) -> bool:
        found = re.findall(rb"(?m)^([A-Z]+) (?:/v1\.\d+)?(/\S*) HTTP/1\.1\r$", data)
        self.lines += [b" ".join(one).decode() for one in found]
        return False


@pytest.fixture
def wires(fleet: Fleet) -> Iterator[list[Wire]]:
    made = [Wire(engine.address) for engine in fleet]
    yield made
    for wire in made:
        wire.close()


def test_what_a_second_one_costs_an_engine(
    pair: Pair, swarmd_for: Start, wires: list[Wire], name: str
) -> None:
    """Pings at rest, and one inspect of a container that the first one makes."""
    heard = [Heard() for _ in wires]
    for wire, hears in zip(wires, heard, strict=True):
        wire.trap = hears
    swarmd_for([wire.address for wire in wires])
    for hears in heard:
        assert [line.partition("?")[0] for line in hears.until_it_rests()] == FIRST_CONTACT
        assert hears.until_it_rests() == []
    work = ("-e", "constraint:node==node-1", "busybox", "sleep", "600")
    made = pair.here("run", "-d", "--name", name, *work).text
    inspect = f"GET /containers/{made}/json"
    eventually(lambda: inspect in heard[0].lines)
    assert heard[0].until_it_rests() == [inspect]
    pair.here("rm", "-f", name)
    assert [hears.until_it_rests() for hears in heard] == [[], [], []]
