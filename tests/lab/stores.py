"""Real stores: etcd, Consul and ZooKeeper, each member on a loopback address of its own.

They end with the tests: also if these are killed.
"""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tests.lab.machine import OWNED
from tests.lab.packages import Missing, unpacked
from tests.lab.waiting import eventually

_numbers = itertools.count(1)
_CLASSES = "/usr/share/java/zookeeper.jar"


def own_address() -> str:
    """A loopback address that no other process of tests has."""
    pid = os.getpid()
    return f"127.{64 + (pid >> 14) % 64}.{(pid >> 6) & 255}.{(pid & 63) * 4 + next(_numbers) % 4}"


class StoreMember:
    """One server of a store, as a process.

    Attributes:
        place: HOST:PORT, where clients go.
    """

    def __init__(
        self, folder: Path, place: str, command: Sequence[str], environ: Mapping[str, str] = {}
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.place = place
        self.folder = folder
        self.command = [*command]
        self._environ = {**os.environ, **environ}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with open(self.folder / "log", "ab") as log:
            self._process = subprocess.Popen(
                (*OWNED, *self.command),
                cwd=self.folder,
                env=self._environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def listens(self) -> bool:
        host, port = self.place.rsplit(":", 1)
        with socket.socket() as probe:
            probe.settimeout(1)
            return probe.connect_ex((host, int(port))) == 0

    def stop(self, how: int = signal.SIGKILL) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)
            self._process.send_signal(how)
            self._process.wait(20)
            self._process = None

    def freeze(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)


def etcd_members(
    folder: Path, many: int = 1, options: Sequence[str] = (), scheme: str = "http"
) -> list[StoreMember]:
    """Members of one cluster, not started yet; the test is skipped if there is no etcd here."""
    if not shutil.which("etcd"):
        pytest.skip("etcd needs Debian's etcd-server")
    hosts = [own_address() for _ in range(many)]
    cluster = ",".join(f"m{n}=http://{host}:2380" for n, host in enumerate(hosts))
    return [
        StoreMember(
            folder / f"m{n}",
            f"{host}:2379",
            [
                "etcd",
                f"--name=m{n}",
                f"--data-dir={folder / f'm{n}' / 'data'}",
                f"--listen-client-urls={scheme}://{host}:2379",
                f"--advertise-client-urls={scheme}://{host}:2379",
                f"--listen-peer-urls=http://{host}:2380",
                f"--initial-advertise-peer-urls=http://{host}:2380",
                f"--initial-cluster={cluster}",
                "--heartbeat-interval=100",
                "--election-timeout=1000",
                *options,
            ],
        )
        for n, host in enumerate(hosts)
    ]


def consul_program() -> Path:
    """Consul's last release in Debian; the test is skipped if it cannot be had."""
    try:
        return unpacked("bullseye", "consul") / "usr/bin/consul"
    except Missing as error:
        pytest.skip(f"Consul needs Debian's archive: {error}")


def consul_member(folder: Path, options: Sequence[str] = ()) -> StoreMember:
    host = own_address()
    command = [
        *(str(consul_program()), "agent", "-server", "-bootstrap", "-node=m0"),
        *(f"-bind={host}", f"-client={host}", f"-data-dir={folder / 'data'}"),
        *("-dns-port=-1", "-hcl", "connect { enabled = false }"),
        *("-hcl", "performance { raft_multiplier = 1 }", "-hcl", "disable_update_check = true"),
        *options,
    ]
    return StoreMember(folder, f"{host}:8500", command)


def zookeeper_member(folder: Path) -> StoreMember:
    if not shutil.which("java") or not Path(_CLASSES).exists():
        pytest.skip("ZooKeeper needs Debian's zookeeper, and java")
    folder.mkdir(parents=True, exist_ok=True)
    host = own_address()
    config = folder / "zoo.cfg"
    config.write_text(
        f"tickTime=500\ndataDir={folder / 'data'}\nclientPort=2181\nclientPortAddress={host}\n"
        "admin.enableServer=false\n4lw.commands.whitelist=*\nforceSync=no\n"
        "minSessionTimeout=1000\nmaxSessionTimeout=60000\n"
    )
    jars = ":".join(str(jar) for jar in sorted(Path("/usr/share/java").glob("*.jar")))
    command = [
        *("java", "-Xmx128m", "-Dzookeeper.skipACL=no", "-Dzookeeper.extendedTypesEnabled=true"),
        *("-cp", f"{_CLASSES}:{jars}", "org.apache.zookeeper.server.ZooKeeperServerMain"),
        str(config),
    ]
    return StoreMember(folder, f"{host}:2181", command)


def started(members: Sequence[StoreMember]) -> Sequence[StoreMember]:
    for member in members:
        member.start()
    for member in members:
        eventually(member.listens, what=f"{member.command[0]} listens")
    return members
