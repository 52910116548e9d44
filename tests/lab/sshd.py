"""A real sshd on the machine of an engine: the engine's API without an open Docker port."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from pathlib import Path

from tests.lab.engine import Engine
from tests.lab.machine import call, children
from tests.lab.waiting import eventually

# What sshd demands to exist; Debian's service makes it.
_EMPTY = Path("/run/sshd")


def make_key(path: Path, kind: str = "ed25519", passphrase: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    call("ssh-keygen", "-q", "-t", kind, "-N", passphrase, "-C", path.name, "-f", str(path))
    return path


def public(key: Path) -> str:
    """Kind and key, without the comment."""
    return " ".join(Path(f"{key}.pub").read_text().split()[:2])


class Sshd:
    """Listens on port 22 of the engine's machine; ends with the machine at the latest.

    Attributes:
        url: A line of a hosts file.
        key: A private key that may log in.
        host_key: Its own.
        log: What it wrote.
    """

    def __init__(self, engine: Engine, folder: Path, *settings: str, kind: str = "ed25519") -> None:
        """``settings`` are lines of its configuration, ``kind`` that of both keys."""
        self.engine = engine
        self.url = f"ssh://root@{engine.machine.ip}"
        self.key = make_key(folder / "key", kind)
        self.host_key = make_key(folder / "host_key", kind)
        self.log = folder / "sshd.log"
        self._folder = folder
        self._authorized = folder / "authorized_keys"
        self._authorized.write_text(public(self.key) + "\n")
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None

    def known_hosts(self) -> Path:
        """A file that names it, and nobody else."""
        path = self._folder / "known_hosts"
        path.write_text(self.known_line())
        return path

    def known_line(self) -> str:
        return f"{self.engine.machine.ip} {public(self.host_key)}\n"

    def start(self) -> None:
        _EMPTY.mkdir(exist_ok=True)
        config = self._folder / "sshd_config"
        config.write_text("\n".join(self._lines()) + "\n")
        with open(self.log, "ab") as output:
            self._process = self.engine.machine.spawn(
                ("/usr/sbin/sshd", "-D", "-e", "-f", str(config)), output
            )
        eventually(self._listens, 10, what=f"sshd of {self.engine.name} listens")

    def _lines(self) -> list[str]:
        return [
            *("Port 22", f"HostKey {self.host_key}", f"AuthorizedKeysFile {self._authorized}"),
            *("StrictModes no", "UsePAM no", "PasswordAuthentication no", "PidFile none"),
            *("PrintMotd no", f"SetEnv DOCKER_HOST=unix://{self.engine.socket}", *self._settings),
        ]

    def _listens(self) -> bool:
        try:
            socket.create_connection((self.engine.machine.ip, 22), 1).close()
        except OSError:
            return False
        return True

    def sessions(self) -> int:
        """SSH connections that are logged in now."""
        return len(self._children())

    def _children(self) -> list[int]:
        return [child for pid in self._pids() for child in children(pid)]

    def _pids(self) -> list[int]:
        return children(self._process.pid) if self._process is not None else []

    def kill(self) -> None:
        """It and everything it serves, at once."""
        for pid in (*self._tree(self._pids()), *self._pids()):
            os.kill(pid, signal.SIGKILL)
        if self._process is not None:
            self._process.wait(10)
            self._process = None

    def _tree(self, pids: list[int]) -> list[int]:
        below = [child for pid in pids for child in children(pid)]
        return [*self._tree(below), *below] if below else []

    close = kill
