"""What systemd and sshd are told, judged by them: the unit, its sockets, timers and drop-ins."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from swarmd.config.sources.config_file import parse_config
from tests.lab.daemon import TREE

EXAMPLES = TREE / "conf" / "examples"
SSH = EXAMPLES / "ssh"
UNIT = (TREE / "conf" / "swarmd.service").read_text()


def need(program: str) -> str:
    found = shutil.which(program, path="/usr/bin:/usr/sbin:/bin:/sbin")
    if found is None:
        pytest.skip(f"{program} is not installed")
    return found


def verify(folder: Path, units: Mapping[str, str]) -> str:
    """What systemd has to say against them; that a program is not installed here says nothing."""
    paths = []
    for name, text in units.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        installed = ("/opt/swarmd/bin/twistd", "/usr/local/sbin/swarmd-door", "=dockerd")
        for program in installed:
            text = text.replace(program, "=/bin/true" if program[0] == "=" else "/bin/true")
        path.write_text(text)
        if path.parent == folder:
            paths.append(str(path))
    command = (need("systemd-analyze"), "verify", "--man=no", *paths)
    env = {"SYSTEMD_UNIT_PATH": f"{folder}:", "PATH": "/usr/bin:/bin"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=env)
    ours = [line for line in done.stderr.splitlines() if "swarmd" in line or str(folder) in line]
    return "\n".join(ours) + ("" if done.returncode == 0 or ours else done.stderr)


def test_the_unit(tmp_path: Path) -> None:
    assert verify(tmp_path, {"swarmd.service": UNIT}) == ""
    wrong = UNIT.replace("Restart=always", "Restart=allways")
    assert "allways" in verify(tmp_path, {"swarmd.service": wrong})


def test_units_of_the_example_for_ssh(tmp_path: Path) -> None:
    units = {
        "swarmd.service": UNIT,
        "swarmd.service.d/listen.conf": (SSH / "listen.conf").read_text(),
        "swarmd.socket": (SSH / "swarmd.socket").read_text(),
    }
    assert verify(tmp_path, units) == ""


def test_units_of_the_cloud_s_door(tmp_path: Path) -> None:
    door = yaml.safe_load((EXAMPLES / "cloud-init" / "door.yaml").read_text())
    written = {Path(each["path"]): each["content"] for each in door["write_files"]}
    units = {path.name: text for path, text in written.items() if "systemd" in path.parts}
    assert set(units) == {"swarmd-door.service", "swarmd-door.timer"}
    assert verify(tmp_path, units) == ""


def test_sshd_takes_what_the_example_tells_it(tmp_path: Path) -> None:
    key = tmp_path / "key"
    subprocess.run(("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)), check=True)
    config = tmp_path / "sshd_config"
    config.write_text(f"HostKey {key}\n{(SSH / 'sshd.conf').read_text()}")
    who = "user=alice,host=here,addr=10.0.0.1"
    command = (need("sshd"), "-T", "-C", who, "-f", str(config))
    done = subprocess.run(command, capture_output=True, text=True)
    # The group is not here: what counts for its members stays out, and nothing is amiss.
    assert (done.returncode, "forcecommand none" in done.stdout) == (0, True), done.stderr


@pytest.mark.parametrize("folder", ["ssh", "cloud-init"])
def test_settings_are_settings(folder: str) -> None:
    """No address without TLS; the hosts file is where the README says."""
    if folder == "ssh":
        text = (SSH / "swarmd.toml").read_text()
    else:
        door = yaml.safe_load((EXAMPLES / "cloud-init" / "door.yaml").read_text())
        texts = {each["path"]: each["content"] for each in door["write_files"]}
        text = texts["/etc/swarmd/swarmd.toml"]
    found = {name: one.value for name, one in parse_config(text, "/etc/swarmd/swarmd.toml").items()}
    assert found["hosts"] == "/etc/swarmd/hosts"
    assert found["host"] == ["fd://"] or found["tlsverify"] is True
