from __future__ import annotations

import subprocess
import sys

import pytest

from swarmd.service.process import open_files
from swarmd.service.process.open_files import clients_within

_RAISED = """
import resource
from swarmd.service.process.open_files import raise_limit
resource.setrlimit(resource.RLIMIT_NOFILE, (100, 300))
print(raise_limit(), *resource.getrlimit(resource.RLIMIT_NOFILE))
"""


def test_all_that_is_allowed_is_taken() -> None:
    said = subprocess.run([sys.executable, "-c", _RAISED], capture_output=True, check=True)
    assert said.stdout.split() == [b"300", b"300", b"300"]


@pytest.mark.parametrize(
    ("descriptors", "wanted", "served"),
    [(65536, 10000, 10000), (1024, 10000, 480), (1024, 7, 7), (10, 10000, 1)],
)
def test_clients_leave_room_for_engines(descriptors: int, wanted: int, served: int) -> None:
    assert clients_within(descriptors, wanted) == served


def test_more_clients_than_there_is_room_for_are_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(open_files, "raise_limit", lambda: 1024)
    assert (open_files.affordable(7), open_files.affordable(10000)) == (7, 480)
