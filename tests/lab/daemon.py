"""swarmd itself, as a real process from this tree, in front of some engines."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from tests.lab.certificates import Certificate
from tests.lab.engine import Engine
from tests.lab.http import Api
from tests.lab.machine import OWNED
from tests.lab.ports import free_port
from tests.lab.waiting import eventually

TREE = Path(__file__).resolve().parents[2]
# What a log never holds while all is well.
_ALARMS = re.compile(r"Traceback|Unhandled|\bCRITICAL\b|was never (?:awaited|retrieved)")


def nodes(info: dict[str, Any]) -> dict[str, dict[str, str]]:
    """The node table of an ``/info`` body: node name -> {"Address": …, "Status": …, …}.

    A node whose name is not known yet stands under its address.
    """
    table: dict[str, dict[str, str]] = {}
    row: dict[str, str] = {}
    for label, value in info.get("SystemStatus") or ():
        if label.startswith("  └ "):
            row[label[4:]] = value
        elif label.startswith(" "):
            name = label.strip()
            row = table[value if name == "(unknown)" else name] = {"Address": value}
    return table


class Swarmd:
    """The daemon on a free port of 127.0.0.1, with a hosts file of its own.

    Attributes:
        hosts: The hosts file; ``list_engines`` writes it.
        tls: The client certificate that it asks for, if it listens with TLS; its own as well.
        api: Calls to it.
    """

    def __init__(
        self,
        folder: Path,
        engines: Iterable[Engine | str],
        *,
        tls: Certificate | None = None,
        engine_tls: Certificate | None = None,
        options: Sequence[str] = (),
        port: int = 0,
        inside: Sequence[str] = (),
        discovery: str = "",
    ) -> None:
        """``inside`` is a command that runs another, as ``env`` does.

        ``discovery`` stands in place of the hosts file.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self.tls = tls
        self.engine_tls = engine_tls
        self.hosts = folder / "hosts"
        self.log = folder / "log"
        self.port = port or free_port()
        self.url = f"tcp://127.0.0.1:{self.port}"
        self.api = Api(self.url, tls)
        self._options = options
        self._inside = inside
        self._discovery = discovery
        self._process: subprocess.Popen[bytes] | None = None
        self._heard = 0  # how far the log was looked through
        self.list_engines(engines)

    def list_engines(self, engines: Iterable[Engine | str]) -> None:
        """Writes the hosts file in place of the old one, in one step."""
        lines = [line if isinstance(line, str) else line.address for line in engines]
        draft = self.hosts.with_suffix(".new")
        draft.write_text("\n".join(["# engines of the lab", *lines, ""]))
        draft.replace(self.hosts)

    def start(self, healthy: int = 0) -> None:
        """Starts it; returns when ``healthy`` engines are."""
        with open(self.log, "ab") as output:
            self._process = subprocess.Popen(
                (*OWNED, *self._inside, *self._command()),
                cwd=TREE,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        eventually(lambda: self._answers(healthy), what=f"swarmd sees {healthy} engines")

    def _command(self) -> list[str]:
        command = [sys.executable, "-m", "swarmd", "-H", self.url, "--heartbeat", "1s"]
        command += self._options
        if not self._discovery:
            command += ["--hosts", str(self.hosts)]
        if self.tls is not None:
            command += ["--tlsverify", *_files("--tls", self.tls)]
        if self.engine_tls is not None:
            command += ["--engine-tlsverify", *_files("--engine-tls", self.engine_tls)]
        return [*command, self._discovery] if self._discovery else command

    def _answers(self, healthy: int) -> bool:
        if not self.running():
            raise RuntimeError(f"swarmd ended: {self.log.read_text()[-3000:]}")
        return len(self.healthy()) >= healthy

    def info(self) -> dict[str, Any]:
        return dict(self.api.get("/info", timeout=20))

    def nodes(self) -> dict[str, dict[str, str]]:
        return nodes(self.info())

    def healthy(self) -> list[str]:
        return [name for name, row in self.nodes().items() if row.get("Status") == "Healthy"]

    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """0 while it does not run."""
        return self._process.pid if self._process is not None else 0

    def reread(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGHUP)

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait(10)
        self._process = None

    def stop(self) -> bool:
        """Ends it as systemd would; whether it then came to its end by itself.

        Twisted ends by the signal it was sent, once everything is shut down.
        """
        assert self._process is not None
        self._process.terminate()
        try:
            ended = self._process.wait(60) in (0, -signal.SIGTERM)
            return ended and "Server Shut Down." in self.log.read_text()
        finally:
            self._process.kill()
            self._process.wait(10)
            self._process = None

    def close(self) -> None:
        """Stops it and fails if it complained meanwhile, or did not end cleanly."""
        clean = self.stop() if self._process is not None else True
        alarms = self.alarms()
        assert not alarms, f"swarmd complained:\n{alarms}"
        assert clean, f"swarmd did not end cleanly:\n{self.log.read_text()[-2000:]}"

    def wait_for_log(self, *texts: str) -> None:
        """Waits until its log has all of them: a client may know of an end before it does."""

        def missing() -> list[str]:
            log = self.log.read_text()
            return [text for text in texts if text not in log]

        eventually(lambda: not missing(), what=f"{texts} in {self.log}")

    def alarms(self) -> str:
        """The first complaint since this was last asked, with what stands around it."""
        if not self.log.exists():
            return ""
        with open(self.log, encoding="utf-8") as log:
            log.seek(self._heard)
            text = log.read()
            self._heard = log.tell()
        found = _ALARMS.search(text)
        return text[max(0, found.start() - 500) : found.start() + 2500] if found else ""


def _files(prefix: str, tls: Certificate) -> list[str]:
    names = {"cacert": tls.ca, "cert": tls.cert, "key": tls.key}
    return [part for name, path in names.items() for part in (prefix + name, str(path))]
