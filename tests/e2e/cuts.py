"""One fleet behind wires on which a trap can be set, and what must hold after it has sprung."""

from __future__ import annotations

import http.client
import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.lab.daemon import Swarmd
from tests.lab.engine import Engine
from tests.lab.engines import Fleet
from tests.lab.http import Answer
from tests.lab.trap import Trap
from tests.lab.waiting import eventually
from tests.lab.wire import Wire

ALL = "/containers/json?all=1"
CONVERGENCE = 60.0  # seconds: engines that come back, one whole list, and a slow machine
_REFRESH = ("--engine-refresh-min-interval", "1s", "--engine-refresh-max-interval", "2s")


class Scene:
    """Attributes:
    faults: What may happen at a point; None resets the connection of the call.
    pulled: An image that a registry has.
    """

    pulled = ""

    def __init__(self, fleet: Fleet, folder: Path) -> None:
        self.fleet = fleet
        self.wires = [Wire(engine.address) for engine in fleet]
        self._state = folder / "state"
        self._state.mkdir(parents=True)
        options = ("--state-dir", str(self._state), "--reschedule-grace", "1s", *_REFRESH)
        self.swarmd = Swarmd(folder, [wire.address for wire in self.wires], options=options)
        self.faults: dict[str, Callable[[str], None] | None] = {
            "reset": None,
            "killed": lambda address: self.engine(address).kill(),
            "frozen": lambda address: self.engine(address).freeze(),
            "swarmd killed": lambda address: self.swarmd.kill(),
        }

    def engine(self, address: str) -> Engine:
        return next(engine for engine in self.fleet if engine.address == address)

    def start(self) -> None:
        self.swarmd.start()
        eventually(self._well, CONVERGENCE, what="all nodes are healthy")

    def close(self) -> None:
        try:
            self.swarmd.close()
        finally:
            for wire in self.wires:
                wire.close()

    def set(self, trap: Trap) -> None:
        """Whichever engine's call comes first springs it."""
        for wire in self.wires:
            wire.trap = trap

    def call(self, method: str, path: str, body: Any = None) -> Answer | None:
        """None if swarmd dies over it."""
        try:
            return self.swarmd.api.call(method, path, body, timeout=120)
        except (OSError, http.client.HTTPException):
            return None

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """The JSON of a call that must succeed; None if it has none."""
        answer = self.call(method, path, body)
        assert answer is not None and answer.status < 300, f"{method} {path}: {answer}"
        return answer.json if answer.body else None

    def heal(self) -> None:
        for engine, wire in zip(self.fleet, self.wires, strict=True):
            wire.heal()
            if engine.running():
                engine.thaw()
            else:
                engine.start()
        if not self.swarmd.running():
            self.start()
        eventually(self._well, CONVERGENCE, what="all nodes are healthy")

    def _well(self) -> bool:
        """Cordoned nodes are, too."""
        rows = self.swarmd.nodes().values()
        return sum(row["Status"].startswith("Healthy") for row in rows) == len(self.wires)

    # What must hold

    def wait_until_agreed(self) -> None:
        """Waits until everybody sees the same, each name once, and nothing is under way."""
        eventually(self._agreed, CONVERGENCE, 0.1, what="engines and swarmd agree")
        eventually(
            self._whole, CONVERGENCE, 0.1, what="no name is there twice, no move is half done"
        )
        eventually(lambda: self._under_way() == 0, CONVERGENCE, what="no create is under way")

    def _agreed(self) -> bool:
        shown = sorted((item["Id"], item["Names"][0]) for item in self.swarmd.api.get(ALL))
        return shown == sorted(self.real())

    def _whole(self) -> bool:
        names = Counter(name for _, name in self.real())
        return set(names.values()) <= {1} and not any(".moving-" in name for name in names)

    def real(self) -> list[tuple[str, str]]:
        """ID and name of every container that an engine has."""
        return [
            (item["Id"], item["Names"][0])
            for engine in self.fleet
            for item in engine.local.get(ALL)
        ]

    def named(self, name: str) -> list[str]:
        """IDs of the containers of that name that engines have."""
        return [each for each, shown in self.real() if shown == f"/{name}"]

    def _under_way(self) -> float:
        body = self.swarmd.api.call("GET", "/swarmd/metrics").body.decode()
        (line,) = (line for line in body.splitlines() if line.startswith("swarmd_creates_under"))
        return float(line.split()[1])

    def descriptors(self) -> int:
        return len(os.listdir(f"/proc/{self.swarmd.pid}/fd"))

    def clear(self) -> None:
        """As before, also where the test has failed."""
        for engine in self.fleet:
            self.call("POST", f"/swarmd/nodes/{engine.name}/uncordon")
        self.fleet.remove_all()
        self.fleet.remove_images()
        eventually(lambda: self.swarmd.api.get(ALL) == [], CONVERGENCE)


def names_a_node(answer: Answer | None) -> bool:
    """An error says which node it was, unless swarmd died with the answer."""
    return answer is None or answer.status < 400 or "node-" in answer.message
