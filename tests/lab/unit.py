"""swarmd as a unit of systemd's: restarted, stopped and killed as systemd does it.

Only as far as swarmd takes part in it: messages, the store of descriptors, ``KillMode=process``.
All of its processes are in one PID namespace, which ends with the test.
"""

from __future__ import annotations

import os
import socket
import subprocess
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path

from tests.lab.certificates import Certificate
from tests.lab.daemon import TREE, Swarmd
from tests.lab.engine import Engine
from tests.lab.machine import OWNED, children
from tests.lab.waiting import eventually

_APART = ("unshare", "--pid", "--fork", "--kill-child=SIGKILL", "--mount-proc")
_AS_UNIT = 'if [ -n "$LISTEN_FDS" ]; then export LISTEN_PID=$$; fi; exec "$@"'
_FIRST = 3


class Unit(Swarmd):
    """A daemon whose main process systemd knows; others may finish beside it.

    Attributes:
        starts: How many main processes there were.
    """

    def __init__(
        self,
        folder: Path,
        engines: Iterable[Engine | str],
        *,
        tls: Certificate | None = None,
        options: Sequence[str] = (),
    ) -> None:
        super().__init__(folder, engines, tls=tls, options=options)
        self.starts = 0
        self._keeper: subprocess.Popen[bytes] | None = None
        self._stored: dict[str, list[int]] = {}
        self._ready = threading.Event()
        self._path = folder / "notify"
        self._inbox = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._inbox.bind(str(self._path))
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        """What swarmd tells, until the unit is closed."""
        while True:
            data, descriptors, _, _ = socket.recv_fds(self._inbox, 4096, 8)
            lines = dict(line.partition("=")[::2] for line in data.decode().splitlines())
            name = lines.get("FDNAME", "")
            if "CLOSE" in lines:
                return
            if "FDSTOREREMOVE" in lines:
                self._forget(name)
            if "FDSTORE" in lines:
                self._stored.setdefault(name, []).extend(descriptors)
            if "READY" in lines:
                self._ready.set()

    def _forget(self, name: str) -> None:
        for descriptor in self._stored.pop(name, []):
            os.close(descriptor)

    # As systemctl does it

    def start(self, healthy: int = 0) -> None:
        if self._keeper is None:
            command = (*OWNED, *_APART, "docker-init", "--", "sleep", "infinity")
            self._keeper = subprocess.Popen(command, stdin=subprocess.DEVNULL)
            eventually(lambda: children(self._keeper_pid), what="a namespace")
        self._ready.clear()
        self._run()
        assert self._ready.wait(300), self.log.read_text()[-3000:]
        eventually(lambda: self._answers(healthy), 60, what=f"swarmd sees {healthy} engines")

    @property
    def _keeper_pid(self) -> int:
        assert self._keeper is not None
        return self._keeper.pid

    def _run(self) -> None:
        self.starts += 1
        stored = [(name, each) for name, some in self._stored.items() for each in some]
        environ = {**os.environ, "NOTIFY_SOCKET": str(self._path)}
        if stored:
            environ["LISTEN_FDS"] = str(len(stored))
            environ["LISTEN_FDNAMES"] = ":".join(name for name, _ in stored)
        redirections = "".join(f" {_FIRST + at}<&{each}" for at, (_, each) in enumerate(stored))
        first = children(self._keeper_pid)[0]
        script = f"exec nsenter --target {first} --pid --mount -- sh -c '{_AS_UNIT}' sh \"$@\""
        with open(self.log, "ab") as output:
            self._process = subprocess.Popen(
                ("bash", "-c", script + redirections, "bash", *self._command()),
                cwd=TREE,
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=[each for _, each in stored],
            )

    @property
    def pid(self) -> int:
        """Of the main process; 0 while there is none."""
        found = children(self._process.pid) if self._process is not None and self.running() else []
        return found[0] if found else 0

    def restart(self, healthy: int = 0) -> None:
        self.end_main()
        self.start(healthy)

    def end_main(self) -> None:
        """SIGTERM to the main process, and nobody else."""
        assert self._process is not None
        os.kill(self.pid, 15)
        assert self._process.wait(15) in (0, 143, 15, -15), self.log.read_text()[-3000:]

    def stop(self) -> bool:
        """Also what was left in systemd's store is closed."""
        if self.running():
            self.end_main()
        for name in list(self._stored):
            self._forget(name)
        eventually(lambda: not self.processes(), 20, what="the end of all processes")
        return True

    def kill(self) -> None:
        assert self._process is not None
        os.kill(self.pid, 9)
        self._process.wait(10)

    def processes(self) -> list[int]:
        """Of swarmd, by their numbers here."""
        first = children(self._keeper_pid)[0]
        inside = os.readlink(f"/proc/{first}/ns/pid")
        return [pid for pid in _all() if pid != first and _namespace(pid) == inside and _ours(pid)]

    def close(self) -> None:
        try:
            super().close()
        finally:
            if self._keeper is not None:
                self._keeper.kill()
                self._keeper.wait(10)
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as last:
                last.sendto(b"CLOSE=1", str(self._path))
            self._reader.join(10)
            self._inbox.close()


def _all() -> list[int]:
    return [int(entry) for entry in os.listdir("/proc") if entry.isdigit()]


def _namespace(pid: int) -> str:
    try:
        return os.readlink(f"/proc/{pid}/ns/pid")
    except OSError:
        return ""


def _ours(pid: int) -> bool:
    try:
        return b"swarmd" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
