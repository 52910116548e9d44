"""A fleet of real engines on one bridge. Needs root, docker.io, busybox-static and iproute2.

Several fleets can stand side by side, also of different test runs: each takes a numbered place
(a locked file), and its names, addresses and folders follow from that number. The lock goes with
its process, so the next owner of a place removes what a crashed one left there.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import MappingProxyType

from tests.lab.certificates import Authority, Certificate
from tests.lab.engine import Engine
from tests.lab.image import busybox_archive
from tests.lab.machine import Machine, call
from tests.lab.programs import Program

NEEDED = ("dockerd", "docker-init", "busybox", "ip", "nsenter", "unshare", "setpriv")
NO_PROGRAMS: Mapping[int, Program] = MappingProxyType({})
_ROOT = Path(tempfile.gettempdir()) / "swarmd-lab"


def missing() -> str:
    """Why no engine can be started here; "" if it can."""
    if os.geteuid() != 0:
        return "real engines need root"
    lacking = [program for program in NEEDED if shutil.which(program) is None]
    return f"real engines need {', '.join(lacking)}" if lacking else ""


class Fleet:
    """Engines node-1, node-2 … of one place.

    Attributes:
        authority: The CA of the engines' certificates, and of whoever talks to them.
        client: A certificate of that CA for clients (and for swarmd: it also names 127.0.0.1).
        plugins: Where all of them look for plugins.
    """

    def __init__(
        self, count: int = 3, *, tls: bool = False, programs: Mapping[int, Program] = NO_PROGRAMS
    ) -> None:
        """``programs`` are other dockerds, by the rank of the engine that runs it."""
        self._lock, self.place = _take_place()
        self._bridge = f"swlab{self.place}"
        self._net = f"10.213.{self.place}"
        self.folder = _ROOT / str(self.place)
        self._clean()
        self.folder.mkdir(parents=True)
        self.plugins = self.folder / "plugins"
        self.authority = Authority(self.folder / "tls")
        self.client = self.authority.issue("client", ("127.0.0.1", "localhost"))
        self.engines: list[Engine] = []
        self._tls = tls
        self._programs = programs
        self._count = count

    def __iter__(self) -> Iterator[Engine]:
        return iter(self.engines)

    def __getitem__(self, name: str) -> Engine:
        return next(engine for engine in self.engines if engine.name == name)

    def up(self) -> None:
        """Boots the machines, starts the engines side by side and gives each the image."""
        self._lay_cables()
        for rank in range(1, self._count + 1):
            self.add(rank).launch()
        archive = busybox_archive()

        def finish(engine: Engine) -> None:
            engine.wait_ready()
            engine.load(archive)

        with ThreadPoolExecutor(self._count) as pool:
            list(pool.map(finish, self.engines))

    def _lay_cables(self) -> None:
        call("ip", "link", "add", self._bridge, "type", "bridge")
        call("ip", "addr", "add", f"{self._net}.1/24", "dev", self._bridge)
        call("ip", "link", "set", self._bridge, "up")

    def add(self, rank: int, name: str = "") -> Engine:
        """One more machine, booted, with its engine not started yet."""
        folder, ip = self.folder / str(rank), f"{self._net}.{10 + rank}"
        places = folder / "disk", self.plugins
        machine = Machine(name or f"node-{rank}", self._bridge, rank, ip, *places)
        machine.boot()
        cgroup = f"/{self._bridge}-{rank}"
        tls, program = self._certificate(machine), self._programs.get(rank)
        engine = Engine(machine, folder, cgroup, rank, tls, program)
        self.engines.append(engine)
        return engine

    def _certificate(self, machine: Machine) -> Certificate | None:
        if not self._tls:
            return None
        return self.authority.issue(f"{machine.name}-{machine.ip}", (machine.ip, machine.name))

    def remove_all(self) -> None:
        with ThreadPoolExecutor(len(self.engines)) as pool:
            list(pool.map(Engine.remove_all, self.engines))

    def remove_images(self) -> None:
        for engine in self.engines:
            engine.remove_images()

    def clear(self) -> None:
        """Nothing is left of what tests made."""
        self.remove_all()
        self.remove_images()

    def reset(self) -> None:
        """All that tests left is gone, and every engine is of use."""
        for engine in self.engines:
            engine.heal()
        self.clear()

    def down(self) -> None:
        for engine in self.engines:
            engine.close()
        self._clean()
        os.close(self._lock)

    def _clean(self) -> None:
        """What a network bridge, control groups and files leave when their processes are gone."""
        links = sorted(Path("/sys/class/net").glob(f"{self._bridge}p*"))
        for link in (*links, Path("/sys/class/net") / self._bridge):
            with contextlib.suppress(RuntimeError):  # gone, or going with its other end
                call("ip", "link", "del", link.name)
        for group in sorted(_control_groups(f"{self._bridge}-*"), reverse=True):
            with contextlib.suppress(OSError):  # still being emptied; the next owner removes it
                group.rmdir()
        shutil.rmtree(self.folder, ignore_errors=True)


def _control_groups(pattern: str) -> Iterator[Path]:
    root = Path("/sys/fs/cgroup")
    for top in (*root.glob(pattern), *root.glob(f"*/{pattern}")):
        yield top
        yield from (folder for folder in top.rglob("*") if folder.is_dir())


def _take_place() -> tuple[int, int]:
    """A locked file descriptor, and the number of the place that it holds."""
    _ROOT.mkdir(exist_ok=True)
    for place in range(1, 250):
        lock = os.open(_ROOT / f"{place}.lock", os.O_CREAT | os.O_RDWR)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            continue
        return lock, place
    raise RuntimeError(f"all places of {_ROOT} are taken")
