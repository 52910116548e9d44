"""The example without certificates: its two scripts, run on hosts that boot, and the stock CLI."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conf.examples.conftest import Booting
from tests.lab.booted import BootedFleet
from tests.lab.cli import command_lines
from tests.lab.image import busybox_archive
from tests.lab.sshd import make_key, public
from tests.lab.waiting import eventually

pytestmark = [pytest.mark.packaging, pytest.mark.engines]

HERE = "/mnt/given/tree/conf/examples/ssh"
OFFLINE = "--no-index --find-links /mnt/given"


def test_engines_and_users_by_ssh_alone(boot: Booting, sources: Path, tmp_path: Path) -> None:
    fleet = boot("cloud", "node-1")
    shutil.copytree(sources, fleet.given / "tree")
    door, host = (fleet.machine(name).ip for name in ("cloud", "node-1"))
    key = _door(fleet)
    shown = fleet.ssh("node-1", f"sh {HERE}/host.sh '{key}'")
    scan = f"ssh-keyscan -t ed25519 {host} | tee -a /etc/swarmd/known_hosts | ssh-keygen -l -f -"
    assert fleet.ssh("cloud", scan).split()[1] == shown.split()[1]
    fleet.ssh("cloud", f"echo 'ssh://swarmd@{host} name=node-1 zone=east' >> /etc/swarmd/hosts")
    fleet.ssh("cloud", "useradd --create-home --groups swarmd-users alice")
    alice = _key(fleet, "alice", tmp_path)

    docker = Ssh(f"alice@{door}", alice, fleet.known_hosts, tmp_path)
    eventually(lambda: b"Status: Healthy" in docker("info"), 60)
    docker("load", input=busybox_archive())
    assert docker("run", "--rm", "busybox", "echo", "hello") == b"hello\n"
    assert docker("run", "-i", "--rm", "busybox", "cat", input=b"x" * 100_000) == b"x" * 100_000
    # She is somebody there, and can do nothing else: no shell, no tunnel, no port to come by.
    assert "uid=" not in docker.ssh("id")
    sockets = fleet.ssh("cloud", "ss -tlnH").splitlines()
    assert {line.split()[3].rpartition(":")[2] for line in sockets} == {"22"}
    inside = "ssh -o UserKnownHostsFile=/etc/swarmd/known_hosts -i /etc/swarmd/id_ed25519"
    assert "uid=" not in fleet.ssh("cloud", f"{inside} swarmd@{host} id </dev/null || true")

    assert _door(fleet) == key  # and the fleet is as before
    assert docker("ps", "-q") == b""
    fleet.ssh("cloud", "gpasswd -d alice swarmd-users")
    with pytest.raises(AssertionError):
        docker("ps")


def _door(fleet: BootedFleet) -> str:
    return fleet.ssh("cloud", f"sh {HERE}/door.sh {OFFLINE}", within=300).splitlines()[-1]


def _key(fleet: BootedFleet, user: str, folder: Path) -> Path:
    key = make_key(folder / user)
    home = f"/home/{user}/.ssh"
    fleet.ssh("cloud", f"install -d {home} && cat > {home}/authorized_keys", public(key) + "\n")
    return key


class Ssh:
    """The docker CLI of a user, whose ssh has a key and knows the door."""

    def __init__(self, where: str, key: Path, known_hosts: Path, home: Path) -> None:
        folder = home / "bin"
        folder.mkdir()
        words = f"-i {key} -o UserKnownHostsFile={known_hosts} -o BatchMode=yes"
        (folder / "ssh").write_text(f'#!/bin/sh\nexec {shutil.which("ssh")} {words} "$@"\n')
        (folder / "ssh").chmod(0o755)
        path = f"{folder}:{os.environ['PATH']}"
        self._env = {"PATH": path, "HOME": str(home), "DOCKER_HOST": f"ssh://{where}"}
        self._where = where

    def __call__(self, *words: str, input: bytes = b"") -> bytes:
        command = (command_lines()[0], *words)
        done = subprocess.run(command, input=input, capture_output=True, env=self._env, timeout=60)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout

    def ssh(self, command: str) -> str:
        """What that user's ssh says to a command of the own."""
        words = ("ssh", self._where, command)
        quiet = subprocess.DEVNULL
        done = subprocess.run(words, stdin=quiet, capture_output=True, env=self._env, timeout=60)
        return done.stdout.decode() + done.stderr.decode()
