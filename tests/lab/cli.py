"""The docker command line, as users have it, against one Docker host."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.lab.certificates import Certificate
from tests.lab.terminal import Terminal
from tests.lab.waiting import PATIENCE, eventually


def command_lines() -> list[str]:
    """Every docker CLI of this machine, the distribution's own first."""
    folders = ["/usr/bin", *os.environ.get("PATH", "").split(os.pathsep)]
    found = (shutil.which("docker", path=folder) for folder in folders)
    real = [os.path.realpath(path) for path in found if path]
    return list(dict.fromkeys(real))


@dataclass(frozen=True)
class Result:
    status: int
    out: bytes
    err: bytes

    @property
    def text(self) -> str:
        """What it printed, without the last line's end."""
        return self.out.decode().rstrip("\n")

    @property
    def lines(self) -> list[str]:
        return self.text.splitlines()

    @property
    def error(self) -> str:
        return self.err.decode().strip()


class Running:
    """A command that goes on while the test does other things; its output is collected."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self._out = bytearray()
        self._err = bytearray()
        self._readers = [
            threading.Thread(target=self._collect, args=(process.stdout, self._out)),
            threading.Thread(target=self._collect, args=(process.stderr, self._err)),
        ]
        for reader in self._readers:
            reader.start()

    def _collect(self, pipe: Any, into: bytearray) -> None:
        while data := pipe.read1(65536):
            into += data

    @property
    def out(self) -> str:
        return self._out.decode(errors="replace")

    @property
    def err(self) -> str:
        return self._err.decode(errors="replace")

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()

    def send(self, data: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def end_input(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()

    def expect(self, text: str, within: float = PATIENCE) -> None:
        """Waits until it has printed ``text``."""
        try:
            eventually(lambda: text in self.out, within)
        except AssertionError:
            raise AssertionError(f"no {text!r} in {self.out!r}, errors: {self.err!r}") from None

    def wait(self, within: float = PATIENCE) -> int:
        status = self.process.wait(within)
        for reader in self._readers:
            reader.join(within)
        return status

    def close(self) -> None:
        self.process.kill()
        self.wait()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            if pipe is not None:
                pipe.close()


class Docker:
    """``docker("run", …)`` runs one command to its end."""

    def __init__(
        self, program: str, url: str, tls: Certificate | None = None, home: Path | None = None
    ) -> None:
        self.program = program
        self.url = url
        self.tls = tls
        trust = () if tls is None else _trust(tls)
        self._prefix = (program, "-H", url, *trust)
        # No credentials, contexts or plugins of whoever runs the tests.
        self._env = {"PATH": os.environ["PATH"], "HOME": str(home or "/nonexistent")}

    def __call__(
        self, *args: str, input: bytes = b"", within: float = 2 * PATIENCE, status: int | None = 0
    ) -> Result:
        """Fails unless it ends with ``status`` (None: with whatever it likes)."""
        command = (*self._prefix, *args)
        done = subprocess.run(
            command, input=input, capture_output=True, timeout=within, env=self._env
        )
        result = Result(done.returncode, done.stdout, done.stderr)
        if status is not None and result.status != status:
            raise AssertionError(
                f"docker {' '.join(args)}: status {result.status} instead of {status}\n"
                f"{result.out[-1000:].decode(errors='replace')}{result.error}"
            )
        return result

    def having(self, **variables: str) -> Docker:
        """The same with more in its environment."""
        other = copy(self)
        other._env = {**self._env, **variables}
        return other

    def fails(self, *args: str, status: int = 1) -> str:
        """What it says when it fails, as it must, with ``status``."""
        return self(*args, status=status).error

    @contextmanager
    def running(self, *args: str) -> Iterator[Running]:
        pipe = subprocess.PIPE
        process = subprocess.Popen(
            (*self._prefix, *args), stdin=pipe, stdout=pipe, stderr=pipe, env=self._env
        )
        run = Running(process)
        try:
            yield run
        finally:
            run.close()

    @contextmanager
    def terminal(self, *args: str, rows: int = 24, columns: int = 80) -> Iterator[Terminal]:
        env = {**self._env, "TERM": "xterm"}
        terminal = Terminal((*self._prefix, *args), env, rows, columns)
        try:
            yield terminal
        finally:
            terminal.close()

    def inspect(self, name: str) -> Any:
        return json.loads(self("inspect", name).out)[0]

    def state(self, name: str) -> str:
        return self("inspect", "-f", "{{.State.Status}}", name).text

    def names(self, *args: str) -> list[str]:
        """Names as ``docker ps`` prints them."""
        return self("ps", "--format", "{{.Names}}", *args).lines


def _trust(tls: Certificate) -> tuple[str, ...]:
    files = ("--tlscacert", str(tls.ca), "--tlscert", str(tls.cert), "--tlskey", str(tls.key))
    return ("--tlsverify", *files)
