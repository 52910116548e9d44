"""The second look of CI forgives a few tests of engines that pass alone, and nothing else."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

TREE = Path(__file__).resolve().parents[1]
# Each fails as often as its file says.
TESTS = """
from pathlib import Path
import pytest

def fails(name, times):
    counter = Path(__file__).with_name(name)
    counter.touch()
    counter.write_text(counter.read_text() + "x")
    return len(counter.read_text()) <= times

"""
TEST = """
@pytest.mark.{mark}
def test_{number}():
    assert not fails("{number}", {times})

"""
TEARDOWN = """
@pytest.fixture
def _left_behind():
    yield
    assert not fails("left", 1)

@pytest.mark.engines
def test_left(_left_behind):
    pass
"""


@pytest.mark.parametrize(
    ("tests", "looked"),
    [
        ([("engines", 0), ("quick", 0)], (0, 0, 0)),
        ([("engines", 1)] * 4, (1, 0, 0)),
        ([("engines", 1), ("engines", 2)], (1, 1, 1)),
        ([("engines", 1), ("quick", 1)], (1, 0, 0)),
    ],
)
def test_who_is_looked_at_again(
    tmp_path: Path, tests: list[tuple[str, int]], looked: tuple[int, int, int]
) -> None:
    assert _looked(tmp_path, *tests) == looked


def test_runners_side_by_side_change_nothing(tmp_path: Path) -> None:
    tests = [("engines", 1), ("engines", 1), ("engines", 1), ("quick", 0)]
    assert _looked(tmp_path, *tests, options=("-p", "xdist", "-n", "2")) == (0, 3, 0)


def test_what_a_file_left_behind_is_looked_at_with_the_whole_file(tmp_path: Path) -> None:
    assert _looked(tmp_path, ("engines", 0), more=TEARDOWN) == (0, 1, 0)
    assert (tmp_path / "0").read_text() == "xx"


def test_what_is_no_failed_test_stays_red(tmp_path: Path) -> None:
    assert _looked(tmp_path, ("engines", 1), more="import nothing_of_that_name") == (2, 0, 0)


def _looked(
    folder: Path, *tests: tuple[str, int], more: str = "", options: tuple[str, ...] = ()
) -> tuple[int, int, int]:
    """The exit status, and how many tests passed, or failed, when run again."""
    text = "".join(TEST.format(mark=m, number=n, times=t) for n, (m, t) in enumerate(tests))
    (folder / "test_it.py").write_text(TESTS + text + more)
    (folder / "pytest.ini").write_text("[pytest]\nmarkers =\n  engines\n  quick\n")
    command = (sys.executable, "-m", "tests.second_look", f"--rootdir={folder}", *options)
    done = subprocess.run(
        (*command, str(folder)),
        cwd=TREE,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    words = ("FAILED ONCE, PASSED WHEN RUN AGAIN", "FAILED TWICE")
    once, twice = (len(re.findall(word, done.stdout)) for word in words)
    return done.returncode, once, twice
