from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from swarmd.streams.ssh import socket_folder
from swarmd.streams.ssh.socket_folder import PREFIX, SocketFolder, remove_left_over

ANOTHER = """
import sys
from swarmd.streams.ssh.socket_folder import SocketFolder
folder = SocketFolder()
open(folder.socket, "w").close()
print(folder.path, flush=True)
sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_only_we_may_look_into_it_and_nothing_is_left_of_it(place: Path) -> None:
    folder = SocketFolder()
    assert os.stat(folder.path).st_mode & 0o777 == 0o700
    Path(folder.socket).touch()
    folder.remove()
    folder.remove()
    assert list(place.iterdir()) == []


def test_those_that_are_used_stay_until_their_process_is_killed(place: Path) -> None:
    mine = SocketFolder()
    environment = {**os.environ, "TMPDIR": str(place)}
    with subprocess.Popen(
        [sys.executable, "-c", ANOTHER],
        env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as another:  # fmt: skip
        assert another.stdout is not None
        theirs = another.stdout.readline().strip()
        remove_left_over()
        assert {str(each) for each in place.iterdir()} == {mine.path, theirs}
        another.send_signal(signal.SIGKILL)
    assert os.path.exists(theirs)
    remove_left_over()
    assert [str(each) for each in place.iterdir()] == [mine.path]
    mine.remove()


def test_what_is_not_of_that_kind_stays(place: Path) -> None:
    (place / "other").mkdir()
    (place / f"{PREFIX}file").touch()
    (place / f"{PREFIX}link").symlink_to(place / "other")
    (place / f"{PREFIX}full").mkdir()
    (place / f"{PREFIX}full" / "kept").touch()
    remove_left_over()
    assert len(list(place.iterdir())) == 4 and (place / f"{PREFIX}full" / "kept").exists()


def test_another_users_stay(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (place / f"{PREFIX}theirs").mkdir()
    mine = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: mine + 1)
    remove_left_over()
    assert [each.name for each in place.iterdir()] == [f"{PREFIX}theirs"]


def test_one_that_was_taken_for_left_over_is_made_again(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process may look around just between the folder and its lock."""
    real, seen = socket_folder._locked, list[str]()

    def locked(path: str) -> int | None:
        if not seen:
            remove_once(path)
        seen.append(path)
        return real(path)

    def remove_once(path: str) -> None:
        os.rmdir(path)

    monkeypatch.setattr(socket_folder, "_locked", locked)
    folder = SocketFolder()
    assert len(seen) == 2 and folder.path == seen[1] != seen[0]
    folder.remove()


def test_a_temporary_folder_that_is_not_there_is_no_matter(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(place / "no"))
    remove_left_over()
