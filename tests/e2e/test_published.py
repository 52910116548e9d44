"""Published ports at swarmd's own address: what is shown is where it answers."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.operating.commands import ok, operate
from tests.e2e.test_compose import Compose
from tests.lab.cli import Docker, command_lines
from tests.lab.daemon import Swarmd
from tests.lab.engines import Fleet
from tests.lab.ports import free_port
from tests.lab.unit import Unit
from tests.lab.waiting import eventually

pytestmark = pytest.mark.fleet

HERE = "127.0.0.1"
THERE = "127.0.0.2"  # for a second swarmd
PAGE = ("sh", "-c", "hostname > /index.html; exec httpd -f -p 80 -h /")


@pytest.fixture(scope="module")
def door(fleet: Fleet, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Swarmd]:
    swarmd = Swarmd(tmp_path_factory.mktemp("door"), fleet, options=("--publish", HERE))
    swarmd.start(len(fleet.engines))
    yield swarmd
    swarmd.close()


@pytest.fixture(autouse=True)
def emptied(fleet: Fleet) -> Iterator[None]:
    yield
    fleet.remove_all()


@pytest.fixture
def docker(door: Swarmd, tmp_path: Path) -> Docker:
    return Docker(command_lines()[0], door.url, None, tmp_path)


def on(node: int) -> tuple[str, str]:
    return "-e", f"constraint:node==node-{node}"


def page(port: int) -> str:
    with urllib.request.urlopen(f"http://{HERE}:{port}/", timeout=10) as answer:
        return str(answer.read().decode().strip())


def refused(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex((HERE, port)) != 0


def python(text: str) -> tuple[str, ...]:
    return "/usr/bin/python3", "-c", text


def shown(docker: Docker, name: str, port: str = "80/tcp", at: str = HERE) -> int:
    """The number that ``docker port`` tells, which is at our address alone."""
    address, _, number = docker("port", name, port).text.partition(":")
    assert address == at
    return int(number)


def test_what_clients_are_shown_is_where_it_answers(door: Swarmd, docker: Docker) -> None:
    fixed = free_port()
    options = ("-p", f"{fixed}:80", "-p", "80", "--hostname", "one")
    docker("run", "-d", "--name", "one", *options, *on(1), "busybox", *PAGE)
    eventually(lambda: page(fixed) == "one")
    listed = docker("ps", "--format", "{{.Ports}}").text
    lines = docker("port", "one", "80/tcp").lines
    assert sorted(listed.split(", ")) == sorted(f"{line}->80/tcp" for line in lines)
    numbers = {int(line.removeprefix(f"{HERE}:")) for line in lines}
    assert fixed in numbers and len(numbers) == 2
    assert {page(number) for number in numbers} == {"one"}
    found = json.loads(docker("inspect", "one").text)[0]
    own = found["Node"]["Ports"]["80/tcp"]
    assert {each["HostIp"] for each in own} == {found["Node"]["IP"]}
    assert docker("ps", "-q", "--filter", f"publish={min(numbers)}").text

    docker("stop", "-t", "0", "one")
    assert all(refused(number) for number in numbers)
    docker("start", "one")
    eventually(lambda: page(fixed) == "one")
    assert set(numbers) == {int(x.rpartition(":")[2]) for x in docker("port", "one").lines}


def test_a_port_is_one_containers_in_the_whole_fleet(door: Swarmd, docker: Docker) -> None:
    fixed = free_port()
    docker("run", "-d", "--name", "one", "-p", f"{fixed}:80", *on(1), "busybox", *PAGE)
    said = docker.fails("run", "--name", "two", "-p", f"{fixed}:80", *on(2), "busybox", *PAGE,
                        status=125)  # fmt: skip
    words = f"Bind for {HERE}:{fixed} failed: port is already allocated by container one on node"
    assert words in said
    assert docker("ps", "-a", "--format", "{{.Names}} {{.State}}").lines == [
        "two created",
        "one running",
    ]
    docker("rm", "-f", "one")
    docker("start", "two")
    eventually(lambda: page(fixed))


def test_what_its_engine_does_not_map_holds_no_number(door: Swarmd, docker: Docker) -> None:
    fixed = free_port()
    docker("network", "create", "--internal", "inner")
    wish = ("-p", f"{fixed}:80")
    docker("run", "-d", "--name", "one", "--network", "inner", *wish, "busybox", *PAGE)
    docker("run", "-d", "--name", "two", *wish, *on(2), "busybox", *PAGE)
    refusal = f"Bind for {HERE}:{fixed} failed: port is already allocated"
    assert refusal in docker.fails("run", "--name", "new", *wish, *on(3), "busybox", *PAGE,
                                   status=125)  # fmt: skip
    state = json.loads(docker("inspect", "-f", "{{json .State}}", "new").text)
    assert state["Error"].endswith(refusal) and state["ExitCode"] == 128
    docker("network", "disconnect", "bridge", "two")
    docker("start", "new")
    eventually(lambda: page(fixed))
    state = json.loads(docker("inspect", "-f", "{{json .State}}", "new").text)
    assert (state["Error"], state["ExitCode"]) == ("", 0)


def test_what_answers_on_ipv6_alone_is_shown_so(door: Swarmd, docker: Docker) -> None:
    fixed = free_port()
    made = docker("create", "--name", "one", "-p", f"[::]:{fixed}:80", "busybox", *PAGE)
    assert "alone, where swarmd does not reach it" in made.error
    docker("start", "one")
    bracketed = docker("port", "one").text.replace(":::", "[::]:")  # as some clients write it
    assert bracketed == f"80/tcp -> [::]:{fixed}"
    listed = docker("ps", "--format", "{{.Ports}}").text.replace(":::", "[::]:")
    assert listed == f"[::]:{fixed}->80/tcp"


def test_a_port_of_another_program_is_refused(door: Swarmd, docker: Docker) -> None:
    with socket.socket() as stranger:
        stranger.bind((HERE, 0))
        stranger.listen()
        number = stranger.getsockname()[1]
        said = docker.fails("run", "--rm", "-p", f"{number}:80", "busybox", *PAGE, status=125)
        assert f"Bind for {HERE}:{number} failed: port is already allocated" in said
        assert "a program of swarmd's machine" in said
        assert docker("ps", "-aq").text == ""
    said = docker.fails("run", "--rm", "-p", f"{door.port}:80", "busybox", *PAGE, status=125)
    assert f"Bind for {HERE}:{door.port} failed" in said


def test_ports_are_the_same_after_a_restart_of_swarmd(door: Swarmd, docker: Docker) -> None:
    for number in (1, 2, 3):
        docker("run", "-d", "--name", f"c{number}", "-P", "--expose", "80", *on(number),
               "--hostname", f"c{number}", "busybox", *PAGE)  # fmt: skip
    before = {f"c{number}": shown(docker, f"c{number}") for number in (1, 2, 3)}
    assert len(set(before.values())) == 3
    door.stop()
    door.start(3)
    eventually(lambda: {name: shown(docker, name) for name in before} == before)
    for name, port in before.items():
        eventually(lambda name=name, port=port: page(port) == name)  # type: ignore[misc]


# This machine's Python, in a container of an image that has none.
PYTHON = tuple(
    part
    for path in ("/usr:/usr", "/usr/lib:/lib", "/usr/lib64:/lib64")
    for part in ("-v", f"{path}:ro")
)
UDP_ECHO = """
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("", 7))
while True: s.sendto(*s.recvfrom(65535))
"""
TCP_ECHO = """
import asyncio
async def echo(reader, writer):
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()
async def serve():
    server = await asyncio.start_server(echo, "0.0.0.0", 7, backlog=1024)
    await server.serve_forever()
asyncio.run(serve())
"""
COMPOSE = """\
services:
  web:
    image: busybox
    command: sh -c 'hostname > /index.html; exec httpd -f -p 80 -h /'
    stop_grace_period: 0s
    ports: ["{port}:80"]
    labels: {{com.docker.swarm.publish: balance}}
"""


def test_a_scaled_service_shares_its_port(door: Swarmd, docker: Docker, tmp_path: Path) -> None:
    program = shutil.which("docker-compose", path="/usr/bin")
    if program is None:
        pytest.skip("docker-compose is not installed")
    fixed, compose = free_port(), Compose([program], door.url, tmp_path)
    compose.project(COMPOSE.format(port=fixed))
    compose("up", "-d", "--scale", "web=3")
    names = set(docker("ps", "-q").lines)
    assert len(names) == 3
    answered: set[str] = set()

    def everybody() -> bool:
        answered.add(page(fixed))
        return answered == names

    eventually(everybody)
    assert {shown(docker, name) for name in names} == {fixed}
    compose("up", "-d", "--scale", "web=1")
    (left,) = docker("ps", "-q").lines
    assert page(fixed) == left
    compose("down")
    assert refused(fixed)


def test_datagrams_go_there_and_back(door: Swarmd, docker: Docker) -> None:
    docker("run", "-d", "--name", "one", *PYTHON, "-p", "7/udp", "busybox", *python(UDP_ECHO))
    number = shown(docker, "one", "7/udp")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.connect((HERE, number))
        client.settimeout(1)

        def answered() -> bool:
            client.send(b"ping")
            return client.recv(100) == b"ping"

        eventually(answered)


def test_what_does_not_answer_here_is_told_at_the_create(door: Swarmd, docker: Docker) -> None:
    said = docker("create", "-p", "127.0.0.1::80", "busybox", *PAGE)
    assert "bound to 127.0.0.1 of node" in said.error
    rows = dict(map(tuple, door.info()["SystemStatus"]))
    assert rows["Published ports"] == f"0 at {HERE}"


@pytest.mark.soak
def test_a_restart_of_the_unit_cuts_no_connection(fleet: Fleet, tmp_path: Path) -> None:
    unit = Unit(tmp_path / "unit", fleet, options=("--publish", THERE))
    try:
        unit.start(len(fleet.engines))
        docker = Docker(command_lines()[0], unit.url, None, tmp_path)
        docker("run", "-d", "--name", "one", *PYTHON, "-p", "7", "busybox", *python(TCP_ECHO))
        number = shown(docker, "one", "7/tcp", THERE)
        eventually(lambda: echoed(number, THERE))
        with socket.create_connection((THERE, number), 30) as client:
            assert said(client, b"before") == b"before"
            unit.restart()
            assert said(client, b"after") == b"after"
            eventually(lambda: echoed(number, THERE))
            assert shown(docker, "one", "7/tcp", THERE) == number
        eventually(lambda: unit.processes() == [unit.pid], what="the end of the process before")
    finally:
        unit.close()


def said(client: socket.socket, text: bytes) -> bytes:
    client.settimeout(30)
    client.sendall(text)
    return client.recv(100)


def echoed(number: int, at: str = HERE) -> bool:
    with socket.create_connection((at, number), 30) as client:
        return said(client, b"new") == b"new"


TESTCONTAINERS = """
import sys, time, urllib.request
from testcontainers.core.container import DockerContainer
from testcontainers.core.waiting_utils import wait_for_logs

page = "echo hello > /index.html; echo ready; exec httpd -f -p 80 -h /"
def one():
    return DockerContainer("busybox").with_command(["sh", "-c", page]).with_exposed_ports(80)
with one() as first, one() as second:
    for each in (first, second):
        wait_for_logs(each, "ready")
    places = {f"{each.get_container_host_ip()}:{each.get_exposed_port(80)}"
              for each in (first, second)}
    assert len(places) == 2, places
    for place in places:
        for _ in range(100):
            try:
                page = urllib.request.urlopen(f"http://{place}/", timeout=10)
                print(page.read().decode().strip())
                break
            except OSError as error:
                print(place, error, file=sys.stderr)
                time.sleep(0.1)
"""


def test_testcontainers_finds_its_ports(door: Swarmd) -> None:
    """Without TESTCONTAINERS_HOST_OVERRIDE. Its reaper's image has to come from Docker's Hub.

    Where tests run in a container themselves, it would take them for a container of this host.
    """
    pytest.importorskip("testcontainers")
    settings = {"RYUK_DISABLED": "true", "CONNECTION_MODE": "docker_host"}
    own = {f"TESTCONTAINERS_{key}": value for key, value in settings.items()}
    env = {**os.environ, "DOCKER_HOST": door.url, **own}
    done = subprocess.run(
        [sys.executable, "-c", TESTCONTAINERS], env=env, text=True, capture_output=True, timeout=120
    )
    assert done.stdout.split() == ["hello", "hello"], done.stderr


@pytest.mark.soak
def test_two_thousand_connections_and_bulk_both_ways(door: Swarmd, docker: Docker) -> None:
    numbers: list[int] = []
    for name in range(4):
        fixed = [free_port() for _ in range(5)]
        options = [part for number in fixed for part in ("-p", f"{number}:7")]
        docker("run", "-d", "--name", f"c{name}", *options, *PYTHON, "busybox", *python(TCP_ECHO))
        numbers += fixed
    for number in numbers:
        eventually(lambda number=number: echoed(number))  # type: ignore[misc]
    began = time.monotonic()
    asyncio.run(_everybody(numbers, 100, 1))
    print(f"2,000 connections in {time.monotonic() - began:.1f} s")
    began = time.monotonic()
    asyncio.run(_everybody(numbers[:4], 1, 50))
    print(f"4 times 50 MiB both ways in {time.monotonic() - began:.1f} s")
    found = door.api.get("/swarmd/ports")["Ports"]
    assert sum(one["Connections"] for one in found) >= 2004
    eventually(lambda: not _open(door))


def _open(door: Swarmd) -> int:
    ports = door.api.get("/swarmd/ports")["Ports"]
    return sum(each["Connections"] for one in ports for each in one["Containers"])


async def _everybody(numbers: list[int], each: int, mebibytes: int) -> None:
    """All are open before the first says a word."""
    opened = [
        await asyncio.open_connection(HERE, number) for _ in range(each) for number in numbers
    ]
    await asyncio.gather(*(_echo(*one, mebibytes) for one in opened))


async def _echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, mebibytes: int) -> None:
    block, sent, got = os.urandom(1 << 16), hashlib.sha256(), hashlib.sha256()

    async def send() -> None:
        for _ in range(16 * mebibytes if mebibytes > 1 else 1):
            sent.update(block)
            writer.write(block)
            await writer.drain()
        writer.write_eof()

    sending = asyncio.create_task(send())
    while data := await reader.read(1 << 16):
        got.update(data)
    await sending
    assert got.digest() == sent.digest()
    writer.close()


def test_a_port_follows_its_container_and_ends_with_its_node(
    door: Swarmd, docker: Docker, fleet: Fleet
) -> None:
    fixed = free_port()
    options = ("--restart", "always", "--stop-signal", "KILL", "-p", f"{fixed}:80")
    docker("run", "-d", "--name", "one", *options, "busybox", *PAGE)
    eventually(lambda: page(fixed))
    node = json.loads(docker("inspect", "one").text)[0]["Node"]["Name"]
    ok(operate(door, "node", "drain", node))
    eventually(lambda: page(fixed))
    now = json.loads(docker("inspect", "one").text)[0]["Node"]["Name"]
    assert now != node
    listed = ok(operate(door, "ports"))
    assert f"{fixed}/tcp" in listed and now in listed
    engine = fleet.engines[int(now.rpartition("-")[2]) - 1]
    engine.freeze()
    try:
        eventually(lambda: refused(fixed))
    finally:
        engine.thaw()
    eventually(lambda: page(fixed))
    ok(operate(door, "node", "uncordon", node))
