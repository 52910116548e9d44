"""Sockets of systemd, as a real process gets them: Twisted takes their number before swarmd can."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from swarmd.config.inherited_sockets import inherited_sockets
from tests.lab.http import Api
from tests.lab.machine import OWNED
from tests.lab.waiting import eventually

# What systemd does: a descriptor 3, and whose it is.
_PASS_ON = 'exec 3<&"$1"; shift; exec env LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=a "$@"'


@contextmanager
def activated(
    listening: socket.socket, log: Path, *options: str
) -> Iterator[subprocess.Popen[bytes]]:
    twistd = str(Path(sys.executable).with_name("twistd"))
    number = listening.fileno()
    words = (*OWNED, "bash", "-c", _PASS_ON, "-", str(number), twistd)
    with open(log, "wb") as output:
        process = subprocess.Popen(
            (*words, "--nodaemon", "--pidfile=", "swarmd", *options, "nodes://127.0.0.1:1"),
            pass_fds=[number],
            stdout=output,
            stderr=output,
        )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def test_a_daemon_that_systemd_starts_serves_on_its_socket(tmp_path: Path) -> None:
    path, log = tmp_path / "swarmd.sock", tmp_path / "log"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()
        with activated(listening, log, "-H", "fd://"):
            api = Api(f"unix://{path}")
            assert eventually(lambda: api.call("GET", "/_ping", timeout=20).status, 30) == 200


@pytest.mark.parametrize("listen", ["fd://", "systemd:domain=INET:index=0"])
def test_an_open_socket_of_systemd_is_refused_without_tls(listen: str, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with socket.create_server(("0.0.0.0", 0)) as listening:
        with activated(listening, log, "-H", listen) as process:
            assert process.wait(60) == 1
        assert "--insecure" in log.read_text()


def test_without_systemd_there_are_none() -> None:
    assert list(inherited_sockets({})) == []
    assert list(inherited_sockets({"LISTEN_FDS": "2"})) == [3, 4]
