"""An engine behind a real sshd among others with open ports: nobody can tell it from them."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.lab.cli import Docker
from tests.lab.daemon import Swarmd
from tests.lab.engine import Engine
from tests.lab.engines import Fleet
from tests.lab.sshd import EngineSshd, make_key, public
from tests.lab.waiting import eventually

pytestmark = pytest.mark.fleet

HERE = ("-e", "constraint:node==node-1")
BULK = os.urandom(1 << 20) * 8


@pytest.fixture(scope="module")
def sshd(fleet: Fleet, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineSshd]:
    sshd = EngineSshd(fleet["node-1"], tmp_path_factory.mktemp("sshd"))
    try:
        sshd.start()
        yield sshd
    finally:
        sshd.kill()


def options(sshd: EngineSshd, *more: str) -> tuple[str, ...]:
    return ("--ssh-known-hosts", str(sshd.known_hosts), "--ssh-key", str(sshd.key), *more)


@pytest.fixture(scope="module")
def swarmd(
    fleet: Fleet, sshd: EngineSshd, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Swarmd]:
    engines = [sshd.url, fleet["node-2"].address]
    debug = options(sshd, "--debug")
    swarmd = Swarmd(tmp_path_factory.mktemp("swarmd"), engines, options=debug)
    try:
        swarmd.start(2)
        yield swarmd
    finally:
        swarmd.close()
    secret = sshd.key.read_text().splitlines()[1:-1]
    assert not any(line in swarmd.log.read_text() for line in secret)


@pytest.fixture
def docker(swarmd: Swarmd, fleet: Fleet, tmp_path: Path) -> Iterator[Docker]:
    eventually(lambda: len(swarmd.healthy()) == 2, what="both are healthy")
    yield Docker("/usr/bin/docker", swarmd.url, home=tmp_path)
    fleet.remove_all()


def test_it_runs_and_each_direction_ends_alone(docker: Docker, swarmd: Swarmd) -> None:
    script = "cat; sleep 0.3; echo after; echo e >&2; exit 7"
    done = docker("run", "-i", "--rm", *HERE, "busybox", "sh", "-c", script, input=b"in ", status=7)
    assert (done.out, done.err) == (b"in after\n", b"e\n")
    assert swarmd.nodes()["node-1"]["Address"].startswith("ssh://root@")


def test_bulk_passes_both_ways(docker: Docker) -> None:
    done = docker("run", "-i", "--rm", *HERE, "busybox", "cat", input=BULK)
    assert hashlib.sha256(done.out).digest() == hashlib.sha256(BULK).digest()


def test_files_are_copied_and_ports_show_the_host(
    docker: Docker, sshd: EngineSshd, tmp_path: Path, name: str
) -> None:
    (tmp_path / "bulk").write_bytes(BULK)
    docker("run", "-d", "--name", name, "-p", "80", *HERE, "busybox", "sleep", "600")
    docker("cp", str(tmp_path / "bulk"), f"{name}:/bulk")
    docker("cp", f"{name}:/bulk", str(tmp_path / "back"))
    assert (tmp_path / "back").read_bytes() == BULK
    assert docker("port", name).text.startswith(f"80/tcp -> {sshd.ip}:")


def test_many_streams_by_one_login(docker: Docker, name: str) -> None:
    docker("run", "-d", "--name", name, *HERE, "busybox", "sh", "-c", "echo up; sleep 600")
    running = [docker.running("logs", "-f", name) for _ in range(12)]
    logs = [each.__enter__() for each in running]
    try:
        for log in logs:
            log.expect("up")
        docker("kill", name)
        assert [log.wait() for log in logs] == [0] * 12
    finally:
        for each in running:
            each.__exit__(None, None, None)


def test_a_dead_engine_ends_its_streams_and_comes_back(
    docker: Docker, swarmd: Swarmd, fleet: Fleet, name: str
) -> None:
    engine = fleet["node-1"]
    docker("run", "-d", "--name", name, *HERE, "busybox", "sh", "-c", "echo up; sleep 600")
    with docker.running("logs", "-f", name) as log:
        log.expect("up")
        engine.kill()
        try:
            log.wait()
            eventually(lambda: swarmd.healthy() == ["node-2"], what="it is missed")
            # What the last of the pings met: which of them, is a matter of the moment.
            reasons = ("docker system dial-stdio", "closed the connection", "connection lost")
            eventually(lambda: any(one in swarmd.nodes()["node-1"]["Error"] for one in reasons))
        finally:
            _start_again(engine)
    eventually(lambda: len(swarmd.healthy()) == 2, what="it is back")


def _start_again(engine: Engine) -> None:
    engine.launch()
    engine.wait_ready()


def test_a_dead_sshd_ends_its_streams_and_comes_back(
    docker: Docker, swarmd: Swarmd, sshd: EngineSshd, name: str
) -> None:
    docker("run", "-d", "--name", name, *HERE, "busybox", "sh", "-c", "echo up; sleep 600")
    with docker.running("attach", name) as attached:
        eventually(lambda: docker("logs", name).text == "up")
        sshd.kill()
        try:
            assert attached.wait() != 0
            eventually(lambda: swarmd.healthy() == ["node-2"], what="it is missed")
            reasons = ("sshd has closed the connection", "connection refused", "connection lost")
            eventually(lambda: any(one in swarmd.nodes()["node-1"]["Error"] for one in reasons))
            docker("run", "--rm", "busybox", "true")
        finally:
            sshd.start()
    eventually(lambda: len(swarmd.healthy()) == 2, what="it is back")
    assert docker.state(name) == "running"


def test_what_is_wrong_stands_in_info_until_it_is_mended(
    sshd: EngineSshd, swarmd_for: Callable[..., Swarmd], tmp_path: Path
) -> None:
    known = tmp_path / "known_hosts"
    files = ("--ssh-known-hosts", str(known), "--ssh-key", str(sshd.key))
    swarmd = swarmd_for([sshd.url], healthy=0, options=files)

    def shows(text: str) -> None:
        eventually(
            lambda: text in next(iter(swarmd.nodes().values())).get("Error", ""), 20, what=text
        )

    shows(f"the host key of {sshd.ip} is not known: it shows ssh-ed25519 SHA256:")
    other = make_key(tmp_path / "other")
    known.write_text(sshd.known_line().replace(public(sshd.host_key), public(other)))
    shows(f"THE HOST KEY OF {sshd.ip} HAS CHANGED")
    swarmd.list_engines([f"{sshd.url} sshkey={other}"])
    known.write_text(sshd.known_line())
    shows(f"sshd takes no key of ours for user root (offered: {other})")
    swarmd.list_engines([sshd.url])
    eventually(lambda: swarmd.healthy() == ["node-1"], what="it is mended")


def test_a_host_that_forbids_forwarding_runs_a_program_for_each_stream(
    fleet: Fleet, swarmd_for: Callable[..., Swarmd], tmp_path: Path
) -> None:
    sshd = EngineSshd(fleet["node-3"], tmp_path / "sshd", "AllowStreamLocalForwarding no")
    sshd.start()
    try:
        swarmd = swarmd_for([sshd.url], options=options(sshd))
        docker = Docker("/usr/bin/docker", swarmd.url, home=tmp_path)
        script = "cat; sleep 0.3; echo after; exit 7"
        done = docker("run", "-i", "--rm", "busybox", "sh", "-c", script, input=BULK, status=7)
        assert done.out == BULK + b"after\n"
        said = "a process ssh for each stream runs docker system dial-stdio there"
        assert said in swarmd.log.read_text()
    finally:
        sshd.kill()


def test_a_host_whose_docker_does_not_answer_says_why(
    fleet: Fleet, swarmd_for: Callable[..., Swarmd], tmp_path: Path
) -> None:
    sshd = EngineSshd(fleet["node-3"], tmp_path / "sshd", place="/nowhere.sock")
    sshd.start()
    try:
        swarmd = swarmd_for([sshd.url], healthy=0, options=options(sshd))
        said = "dial unix /nowhere.sock: connect: no such file or directory"
        eventually(lambda: said in str(swarmd.info()["SystemStatus"]), what=said)
    finally:
        sshd.kill()
