"""``swarmd list``."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest


def listed(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "swarmd", "list", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=100)


def test_a_file_and_a_list(tmp_path: Path) -> None:
    (tmp_path / "hosts").write_text("10.0.0.[1:2] zone=east\nb:1 name=two\n")
    assert listed(f"file://{tmp_path}/hosts").stdout == "10.0.0.1:2375\n10.0.0.2:2375\nb:1\n"
    found = json.loads(listed("--json", "b:1,c").stdout)
    assert found == [
        {"Address": "b:1", "Name": "", "Labels": {}},
        {"Address": "c:2375", "Name": "", "Labels": {}},
    ]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("", "list takes one DISCOVERY"),
        ("a b", "list takes one DISCOVERY"),
        ("--timeout 0s a", "--timeout should be longer than nothing"),
        ("--discovery-opt x etcd://a", "--discovery-opt: 'x' is not KEY=VALUE"),
        ("file:///none", "cannot read hosts file /none"),
        ("--timeout 500ms etcd://127.0.0.1:1", "etcd://127.0.0.1:1 cannot be reached"),
    ],
)
def test_what_is_wrong_is_one_line(line: str, why: str) -> None:
    done = listed(*line.split())
    assert done.returncode in (1, 2)
    assert why in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""
