"""User data: judged by cloud-init, and acted upon by it on hosts that boot."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conf.examples.conftest import Booting
from tests.lab.booted import BootedFleet
from tests.lab.certificates import Certificate
from tests.lab.cli import Docker, command_lines
from tests.lab.daemon import TREE
from tests.lab.image import busybox_archive
from tests.lab.waiting import eventually

pytestmark = pytest.mark.packaging

EXAMPLE = TREE / "conf" / "examples" / "cloud-init"
PLACEHOLDER = "ssh-ed25519 AAAA-PUT-IN-THE-KEY-OF-THE-DOOR swarmd@cloud"
# The network and the clouds' metadata servers are not here; everything else is as on an image.
_BOOT = """
set -eu
rm -f /etc/cloud/cloud-init.disabled
echo 'datasource_list: [NoCloud]\nnetwork: {config: disabled}' > /etc/cloud/cloud.cfg.d/99-here.cfg
mkdir -p /var/lib/cloud/seed/nocloud
cat > /var/lib/cloud/seed/nocloud/user-data
echo "instance-id: $(hostname)\nlocal-hostname: $(hostname)" > /var/lib/cloud/seed/nocloud/meta-data
cloud-init init --local && cloud-init init
cloud-init modules --mode=config || true  # no locales here
cloud-init modules --mode=final 2>&1
"""


def schema(path: Path) -> subprocess.CompletedProcess[str]:
    if shutil.which("cloud-init") is None:
        pytest.skip("cloud-init is not installed")
    command = ("cloud-init", "schema", "--config-file", str(path))
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("name", ["host.yaml", "door.yaml"])
def test_cloud_init_takes_it(name: str, tmp_path: Path) -> None:
    done = schema(EXAMPLE / name)
    assert (done.returncode, done.stdout.strip()) == (0, f"Valid cloud-config: {EXAMPLE / name}")
    wrong = tmp_path / name
    wrong.write_text((EXAMPLE / name).read_text().replace("packages: [", "packages: 3 #"))
    assert schema(wrong).returncode == 1


@pytest.mark.engines
def test_a_door_and_a_host_from_their_user_data(boot: Booting, tmp_path: Path) -> None:
    if shutil.which("cloud-init") is None:
        pytest.skip("cloud-init is not installed")
    fleet = boot("cloud", "node-1")
    door, host = (fleet.machine(name).ip for name in ("cloud", "node-1"))
    _first_boot(fleet, "cloud", _for_here((EXAMPLE / "door.yaml").read_text(), fleet))
    key = fleet.ssh("cloud", "cat /etc/swarmd/id_ed25519.pub").strip()
    _first_boot(fleet, "node-1", (EXAMPLE / "host.yaml").read_text().replace(PLACEHOLDER, key))

    scanned = fleet.ssh("cloud", f"ssh-keyscan -t ed25519 {host} | tee -a /etc/swarmd/known_hosts")
    assert fleet.machine("node-1").host_key() in scanned
    fleet.ssh("cloud", f"echo 'ssh://swarmd@{host} name=node-1 zone=east' >> /etc/swarmd/hosts")
    alice = _fetched(fleet, "alice", tmp_path)
    docker = Docker(command_lines()[0], f"tcp://{door}:2376", alice, tmp_path)
    eventually(lambda: "Status: Healthy" in docker("info").text, 60)
    docker("load", input=busybox_archive())
    said = docker("run", "--rm", "-e", "constraint:zone==east", "busybox", "echo", "hello")
    assert said.text == "hello"

    # The host's key leads nowhere else, and what is there is not made again.
    other = "ssh -o UserKnownHostsFile=/etc/swarmd/known_hosts -i /etc/swarmd/id_ed25519"
    assert "uid=" not in fleet.ssh("cloud", f"{other} swarmd@{host} id </dev/null || true")
    assert fleet.ssh("cloud", "swarmd-door") == ""
    fleet.ssh("cloud", "swarmd-door revoke=alice")
    eventually(lambda: "revoked certificate" in docker.fails("ps"), 60)


def _for_here(text: str, fleet: BootedFleet) -> str:
    """As the README says: the names, and where the wheel is."""
    (wheel,) = fleet.given.glob("swarmd-*")
    text = text.replace("cloud.example.com,192.0.2.10", fleet.machine("cloud").ip)
    text = re.sub("https://files.example.com/swarmd.*whl", f"/mnt/given/{wheel.name}", text)
    line = '      users="alice"\n'
    return text.replace(line, f'{line}      pip_options="--no-index --find-links /mnt/given"\n')


def _first_boot(fleet: BootedFleet, name: str, user_data: str) -> None:
    fleet.ssh(name, _BOOT, user_data, within=600)
    fleet.learn_host_keys()  # cloud-init makes new ones


def _fetched(fleet: BootedFleet, user: str, folder: Path) -> Certificate:
    files = Certificate(folder / user)
    files.folder.mkdir()
    for path in (files.ca, files.cert, files.key):
        path.write_text(fleet.ssh("cloud", f"cat /root/certificates/{user}/{path.name}"))
    return files
