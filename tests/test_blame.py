"""Whoever is blamed is guilty: what a test drops without closing it is that test's own error."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

TREE = Path(__file__).resolve().parents[1]
GUILTY = """
import socket
import subprocess

class Cycle:
    def __init__(self, held):
        self.me, self.held = self, held  # so that only the collector finds it

def test_guilty():
    %s

def test_innocent():
    pass
"""
DROPPED = ("Cycle(socket.socket())", "Cycle(subprocess.Popen(['sleep', '0.1']))")


def test_what_is_dropped_is_an_error_of_its_test(tmp_path: Path) -> None:
    for number, what in enumerate(DROPPED):
        (tmp_path / f"test_{number}.py").write_text(GUILTY % what)
    command = (sys.executable, "-m", "pytest", "-p", "tests.conftest", "-W", "error", "-rA")
    done = subprocess.run(
        (*command, "-p", "no:cacheprovider", f"--rootdir={tmp_path}", str(tmp_path)),
        cwd=TREE,
        capture_output=True,
        text=True,
        timeout=300,
    )
    told = dict.fromkeys(re.findall(r"^(ERROR|PASSED) \S+/(test_\d.py::\w+)", done.stdout, re.M))
    expected = []
    for number in range(len(DROPPED)):
        passed = [("PASSED", f"test_{number}.py::test_{name}") for name in ("guilty", "innocent")]
        expected += [*passed, ("ERROR", f"test_{number}.py::test_guilty")]
    assert sorted(told) == sorted(expected), done.stdout
