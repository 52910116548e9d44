"""Fast rounds of faults over simulated engines, and what is left of them afterwards.

``python -m tests.soak.leaks --rounds 1000``: a round is a spoilt wire under a handful of calls and
streams, too short for a real engine and long enough for everything that can be held to be held.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import os
import random
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.bench.engines import address
from tests.bench.programs import running, wait_for
from tests.lab.daemon import Swarmd
from tests.lab.http import connect
from tests.lab.ports import free_port
from tests.lab.waiting import eventually
from tests.lab.wire import Wire

ENGINES, SIZE = 3, 5
_NINE = "Content-Type: application/json\r\nContent-Length: 9\r\n"
# Connections that are kept idle, for each engine.
IDLE = 16
# Seconds that a create of unknown outcome may keep its name: until the next whole list at most.
DOUBT = 70.0
_METRIC = re.compile(rb"^(swarmd_\w+)(?:\{[^}]*\})? ([\d.e+]+)$", re.M)
_HURT: dict[str, Callable[[Wire], None]] = {
    "reset": Wire.reset,
    "refuse": Wire.refuse,
    "hang": Wire.hang,
    "truncate": lambda wire: setattr(wire, "leave", 80),
    "garbage": lambda wire: (setattr(wire, "says", b"\x00HTTP?\r\n\r\n"), wire.reset())[-1],
    "nothing": lambda wire: None,
}


@dataclass(frozen=True)
class Held:
    """Attributes:
    descriptors: Open ones of swarmd.
    memory: Resident, in MiB.
    clients: Connections that swarmd counts.
    containers: That it lists.
    reserved: Creates that it believes to be under way.
    """

    descriptors: int
    memory: int
    clients: int
    containers: int
    reserved: int


class Leaks:
    """Simulated engines, each behind a wire, and a swarmd that knows the wires."""

    def __init__(self, folder: Path, port: int, seed: int) -> None:
        self.wires = [Wire(f"{address(number)}:{port}") for number in range(ENGINES)]
        self.swarmd = Swarmd(folder, [wire.address for wire in self.wires])
        self._chance = random.Random(seed)
        self._api = self.swarmd.api

    def rounds(self, count: int) -> None:
        with ThreadPoolExecutor(8) as pool:
            for number in range(count):
                wire = self._chance.choice(self.wires)
                calls = [pool.submit(call, number) for call in self._calls()]
                _HURT[self._chance.choice(list(_HURT))](wire)
                time.sleep(0.05)
                wire.heal()
                for call in calls:
                    call.result(60)

    def held(self) -> Held:
        """Once it is quiet: all engines are well, and nothing is under way."""
        eventually(lambda: len(self.swarmd.healthy()) == ENGINES)
        body = eventually(self._quiet, DOUBT)
        process = Path(f"/proc/{self.swarmd.pid}")
        pages = int((process / "statm").read_text().split()[1])
        return Held(
            len(os.listdir(process / "fd")),
            pages * os.sysconf("SC_PAGE_SIZE") >> 20,
            int(body["swarmd_connections"]),
            len(self._api.get("/containers/json?all=1")),
            int(body["swarmd_creates_under_way"]),
        )

    def _quiet(self) -> dict[str, float]:
        answer = self._api.call("GET", "/swarmd/metrics")
        body = {name.decode(): float(value) for name, value in _METRIC.findall(answer.body)}
        busy = body["swarmd_connections"] > 1 or body["swarmd_creates_under_way"]
        return {} if busy else body

    def _calls(self) -> list[Callable[[int], None]]:
        return [self._make_and_remove, self._look, self._list, self._attach, self._logs, self._half]

    def _make_and_remove(self, number: int) -> None:
        with _whatever():
            answer = self._api.call(
                "POST", f"/containers/create?name=l{number}", {"Image": "x"}, 30
            )
            if answer.status == 201:
                eventually(lambda: self._gone(answer.json["Id"]))

    def _gone(self, container_id: str) -> bool:
        path = f"/containers/{container_id}?force=1"
        return self._api.call("DELETE", path, timeout=30).status in (204, 404)

    def _look(self, number: int) -> None:
        with _whatever():
            self._api.call("GET", f"/containers/c-{number % ENGINES:04}-0001/json", timeout=30)

    def _list(self, number: int) -> None:
        with _whatever():
            self._api.call("GET", "/containers/json?all=1", timeout=30)

    def _attach(self, number: int) -> None:
        self._leave(f"POST /containers/c-{number % ENGINES:04}-0001/attach", "Upgrade: tcp\r\n")

    def _logs(self, number: int) -> None:
        self._leave(f"GET /containers/c-{number % ENGINES:04}-0001/logs?follow=1")
        self._leave("GET /events")

    def _half(self, number: int) -> None:
        """An upload that is never finished."""
        self._leave(f"POST /containers/c-{number % ENGINES:04}-0001/exec", _NINE)

    def _leave(self, request: str, more: str = "") -> None:
        with _whatever(), connect(self._api.url) as client:
            client.sendall(f"{request} HTTP/1.1\r\nHost: localhost\r\n{more}\r\n".encode())
            client.settimeout(0.02)
            client.recv(1000)

    def close(self) -> None:
        self.swarmd.close()
        for wire in self.wires:
            wire.close()


@contextmanager
def _whatever() -> Iterator[None]:
    """No answer is an answer here: only what is left behind counts."""
    with contextlib.suppress(OSError, http.client.HTTPException):
        yield


@contextmanager
def prepared(folder: Path, seed: int) -> Iterator[Leaks]:
    with ExitStack() as stack:
        port, log = free_port(), folder / "engines.log"
        command = ["-m", "tests.bench.engines", *map(str, (ENGINES, SIZE, port))]
        stack.enter_context(running([sys.executable, *command], (address(0), port), log))
        wait_for(lambda: log.read_bytes().startswith(b"ready"))
        leaks = Leaks(folder / "swarmd", port, seed)
        stack.callback(leaks.close)
        leaks.swarmd.start(ENGINES)
        yield leaks


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.soak.leaks")
    parser.add_argument("--rounds", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder, prepared(Path(folder), options.seed) as leaks:
        for _ in range(5):
            leaks.rounds(options.rounds // 5)
            print(leaks.held(), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
