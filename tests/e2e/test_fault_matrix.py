"""Every trouble of an engine before, during and after every verb: what the client sees, and when.

The table of it is in ``docs/reliability.rst``.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from tests.e2e.registries import pushed, registry  # noqa: F401 - fixtures
from tests.e2e.trouble import TROUBLES, Stream, Trouble, context, everyone_else_is_quick
from tests.lab.daemon import Swarmd
from tests.lab.engine import Engine
from tests.lab.engines import Fleet
from tests.lab.http import Answer
from tests.lab.image import busybox_archive
from tests.lab.waiting import eventually
from tests.lab.wire import Wire

pytestmark = pytest.mark.fleet

# Three heartbeats of 1 s, one connection attempt, and a slow machine; what hangs takes for ever.
LIMIT = 30.0
UPGRADE = "Connection: Upgrade\r\nUpgrade: tcp\r\n"
HERE = "constraint:node==node-2"


class Door:
    """A swarmd that reaches node-2 by a wire.

    Attributes:
        running, idle: Containers of node-2: one echoes its input, one is not started.
        pulled: An image that a registry has.
    """

    def __init__(self, swarmd: Swarmd, engine: Engine, wire: Wire, name: str, pulled: str) -> None:
        self.pulled = pulled
        self.swarmd = swarmd
        self.engine = engine
        self.wire = wire
        self.name = name
        self.running = self.create(f"{name}-running")
        self.idle = self.create(f"{name}-idle")
        swarmd.api.post(f"/containers/{self.running}/start")

    def create(self, name: str) -> str:
        made = self.swarmd.api.post(f"/containers/create?name={name}", self.order())
        return str(made["Id"])

    def order(self) -> dict[str, object]:
        """``cat`` on node-2, which ends within a second if it must."""
        body = {"Image": "busybox", "Cmd": ["cat"], "OpenStdin": True, "StopTimeout": 1}
        return {**body, "Env": [HERE]}

    def call(self, method: str, path: str, body: object = None) -> Answer:
        return self.swarmd.api.call(method, path, body, timeout=4 * LIMIT)

    def exec(self) -> str:
        command = {"Cmd": ["cat"], "AttachStdin": True, "AttachStdout": True}
        return str(self.swarmd.api.post(f"/containers/{self.running}/exec", command)["Id"])

    def heal(self) -> None:
        self.wire.heal()
        self.engine.heal()

    # Each is called while node-2 is in trouble, or sound again.

    def verbs(self, name: str) -> dict[str, Callable[[], Answer]]:
        """What only node-2 can answer."""
        running, idle, call = self.running, self.idle, self.call
        return {
            "create": lambda: call("POST", f"/containers/create?name={name}", self.order()),
            "start": lambda: call("POST", f"/containers/{idle}/start"),
            "inspect": lambda: call("GET", f"/containers/{running}/json"),
            "logs": lambda: call("GET", f"/containers/{running}/logs?stdout=1"),
            "exec": lambda: call("POST", f"/containers/{running}/exec", {"Cmd": ["true"]}),
            "top": lambda: call("GET", f"/containers/{running}/top"),
            "cp": lambda: call("GET", f"/containers/{running}/archive?path=/etc/passwd"),
            "stop": lambda: call("POST", f"/containers/{idle}/stop?t=0"),
            "commit": lambda: call("POST", f"/commit?container={idle}&pause=0"),
        }

    def fleet_verbs(self) -> dict[str, Callable[[], Answer]]:
        """What the others can answer without it."""
        archive, call = busybox_archive("matrix:latest"), self.call
        return {
            "create": lambda: call("POST", "/containers/create", {"Image": "busybox"}),
            "list": lambda: call("GET", "/containers/json?all=1"),
            "df": lambda: call("GET", "/system/df"),
            "volumes": lambda: call("GET", "/volumes"),
            "load": lambda: call("POST", "/images/load", archive),
            "pull": lambda: call("POST", f"/images/create?fromImage={self.pulled}"),
            "build": lambda: call("POST", "/build?q=1", _CONTEXT),
            "events": lambda: call("GET", f"/events?since=1&until={time.time():.0f}"),
            "prune": lambda: call("POST", "/networks/prune"),
        }


@pytest.fixture(scope="module")
def behind_a_wire(
    fleet: Fleet, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Swarmd, Wire]]:
    wire = Wire(fleet["node-2"].address)
    engines = [fleet["node-1"], wire.address, fleet["node-3"]]
    swarmd = Swarmd(tmp_path_factory.mktemp("matrix"), engines)
    try:
        swarmd.start(3)
        yield swarmd, wire
    finally:
        swarmd.close()
        wire.close()


@pytest.fixture
def door(
    behind_a_wire: tuple[Swarmd, Wire],
    fleet: Fleet,
    name: str,
    pushed: str,  # noqa: F811
) -> Iterator[Door]:
    swarmd, wire = behind_a_wire
    door = Door(swarmd, fleet["node-2"], wire, name, pushed)
    yield door
    door.heal()
    fleet.remove_all()
    eventually(lambda: len(swarmd.healthy()) == 3 and swarmd.api.get(_ALL) == [])


_ALL = "/containers/json?all=1"
# The node, or what it says itself.
_REASONS = (b"node-2", b"broken", b"no space left")
_CAT = {"Image": "busybox", "Cmd": ["cat"], "OpenStdin": True, "StopTimeout": 1}
_CONTEXT = context(b"FROM busybox\nLABEL made=here\n")


@pytest.mark.parametrize("what", list(TROUBLES))
def test_trouble(door: Door, fleet: Fleet, what: str) -> None:
    trouble = TROUBLES[what]
    with ExitStack() as stack:
        streams = _open(door, stack)
        events = stack.enter_context(closing(Stream(door.swarmd.url, "GET /events")))
        door.swarmd.api.get(_ALL)  # nothing is left to be asked of the engine that will be lost
        with everyone_else_is_quick(door.swarmd):
            trouble.harm(door.engine, door.wire)
            _before(door)
        _during(streams, trouble)
        door.heal()
        eventually(lambda: len(door.swarmd.healthy()) == 3)
        assert not events.ended(0.1)
        _after(door, trouble, fleet, streams)


def test_a_slow_engine_is_of_use(
    swarmd_for: Callable[..., Swarmd], fleet: Fleet, name: str
) -> None:
    """With the heartbeat that is usual, two seconds for each answer are no loss."""
    wire = Wire(fleet["node-2"].address)
    try:
        swarmd = swarmd_for([wire.address], options=("--heartbeat", "5s"))
        made = swarmd.api.post(f"/containers/create?name={name}", {"Image": "busybox"})
        wire.delay = 2.0
        for _ in range(3):
            answer, seconds = _timed(
                lambda: swarmd.api.call("GET", f"/containers/{made['Id']}/json")
            )
            assert answer.status == 200 and seconds < LIMIT
            assert swarmd.healthy() == ["node-2"]
            time.sleep(1.0)
    finally:
        wire.close()


def test_a_slow_network(swarmd_for: Callable[..., Swarmd], fleet: Fleet, name: str) -> None:
    """300 ms there and back, and one piece of twenty comes a second later: nothing is lost."""
    wire = Wire(fleet["node-2"].address)
    try:
        swarmd = swarmd_for(
            [fleet["node-1"], wire.address, fleet["node-3"]], options=("--heartbeat", "5s")
        )
        door = Door(swarmd, fleet["node-2"], wire, name, "")
        wire.delay, wire.late, wire.loss = 0.15, 0.15, 0.05
        for verb, call in door.verbs(f"{name}-new").items():
            answer, seconds = _timed(call)
            assert answer.status < 400 and seconds < LIMIT, f"{verb}: {seconds:.1f} s, {answer}"
        assert len(swarmd.healthy()) == 3
    finally:
        wire.close()


@pytest.mark.soak
def test_a_flapping_engine(
    swarmd_for: Callable[..., Swarmd], fleet: Fleet, name: str, tmp_path: Path
) -> None:
    """Up and down every second: nothing is moved twice, nobody is told of it without end."""
    (tmp_path / "state").mkdir()
    wire = Wire(fleet["node-2"].address)
    options = ("--state-dir", str(tmp_path / "state"), "--reschedule-grace", "2s")
    try:
        engines = [fleet["node-1"], wire.address, fleet["node-3"]]
        swarmd = swarmd_for(engines, options=(*options, "--reschedule", "on-node-failure"))
        wish = {"Env": ["constraint:node==~node-2"]}
        made = swarmd.api.post(f"/containers/create?name={name}", {**_CAT, **wish})
        swarmd.api.post(f"/containers/{made['Id']}/start")
        with closing(Stream(swarmd.url, "GET /events")) as events:
            events.expect(b"\r\n\r\n")
            lines = len(swarmd.log.read_text().splitlines())
            with everyone_else_is_quick(swarmd):
                _flap(wire, 30)
            eventually(lambda: len(swarmd.healthy()) == 3)
            assert not events.ended(0.2)

        def names() -> list[str]:
            return [item["Names"][0] for each in fleet for item in each.local.get(_ALL)]

        eventually(lambda: names() == [f"/{name}"])
        assert len(swarmd.log.read_text().splitlines()) - lines < 2 * 30
        assert events.received.count(b"\n") < 6 * 30
    finally:
        wire.close()


def _flap(wire: Wire, seconds: int) -> None:
    for _ in range(seconds):
        wire.refuse()
        time.sleep(0.5)
        wire.heal()
        time.sleep(0.5)


def _open(door: Door, stack: ExitStack) -> dict[str, Stream]:
    """Streams of node-2 that have begun."""
    path, url = f"/containers/{door.running}", door.swarmd.url
    json = "Content-Type: application/json\r\nContent-Length: 2\r\n"
    streams = {
        "attach": Stream(url, f"POST {path}/attach?stream=1&stdin=1&stdout=1", UPGRADE),
        "exec": Stream(url, f"POST /exec/{door.exec()}/start", UPGRADE + json, b"{}"),
        "logs": Stream(url, f"GET {path}/logs?follow=1&stdout=1"),
        "wait": Stream(url, f"POST {path}/wait?condition=removed"),
    }
    for stream in streams.values():
        stack.enter_context(closing(stream))
        stream.expect(b"\r\n\r\n")
    for verb in ("attach", "exec"):
        streams[verb].echoes(b"before")
    streams["logs"].expect(b"before")
    return streams


def _before(door: Door) -> None:
    """Requests that come while it is in trouble are answered in time, and the answers are true."""
    alone = {f"{verb} there": call for verb, call in door.verbs(f"{door.name}-new").items()}
    with ThreadPoolExecutor(20) as pool:
        asked = {
            verb: pool.submit(_timed, call)
            for verb, call in {**alone, **door.fleet_verbs()}.items()
        }
        answers = {verb: each.result() for verb, each in asked.items()}
    for verb, (answer, seconds) in answers.items():
        assert seconds < LIMIT, f"{verb}: {seconds:.1f} s"
        if verb in alone and answer.status >= 400:
            assert any(word in answer.body for word in _REASONS), f"{verb}: {answer}"
        elif verb not in alone:
            assert answer.status < 300, f"{verb}: {answer}"
    built = answers["build"][0].body
    assert b'"error"' not in built or b"no space left" in built, built
    # Of the three, or of those that were not lost already, or with the reason of the one that was.
    pulled = answers["pull"][0].body
    assert b" 3 of 3 nodes" in pulled or b" 2 of 2 nodes" in pulled or b"node-2: " in pulled, pulled


def _timed(call: Callable[[], Answer]) -> tuple[Answer, float]:
    began = time.monotonic()
    return call(), time.monotonic() - began


def _during(streams: dict[str, Stream], trouble: Trouble) -> None:
    """Streams end where the engine's do, and never as if they were whole."""
    if trouble.ends:
        for verb, stream in streams.items():
            assert stream.ended(LIMIT), verb
        assert trouble.kindly or not streams["logs"].looks_whole
        assert b'"StatusCode":0' not in streams["wait"].received or b"Error" in (
            streams["wait"].received
        )


def _after(door: Door, trouble: Trouble, fleet: Fleet, streams: dict[str, Stream]) -> None:
    """Nothing is there twice, nothing has vanished, and everything works again."""
    listed = {item["Id"] for item in door.swarmd.api.get(_ALL)}
    assert {door.running, door.idle} <= listed

    def agreed() -> bool:
        """Once the engine has done what was asked of it meanwhile."""
        names = Counter(item["Names"][0] for engine in fleet for item in engine.local.get(_ALL))
        shown = sorted(item["Names"][0] for item in door.swarmd.api.get(_ALL))
        return shown == sorted(names.elements()) and set(names.values()) == {1}

    eventually(agreed)
    if not trouble.ends:
        streams["attach"].echoes(b"after")
    door.swarmd.api.call("POST", f"/containers/{door.running}/start")
    for verb, call in door.verbs(f"{door.name}-again").items():
        assert call().status < 400, verb
