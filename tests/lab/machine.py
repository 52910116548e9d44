"""A host within this one: own processes, mounts, host name and network, on a shared bridge.

Everything in it ends with its first process, and that ends with the process that booted it, even
if that one is killed. So nothing is left to be found and ended after a crash.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO

# Before a command: the kernel ends it when the *thread* that started it ends (so do that from the
# main thread). Linux only; elsewhere there is no lab to be left over.
OWNED = ("setpriv", "--pdeathsig", "KILL") if sys.platform == "linux" else ()
_APART = (
    *("unshare", "--net", "--uts", "--mount", "--pid"),
    *("--fork", "--kill-child=SIGKILL", "--mount-proc"),
)
# docker-init reaps what loses its parent, as the first process of a host must.
_BOOT = """
hostname "$1"
ip link set lo up
mount -t tmpfs -o mode=755 disk "$2"
mkdir -p "$3" /run/docker/plugins
mount --bind "$3" /run/docker/plugins
echo up
exec docker-init -- sleep infinity
"""


def call(*command: str) -> str:
    """Runs a short command to its end; its output. CalledProcessError shows what it said."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


class Machine:
    """One such host.

    Attributes:
        name: Its host name.
        ip: Its address on the bridge's /24 network.
        disk: Its own file system, in memory; seen only from inside.
        plugins: Where its engine looks for plugins, from outside.
    """

    def __init__(
        self, name: str, bridge: str, port: int, ip: str, disk: Path, plugins: Path
    ) -> None:
        self.name = name
        self.ip = ip
        self.disk = disk
        self.plugins = plugins
        self._bridge = bridge
        self._port = f"{bridge}p{port}"
        self._process: subprocess.Popen[str] | None = None
        self._first = 0

    def boot(self) -> None:
        self.disk.mkdir(parents=True, exist_ok=True)
        self._process = subprocess.Popen(
            self._command(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        assert self._process.stdout is not None
        said = self._process.stdout.readline()
        if said != "up\n":
            self.power_off()
            raise RuntimeError(f"{self.name} did not boot: {said}")
        (self._first,) = children(self._process.pid)
        self._plug_in()

    def _command(self) -> tuple[str, ...]:
        """Says "up" when its first process is about to run."""
        folders = str(self.disk), str(self.plugins)
        return (*OWNED, *_APART, "sh", "-ec", _BOOT, "-", self.name, *folders)

    def _plug_in(self) -> None:
        """No default route: a pull from the internet fails at once instead of timing out."""
        peer = ("peer", "name", "eth0", "netns", str(self._first))
        call("ip", "link", "add", self._port, "type", "veth", *peer)
        call("ip", "link", "set", self._port, "master", self._bridge, "up")
        inside = ("nsenter", "--target", str(self._first), "--net", "ip")
        call(*inside, "addr", "add", f"{self.ip}/24", "dev", "eth0")
        call(*inside, "link", "set", "eth0", "up")

    def lay_over(self, tree: Path) -> None:
        """Its programs are those of ``tree``/usr, and the outer machine's where that has none."""
        layers = f"lowerdir={tree}/usr:/usr"
        self.run("mount", "-t", "overlay", "-o", layers, "programs", "/usr")

    def spawn(self, command: Sequence[str], output: IO[bytes]) -> subprocess.Popen[bytes]:
        """Starts ``command`` in the machine; the pid is that of ``nsenter``, its child runs it."""
        return subprocess.Popen(
            (*self._inside(), *command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def run(self, *command: str) -> str:
        return call(*self._inside(), *command)

    def _inside(self) -> tuple[str, ...]:
        spaces = ("--net", "--uts", "--mount", "--pid")
        return ("nsenter", "--target", str(self._first), *spaces, "--")

    def fill(self) -> None:
        """Its disk has no byte left."""
        disk = str(self.disk)
        blocks, free, size = map(int, self.run("stat", "-f", "-c", "%b %f %S", disk).split())
        self.run("mount", "-o", f"remount,size={(blocks - free) * size + (8 << 20)}", disk)
        self.run("sh", "-c", f"dd if=/dev/zero of={disk}/full bs=64k 2>/dev/null || true")

    def empty(self) -> None:
        self.run("mount", "-o", "remount,size=50%", str(self.disk))
        self.run("rm", "-f", f"{self.disk}/full")

    def cut(self) -> None:
        """As if somebody pulled the network cable."""
        call("ip", "link", "set", self._port, "down")

    def heal(self) -> None:
        call("ip", "link", "set", self._port, "up")

    def power_off(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None
