"""Hosts that boot whole: systemd, sshd and Docker's own unit, as a fresh install would have them.

Each has this machine's files under a layer of its own, so that what happens there is seen nowhere
else: it may install, enable and restart. It needs no image, no network and no virtual machine.
"""

from __future__ import annotations

import shutil
import subprocess
import uuid
from concurrent.futures import ThreadPoolExecutor

from tests.lab.engines import Fleet, missing
from tests.lab.machine import OWNED, Machine
from tests.lab.sshd import make_key, public
from tests.lab.waiting import eventually

_SYSTEMD = "/lib/systemd/systemd"
# Of this machine, its tasks and its identity nothing goes over. What would reach the kernel that
# all share is masked; the same goes for /proc/sys, but for the machine's own network.
_BOOT = """
group=$1 base=$2
for top in $(awk '$3 ~ /^cgroup2?$/ { print $2 }' /proc/self/mounts); do
    mkdir -p $top/$group
    if [ -e $top/cpuset.mems ] && [ -e $top/$group/cgroup.clone_children ]; then
        for file in cpuset.cpus cpuset.mems; do cat $top/$file > $top/$group/$file; done
    fi
    echo $$ > $top/$group/cgroup.procs
done
exec unshare --net --uts --ipc --mount --pid --cgroup --fork --kill-child=SIGKILL sh -euc '
group=$1 base=$2 name=$3 identity=$4
ip link set lo up
mount -t tmpfs -o mode=755 disk $base
mkdir $base/up $base/work $base/root
mount -t overlay -o lowerdir=/,upperdir=$base/up,workdir=$base/work overlay $base/root
cd $base/root
rm -rf etc/docker etc/swarmd etc/ssh/ssh_host_* opt/swarmd var/lib/swarmd
mount -t tmpfs -o mode=700 home root
mount -t tmpfs log var/log
mkdir -m 700 root/.ssh
echo $name > etc/hostname
echo $identity > etc/machine-id
cp $base/../authorized_keys root/.ssh/
rm -f usr/sbin/policy-rc.d
for unit in systemd-sysctl systemd-modules-load systemd-remount-fs; do
    ln -s /dev/null etc/systemd/system/$unit.service
done
mount -t proc proc proc
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
mount -t proc proc mnt
mount --bind mnt/sys/net proc/sys/net
umount -l mnt
mount -t sysfs -o ro sys sys
mount -t tmpfs -o mode=755 groups sys/fs/cgroup
for top in $(awk "\\$3 ~ /^cgroup2?$/ { print \\$2 }" /proc/self/mounts | grep -v "^$base"); do
    mkdir -p .$top
    mount --bind $top/$group .$top
done
mount -t tmpfs -o mode=755 dev dev
for node in null zero full random urandom tty; do cp -a /dev/$node dev/; done
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts dev/pts
mount -t tmpfs shm dev/shm
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
for folder in run tmp var/tmp; do mount -t tmpfs -o mode=1777 tmp $folder; done
mkdir -p var/lib/docker mnt/given
mount -t tmpfs -o mode=711 docker var/lib/docker
mount --bind $5 mnt/given
mkdir outside
pivot_root . outside
umount -l outside
echo up
exec env -i container=lab PATH=/usr/sbin:/usr/bin:/sbin:/bin %s --unit=basic.target >/dev/null 2>&1
' - "$@"
"""


def no_booting() -> str:
    """Why no host can be booted here; "" if it can."""
    lacking = [
        each for each in ("ssh-keygen", "/usr/sbin/sshd", _SYSTEMD) if not shutil.which(each)
    ]
    return missing() or (f"hosts that boot need {', '.join(lacking)}" if lacking else "")


class BootedMachine(Machine):
    """One that systemd runs; whoever has the fleet's key may log in as root."""

    def _command(self) -> tuple[str, ...]:
        group = f"{self._bridge}-{self._port[len(self._bridge) + 1 :]}"
        given = self.disk.parents[1] / "given"
        words = (group, str(self.disk), self.name, uuid.uuid4().hex, str(given))
        return (*OWNED, "sh", "-euc", _BOOT % _SYSTEMD, "-", *words)

    def wait_ready(self) -> None:
        eventually(lambda: "running" in self.systemctl("is-system-running"), 60)
        self.run("ssh-keygen", "-q", "-A")
        self.systemctl("start", "ssh", "systemd-user-sessions")

    def host_key(self) -> str:
        return " ".join(self.run("cat", "/etc/ssh/ssh_host_ed25519_key.pub").split()[:2])

    def systemctl(self, *words: str) -> str:
        return self.run("systemctl", *words)


class BootedFleet(Fleet):
    """Hosts of one bridge; nothing runs on them but sshd.

    Attributes:
        key: Logs in as root.
        given: A folder that all of them see as /mnt/given.
        known_hosts: Their keys.
    """

    def __init__(self, *names: str) -> None:
        super().__init__(0)
        self.key = make_key(self.folder / "key")
        self.given = self.folder / "given"
        self.known_hosts = self.folder / "known_hosts"
        self.machines = [self._machine(rank, name) for rank, name in enumerate(names, 1)]

    def _machine(self, rank: int, name: str) -> BootedMachine:
        folder, ip = self.folder / str(rank), f"{self._net}.{10 + rank}"
        return BootedMachine(name, self._bridge, rank, ip, folder / "disk", self.plugins)

    def machine(self, name: str) -> BootedMachine:
        return next(one for one in self.machines if one.name == name)

    def ssh(self, name: str, command: str, input: str = "", within: float = 120.0) -> str:
        """What a command line prints that root types there."""
        options = (f"UserKnownHostsFile={self.known_hosts}", "BatchMode=yes", "LogLevel=ERROR")
        words = [word for option in options for word in ("-o", option)]
        done = subprocess.run(
            ("ssh", "-i", str(self.key), *words, f"root@{self.machine(name).ip}", command),
            input=input,
            capture_output=True,
            text=True,
            timeout=within,
        )
        if done.returncode:
            raise RuntimeError(f"{name}: {command}: {done.stdout[-2000:]}{done.stderr[-3000:]}")
        return done.stdout

    def up(self) -> None:
        self._lay_cables()
        self.given.mkdir()
        for machine in self.machines:
            self._boot(machine)
        with ThreadPoolExecutor(len(self.machines)) as pool:
            list(pool.map(BootedMachine.wait_ready, self.machines))
        self.learn_host_keys()

    def learn_host_keys(self) -> None:
        lines = [f"{one.ip} {one.host_key()}\n" for one in self.machines]
        self.known_hosts.write_text("".join(lines))

    def _boot(self, machine: BootedMachine) -> None:
        machine.disk.mkdir(parents=True)
        (machine.disk.parent / "authorized_keys").write_text(public(self.key) + "\n")
        machine.boot()

    def down(self) -> None:
        for machine in self.machines:
            machine.power_off()
        super().down()
