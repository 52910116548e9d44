from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from swarmd.cli.terminal.output import LEFT

TREE = Path(__file__).parents[3]


@pytest.mark.parametrize(
    "words",
    [
        ["node", "--help"],
        ["explain", "--help"],
        ["certs", "tls", "client=alice"],
        ["doctor", "nodes://127.0.0.1:1"],
    ],
)
def test_a_reader_that_has_left_is_no_error(words: list[str], tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "swarmd", *words],
        cwd=tmp_path,
        env={"PYTHONPATH": str(TREE)},
        stdout=writing,
        stderr=subprocess.PIPE,
        timeout=300,
        check=False,
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (LEFT, b"")
