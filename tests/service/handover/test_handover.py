"""Restarts of a real process, as systemd makes them."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from twisted.internet.task import Clock
from twisted.web.resource import Resource

from swarmd.cluster.state import State
from swarmd.core.container.container_state import Container
from swarmd.front.client_site import nobody_else
from swarmd.front.site import DockerSite
from swarmd.service.handover.handover import Handover
from swarmd.service.handover.messages import Message
from tests.cluster.fleet import join
from tests.lab.daemon import TREE
from tests.lab.http import Api, connect
from tests.lab.machine import OWNED
from tests.lab.ports import free_port
from tests.lab.unit import Unit
from tests.lab.waiting import eventually


@pytest.fixture
def unit(tmp_path: Path) -> Iterator[Unit]:
    unit = Unit(tmp_path, ["127.0.0.1:1"], options=("--state-dir", str(tmp_path)))
    try:
        unit.start()
        yield unit
    finally:
        unit.close()


class Asking:
    """Clients that ask without a pause, each on a connection of its own that it keeps."""

    def __init__(self, port: int, many: int = 16) -> None:
        self.failures: list[str] = []
        self._port = port
        self._over = threading.Event()
        work = [(number,) for number in range(many)]
        self._threads = [threading.Thread(target=self._ask, args=each) for each in work]
        for thread in self._threads:
            thread.start()

    def _ask(self, number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        try:
            while not self._over.is_set():
                connection.request("GET", "/_ping")
                if connection.getresponse().read() != b"OK":
                    raise ConnectionError("another answer")
        except (OSError, http.client.HTTPException) as error:
            self.failures.append(repr(error))
        connection.close()

    def stop(self) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()


def test_no_request_is_lost_in_the_moment_of_the_change(unit: Unit) -> None:
    asking = Asking(unit.port)
    try:
        unit.restart()
    finally:
        asking.stop()
    assert asking.failures == []


_ENGINES = """
import sys
from twisted.internet import reactor
from tests.fakes.engine import FakeEngine
for number, port in enumerate(sys.argv[1:], start=1):
    FakeEngine(f"node-{number}", reactor).listen(int(port))
reactor.run()
"""


@pytest.fixture
def before_engines(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Unit]:
    """In front of some in memory, which answer at once."""
    ports = [str(free_port()) for _ in range(request.param)]
    command = (*OWNED, sys.executable, "-c", _ENGINES, *ports)
    engine = subprocess.Popen(command, cwd=TREE, stdin=subprocess.DEVNULL)
    unit = Unit(tmp_path, [f"127.0.0.1:{port}" for port in ports])
    try:
        unit.start(len(ports))
        yield unit
    finally:
        unit.close()
        engine.kill()
        engine.wait()


class Making(Asking):
    """Clients that make a container and remove it, again and again, each call by whoever serves."""

    def _work(self, number: int) -> None:
        name, body = f"c{number}", {"Image": "busybox", "Cmd": ["x"]}
        made = json.loads(self._call("POST", f"/containers/create?name={name}", body))["Id"]
        self._call("GET", f"/containers/{made}/json")
        self._call("DELETE", f"/containers/{name}")

    def _ask(self, number: int) -> None:
        try:
            while not self._over.is_set():
                self._work(number)
        except (OSError, http.client.HTTPException) as error:
            self.failures.append(repr(error))

    def _call(self, method: str, path: str, body: Any = None) -> bytes:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        kind = {"Content-Type": "application/json"} if body is not None else {}
        connection.request(method, path, json.dumps(body) if body is not None else None, kind)
        response = connection.getresponse()
        found = response.read()
        connection.close()
        if response.status >= 400:
            raise ConnectionError(f"{method} {path}: {response.status} {found!r}")
        return found


@pytest.mark.parametrize("before_engines", [1], indirect=True)
def test_what_one_process_has_told_its_clients_the_other_one_knows(before_engines: Unit) -> None:
    """A container is there, and its name free again, whichever process was told so."""
    making = Making(before_engines.port)
    try:
        before_engines.restart(1)
    finally:
        making.stop()
    assert making.failures == []


class Contending(Making):
    """Clients that all want the same: a name in the fleet, then a port of each of its two nodes."""

    def __init__(self, port: int) -> None:
        self.won: Counter[str] = Counter()
        self._turns: Counter[int] = Counter()
        super().__init__(port)

    def _work(self, number: int) -> None:
        self._turns[number] += 1
        turn = self._turns[number]
        self._want(f"name-{turn}", f"c{turn}", {})
        ports = {"80/tcp": [{"HostPort": str(10000 + turn)}]}
        self._want(f"port-{turn}", f"p{turn}-{number}", {"PortBindings": ports})

    def _want(self, what: str, name: str, host: Any) -> None:
        body = {"Image": "busybox", "Cmd": ["x"], "HostConfig": host}
        try:
            self._call("POST", f"/containers/create?name={name}", body)
        except ConnectionError as error:
            if not any(word in str(error) for word in ("already in use", "is in use")):
                raise
        else:
            self.won[what] += 1


@pytest.mark.parametrize("before_engines", [2], indirect=True)
def test_what_both_processes_are_asked_for_is_given_once(before_engines: Unit) -> None:
    contending = Contending(before_engines.port)
    try:
        before_engines.restart(2)
    finally:
        contending.stop()
    assert contending.failures == []
    print(len(contending.won))
    twice = {what: many for what, many in contending.won.items() if many > 1 + (what[0] == "p")}
    assert contending.won["name-1"] and twice == {}


def test_a_connection_outlives_restarts_and_a_start_that_fails(unit: Unit) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", unit.port, timeout=60)

    def ask() -> None:
        connection.request("GET", "/info")
        response = connection.getresponse()
        assert response.status == 200 and response.getheader("connection") is None
        response.read()

    ask()
    unit.end_main()  # as in the middle of a restart
    ask()
    good, unit._options = unit._options, ("--strategy", "nonsense")
    unit._run()
    assert unit._process is not None and unit._process.wait(120) != 0
    ask()
    assert "nonsense" in unit.log.read_text()
    unit._options = good
    unit.start()
    ask()
    eventually(lambda: unit.processes() == [unit.pid], 30, what="the end of the one before")
    ask()
    connection.close()


def test_unix_sockets_of_its_own_and_of_systemd_go_on(tmp_path: Path) -> None:
    own, given = tmp_path / "own.sock", tmp_path / "given.sock"
    addresses = ("-H", f"unix://{own}", "-H", "fd://")
    unit = Unit(tmp_path / "unit", ["127.0.0.1:1"], options=addresses)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(given))
        listening.listen()
        unit._stored["swarmd.socket"] = [os.dup(listening.fileno())]
        try:
            unit.start()
            kept = [http.client.HTTPConnection("localhost") for _ in (own, given)]
            for path, connection in zip((own, given), kept, strict=True):
                connection.sock = connect(f"unix://{path}")
            for connection in kept:
                connection.request("GET", "/_ping")
                assert connection.getresponse().read() == b"OK"
            unit.restart()
            for path, connection in zip((own, given), kept, strict=True):
                connection.request("GET", "/_ping")
                assert connection.getresponse().read() == b"OK"
                connection.close()
                assert Api(f"unix://{path}").call("GET", "/_ping", timeout=20).status == 200
        finally:
            unit.close()
    assert given.exists() and not own.exists()


def test_one_that_is_killed_is_followed_by_another(unit: Unit) -> None:
    unit.kill()
    unit.start()
    assert unit.info()


def handover(*addresses: str) -> Any:
    """One without anything around it."""
    listeners = Mock(addresses=list(addresses), connections=0)
    state = State(lambda: 1.0)
    parts = [Mock(), state, DockerSite(Resource(), Clock()), listeners]
    return Handover(*parts, Mock(), Mock(), Mock(), Mock(address=""))  # type: ignore[arg-type]


def test_sockets_of_systemd_are_given_by_systemd_alone() -> None:
    assert handover("tcp://127.0.0.1:2375").reason_against_upgrade() == ""
    for address in ("fd://", "systemd:domain=INET:index=0"):
        assert "systemctl restart" in handover(address).reason_against_upgrade()


def test_it_ends_once_nothing_is_left_for_it_alone_to_do() -> None:
    process = handover()
    other = process._successor = Mock(on_the_way=1, claims=0)
    before = process._predecessor = Mock(hears=True)
    process.background = lambda: 1
    assert process._left() == 3
    process.background, other.on_the_way = int, 0
    assert process._left() == 1  # the connections of the one before go on by way of this one
    before.hears = False
    assert process._left() == 0


def test_claims_of_the_other_process_keep_nobody_here() -> None:
    process = handover()
    engine = join(process.state)
    process._successor = Mock(on_the_way=0, claims=1)
    process.state.reserve(Container("pending-1", engine.key, ("web",), pending=True))
    assert process._left() == 0


def test_news_goes_on_to_a_third_process_and_not_back() -> None:
    process = handover()
    before = process._predecessor = Mock(hears=True)
    after = process._successor = Mock(hears=True)
    row = {"table": "plans", "row": ["a"]}
    process.hear_later(Message("row", row), before)
    after.send.assert_called_once_with("row", **row)
    process.hear_later(Message("line", {"node": "a:1", "line": {}}), after)
    before.send.assert_called_once_with("line", node="a:1", line={})


def test_who_is_left_alone_while_it_finishes_takes_no_further_request() -> None:
    process = handover()
    other = process._successor = process.site.successor = Mock()
    process.finishing = Mock()
    process.successor_gone(other)
    assert process.site.leaves and process.site.successor is None


def test_whoever_runs_beside_it_is_heard_before_each_request_and_then_nobody() -> None:
    process = handover()
    before = process._predecessor = Mock(talks=True)
    process._serve(True)
    process.site.catch_up()
    before.catch_up.assert_called_once_with()
    before.talks = False
    process.site.catch_up()
    assert process.site.catch_up is nobody_else
