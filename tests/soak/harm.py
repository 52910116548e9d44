"""Does what ``plan`` names to engines, wires and swarmd, and makes it good again."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from tests.lab.daemon import Swarmd
from tests.lab.engine import Engine
from tests.lab.engines import Fleet
from tests.lab.image import busybox_archive
from tests.lab.waiting import eventually
from tests.lab.wire import Wire

HEALED = 60.0  # seconds: the longest wait between two tries is two heartbeats; a slow machine
_ERROR = (
    b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 20\r\n\r\n" + b'{"message":"broken"}'
)
_GARBAGE = b"\x00\x16\x03HTTP/9.9 banana\r\n\r\n"


class Lab:
    """Engines, each behind a wire of its own, and a swarmd that knows only the wires."""

    def __init__(self, fleet: Fleet, folder: Path) -> None:
        self.fleet = fleet
        self.engines = list(fleet)
        self.wires = [Wire(engine.address) for engine in self.engines]
        options = ("--engine-refresh-min-interval", "5s", "--engine-refresh-max-interval", "10s")
        self.swarmd = Swarmd(folder, self.addresses, options=options)

    @property
    def addresses(self) -> list[Engine | str]:
        return [wire.address for wire in self.wires]

    def start(self) -> None:
        self.swarmd.start(len(self.engines))

    def close(self) -> None:
        try:
            self.swarmd.stop()
        finally:
            for wire in self.wires:
                wire.close()

    # Faults: each lasts for some seconds; what is not over then, ``heal`` ends.

    def harm(self, fault: str, node: int, seconds: float) -> None:
        began = time.monotonic()
        _FAULTS[fault](self, node, seconds)
        time.sleep(max(0.0, began + seconds - time.monotonic()))

    def heal(self) -> None:
        for engine, wire in zip(self.engines, self.wires, strict=True):
            wire.heal()
            engine.machine.heal()
            if engine.running():
                engine.thaw()
            else:
                engine.start()
        if not self.swarmd.running():
            self.start()
        self.swarmd.list_engines(self.addresses)
        healthy = len(self.engines)
        eventually(lambda: len(self.swarmd.healthy()) == healthy, HEALED, what="all healthy")

    def flap(self, node: int, seconds: float) -> None:
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            self.wires[node].refuse()
            time.sleep(0.4)
            self.wires[node].heal()
            time.sleep(0.6)

    def fill(self, node: int, seconds: float) -> None:
        machine = self.engines[node].machine
        machine.fill()
        time.sleep(seconds)
        machine.empty()

    def say(self, node: int, words: bytes) -> None:
        """To whoever connects from now on, and that is everybody."""
        self.wires[node].says = words
        self.wires[node].reset()

    def restart(self, *, kindly: bool, seconds: float) -> None:
        """It is away for a third of the time."""
        if kindly:
            self.swarmd.stop()
        else:
            self.swarmd.kill()
        time.sleep(seconds / 3)
        self.start()

    def leave(self, node: int) -> None:
        """The engine is taken off the list."""
        self.swarmd.list_engines(
            [wire.address for wire in self.wires if wire is not self.wires[node]]
        )

    def garble(self) -> None:
        self.swarmd.hosts.write_bytes(b"\x00\xff not a host\n" * 50)
        self.swarmd.reread()

    def lose_list(self) -> None:
        self.swarmd.hosts.unlink()
        self.swarmd.reread()

    def set_wire(self, node: int, **attributes: float | int) -> None:
        for name, value in attributes.items():
            setattr(self.wires[node], name, value)

    def clear(self) -> None:
        """Behind swarmd's back."""
        self.fleet.remove_all()
        for engine in self.engines:
            engine.load(busybox_archive())


_FAULTS: dict[str, Callable[[Lab, int, float], None]] = {
    "nothing": lambda lab, node, seconds: None,
    "kill": lambda lab, node, seconds: lab.engines[node].kill(),
    "stop": lambda lab, node, seconds: lab.engines[node].stop(),
    "freeze": lambda lab, node, seconds: lab.engines[node].freeze(),
    "cut": lambda lab, node, seconds: lab.engines[node].machine.cut(),
    "flap": Lab.flap,
    "full disk": Lab.fill,
    "slow": lambda lab, node, seconds: lab.set_wire(node, delay=2.0),
    "hang": lambda lab, node, seconds: lab.wires[node].hang(),
    "reset": lambda lab, node, seconds: lab.wires[node].reset(),
    "refuse": lambda lab, node, seconds: lab.wires[node].refuse(),
    "truncate": lambda lab, node, seconds: lab.set_wire(node, leave=150),
    "answer 500": lambda lab, node, seconds: lab.say(node, _ERROR),
    "answer garbage": lambda lab, node, seconds: lab.say(node, _GARBAGE),
    "kill swarmd": lambda lab, node, seconds: lab.restart(kindly=False, seconds=seconds),
    "stop swarmd": lambda lab, node, seconds: lab.restart(kindly=True, seconds=seconds),
    "leave": lambda lab, node, seconds: lab.leave(node),
    "garbled hosts": lambda lab, node, seconds: lab.garble(),
    "no hosts": lambda lab, node, seconds: lab.lose_list(),
}
