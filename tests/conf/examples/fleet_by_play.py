"""What the Ansible example needs on the operator's machine, and runs of its play."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.lab.booted import BootedFleet
from tests.lab.certificates import Certificate
from tests.lab.cli import Docker, command_lines
from tests.lab.daemon import TREE

_CHANGED = re.compile(r"^(?:TASK|RUNNING HANDLER) \[(.*)\]|^changed: \[(\S+)\].*", re.MULTILINE)
_RECAP = re.compile(r"^(\S+) +: ok=\d+ +changed=(\d+) +unreachable=0 +failed=0", re.MULTILINE)
PATIENCE = 900  # seconds for one run


class FleetByPlay:
    """A copy of the example, with an inventory of hosts that are there.

    Attributes:
        labels: Of the engines in the inventory, by name; who is added here is in the next run.
        fleet: The hosts.
        settings: Take the place of those of fleet.yml.
    """

    def __init__(self, folder: Path, fleet: BootedFleet) -> None:
        conf = folder / "conf"
        shutil.copytree(TREE / "conf", conf, ignore=shutil.ignore_patterns("venv", "certificates"))
        self.folder = conf / "examples" / "ansible"
        self.labels: dict[str, str] = {}
        self.settings: dict[str, object] = {"pip_options": "--no-index --find-links /mnt/given"}
        self.fleet = fleet
        self._home = folder / "home"
        (self.folder / "wheel").mkdir()
        (self.folder / "venv").symlink_to(Path(sys.prefix))
        for wheel in fleet.given.glob("swarmd-*"):
            shutil.copy(wheel, self.folder / "wheel")

    def run(self, *options: str) -> dict[str, int]:
        """How much it changed, by host, itself included."""
        return {name: int(changed) for name, changed in _RECAP.findall(self._run(*options))}

    def changes(self, *options: str) -> list[str]:
        """What a run changed: hosts, and names of tasks."""
        task, found = "", []
        for begun, host in _CHANGED.findall(self._run(*options)):
            task = begun or task
            if host:
                found.append(f"{host}: {task}")
        return found

    def _run(self, *options: str) -> str:
        self._write_inventory()
        command = ("ansible-playbook", "-i", "inventory.ini", "site.yml", *options)
        words = ("-e", json.dumps(self.settings))
        env = {
            **{key: os.environ[key] for key in ("PATH", "LANG") if key in os.environ},
            **{"ANSIBLE_HOME": str(self._home), "HOME": str(self._home), "ANSIBLE_NOCOLOR": "1"},
            # A path of a socket has 108 bytes, and the home of a test nearly as many.
            "ANSIBLE_SSH_CONTROL_PATH_DIR": str(self.fleet.folder / "cp"),
        }
        done = subprocess.run(
            (*command, *words),
            **{"cwd": self.folder, "env": env, "stdin": subprocess.DEVNULL},  # type: ignore[call-overload]
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-1000:]
        return done.stdout

    def _write_inventory(self) -> None:
        """As the example has it, with other addresses and whoever may log in here."""
        lines = ["[door]", self._line("cloud"), "[engines]"]
        lines += [f'{self._line(name)} labels="{words}"' for name, words in self.labels.items()]
        trust = f"-o UserKnownHostsFile={self.fleet.known_hosts} -o IdentitiesOnly=yes"
        lines += ["[all:vars]", "ansible_user=root"]
        lines += [f"ansible_ssh_private_key_file={self.fleet.key}"]
        lines += [f"ansible_ssh_common_args={trust}"]
        (self.folder / "inventory.ini").write_text("\n".join(lines) + "\n")

    def _line(self, name: str) -> str:
        ip = self.fleet.machine(name).ip
        return f"{name} ansible_host={ip} address={ip}"

    def certificate(self, user: str) -> Certificate:
        return Certificate(self.folder / "certificates" / "users" / user)

    def docker(self, user: str, host: str = "cloud", tls: Certificate | None = None) -> Docker:
        """The stock CLI with the files that this user was given, or with others."""
        url = f"tcp://{self.fleet.machine(host).ip}:2376"
        return Docker(command_lines()[0], url, tls or self.certificate(user), self._home)
