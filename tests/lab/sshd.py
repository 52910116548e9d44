"""A real sshd of a test's own: on loopback, or on the machine of an engine."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import IO

from tests.lab.engine import Engine
from tests.lab.machine import OWNED, call, children
from tests.lab.waiting import eventually

PROGRAM = "/usr/sbin/sshd"
# What sshd demands to exist; Debian's service makes it.
_EMPTY = Path("/run/sshd")

Spawn = Callable[[Sequence[str], IO[bytes]], "subprocess.Popen[bytes]"]


def make_key(path: Path, kind: str = "ed25519", passphrase: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    call("ssh-keygen", "-q", "-t", kind, "-N", passphrase, "-C", path.name, "-f", str(path))
    return path


def public(key: Path) -> str:
    """Kind and key, without the comment."""
    return " ".join(Path(f"{key}.pub").read_text().split()[:2])


def _spawn_here(command: Sequence[str], output: IO[bytes]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        (*OWNED, *command),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


class Sshd:
    """It lets root in by ``key``, and ends with whoever started it at the latest.

    Attributes:
        url: A line of a hosts file.
        key: A private key that may log in.
        host_key: Its own.
        known_hosts: A file that names it, and nobody else.
        log: What it wrote.
    """

    def __init__(
        self,
        folder: Path,
        *settings: str,
        kind: str = "ed25519",
        env: Mapping[str, str] = MappingProxyType({}),
        ip: str = "127.0.0.1",
        port: int = 22,
        spawn: Spawn = _spawn_here,
    ) -> None:
        """``settings`` are lines of its configuration, ``kind`` that of both keys.

        ``env`` is for what it runs, with a home that has no start-up files for the shell.
        """
        self.ip = ip
        self.port = port
        self.url = f"ssh://root@{ip}:{port}"
        self.key = make_key(folder / "key", kind)
        self.host_key = make_key(folder / "host_key", kind)
        self.known_hosts = folder / "known_hosts"
        self.known_hosts.write_text(self.known_line())
        self.log = folder / "sshd.log"
        self._authorized = folder / "authorized_keys"
        self._authorized.write_text(public(self.key) + "\n")
        self._config = folder / "sshd_config"
        words = " ".join(f"{name}={value}" for name, value in {"HOME": folder, **env}.items())
        self._settings = (f"SetEnv {words}", *settings)
        self._spawn = spawn
        self._process: subprocess.Popen[bytes] | None = None

    def known_line(self) -> str:
        name = self.ip if self.port == 22 else f"[{self.ip}]:{self.port}"
        return f"{name} {public(self.host_key)}\n"

    def start(self) -> None:
        _EMPTY.mkdir(exist_ok=True)
        self._config.write_text("\n".join(self._lines()) + "\n")
        with open(self.log, "ab") as output:
            self._process = self._spawn((PROGRAM, "-D", "-e", "-f", str(self._config)), output)
        eventually(self._listens, what=f"sshd listens on {self.ip}:{self.port}")

    def _lines(self) -> list[str]:
        return [
            *(f"ListenAddress {self.ip}", f"Port {self.port}", f"HostKey {self.host_key}"),
            *(f"AuthorizedKeysFile {self._authorized}", "StrictModes no", "UsePAM no"),
            *("PasswordAuthentication no", "PidFile none", "PrintMotd no", "MaxStartups 100"),
            *self._settings,
        ]

    def _listens(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            raise RuntimeError(f"sshd ended: {self.log.read_text()[-2000:]}")
        try:
            socket.create_connection((self.ip, self.port), 1).close()
        except OSError:
            return False
        return True

    def logins(self) -> int:
        """How often somebody has logged in so far."""
        return self.log.read_text().count("Accepted publickey")

    def kill(self) -> None:
        """It and everything it serves, at once."""
        if self._process is None:
            return
        for pid in _halted(self._process.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait(10)
        self._process = None


class EngineSshd(Sshd):
    """On port 22 of an engine's machine: its API without an open Docker port.

    ``url`` says where the engine's socket is, and programs there are told it, too.
    """

    def __init__(self, engine: Engine, folder: Path, *settings: str, place: str = "") -> None:
        """``place`` is where the engine is said to be, in place of where it is."""
        env = {"DOCKER_HOST": f"unix://{place or engine.socket}"}
        machine = engine.machine
        super().__init__(folder, *settings, env=env, ip=machine.ip, spawn=machine.spawn)
        self.url += str(place or engine.socket)


def _halted(pid: int) -> list[int]:
    """Children before their parents, and ``pid``: all stopped, so that none lets in one more."""
    halted: set[int] = set()
    while new := {pid, *_below(pid)} - halted:
        for each in new:
            with contextlib.suppress(ProcessLookupError):
                os.kill(each, signal.SIGSTOP)
        halted |= new
    return [*_below(pid), pid]


def _below(pid: int) -> list[int]:
    """Children before their parents, as far as they are still there."""
    try:
        direct = children(pid)
    except FileNotFoundError:
        return []
    return [each for child in direct for each in (*_below(child), child)]
