"""The Vagrantfile is one, and what it hands to the play are the play's own files and words."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.lab.daemon import TREE

EXAMPLE = TREE / "conf" / "examples" / "vagrant"
TEXT = (EXAMPLE / "Vagrantfile").read_text()


def validate(folder: Path, home: Path) -> subprocess.CompletedProcess[str]:
    """No provider is needed to judge the file."""
    if shutil.which("vagrant") is None:
        pytest.skip("vagrant is not installed")
    env = {**os.environ, "VAGRANT_HOME": str(home), "VAGRANT_CHECKPOINT_DISABLE": "1"}
    command = ("vagrant", "validate", "--ignore-provider")
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=300)


@pytest.mark.packaging
def test_vagrant_takes_it(tmp_path: Path) -> None:
    conf = tmp_path / "conf"
    shutil.copytree(TREE / "conf", conf, ignore=shutil.ignore_patterns(".vagrant", "venv"))
    folder = conf / "examples" / "vagrant"
    done = validate(folder, tmp_path / "home")
    assert (done.returncode, done.stdout.split("\n")[-2]) == (
        0,
        "Vagrantfile validated successfully.",
    ), done.stderr
    shutil.rmtree(conf / "examples" / "ansible")
    done = validate(folder, tmp_path / "home")
    assert done.returncode == 1 and "site.yml is not there" in done.stderr


@pytest.mark.packaging
def test_vagrant_looks_at_what_the_play_is_given(tmp_path: Path) -> None:
    """Else the test above could not fail."""
    play = tmp_path / "ansible" / "site.yml"
    play.parent.mkdir()
    play.touch()
    folder = tmp_path / "vagrant"
    folder.mkdir()
    (folder / "Vagrantfile").write_text(TEXT.replace('"2.0"', '"no such"'))
    done = validate(folder, tmp_path / "home")
    assert done.returncode == 1 and "compatibility_mode" in done.stderr


def test_its_groups_are_those_of_the_play() -> None:
    inventory = (EXAMPLE.parent / "ansible" / "inventory.ini").read_text()
    groups = re.findall(r"^\[(\w+)\]", inventory, re.MULTILINE)
    (given,) = re.findall(r"ansible\.groups = \{(.*)\}", TEXT)
    assert re.findall(r'"(\w+)" =>', given) == groups
    play = (EXAMPLE.parent / "ansible" / "site.yml").read_text()
    assert set(re.findall(r"^  hosts: (\w+)", play, re.MULTILINE)) == {*groups, "localhost"}
    assert 'ansible.limit = "all,localhost"' in TEXT  # else the play's own first part is left out
