from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from twisted.internet.task import Clock

from swarmd.authz.policy import Policy
from swarmd.config.policy_file import LARGEST, PolicyFile, read_policy


def test_what_cannot_be_read_is_told_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "p.toml"
    for data, words in (
        (b"x = 1", "x: unknown key"),
        (b"\xff", "it is no text in UTF-8, at byte 0"),
        (b"a = " + b"[" * 1000, "it is nested too deeply"),
        (b"a." * 100_000, "line 1, column 1: a key of so many parts"),
        (b"a = 1\0", "Expected newline"),
        (b"\xff\xfe[\0", "it is no text in UTF-8"),
        (b"#" * (LARGEST + 1), "larger than 1 MiB"),
    ):
        path.write_bytes(data)
        with pytest.raises(ValueError, match=str(path)) as refusal:
            read_policy(str(path))
        assert words in str(refusal.value)
    with pytest.raises(ValueError, match="No such file"):
        read_policy(str(tmp_path / "none"))


def test_it_is_followed_and_a_bad_one_changes_nothing(tmp_path: Path) -> None:
    path, clock = tmp_path / "p.toml", Clock()
    path.write_text("")
    used: list[Policy] = []
    file = PolicyFile(str(path), clock, used.append)
    file.startService()
    path.write_text("[role.a]\n")
    clock.pump([1.0] * 3)
    assert [list(one.roles) for one in used] == [["a"]]
    path.write_text("nonsense")
    clock.pump([1.0] * 3)
    assert len(used) == 1
    [notice] = file.notices()
    assert str(path) in notice and "stays in force" in notice
    path.write_text("[role.b]\n")
    file.reread()
    assert list(used[-1].roles) == ["b"] and file.notices() == []
    os.unlink(path)
    clock.pump([1.0] * 3)
    assert file.notices() and len(used) == 2
    file.stopService()
    assert clock.getDelayedCalls() == []


@pytest.mark.parametrize(
    "place",
    [
        lambda path: path.write_text("a = " + "[" * 1000),
        lambda path: path.write_bytes(b"\xff"),
        lambda path: path.write_bytes(b"#" * (LARGEST + 1)),
        os.mkfifo,
        os.mkdir,
        lambda path: path.symlink_to(path),
    ],
)
def test_whatever_was_there_meanwhile_a_good_one_is_followed(
    tmp_path: Path, place: Callable[[Path], Any]
) -> None:
    path, clock = tmp_path / "p.toml", Clock()
    path.write_text("")
    used: list[Policy] = []
    file = PolicyFile(str(path), clock, used.append)
    file.startService()
    path.unlink()
    place(path)
    clock.pump([1.0] * 5)
    assert used == [] and len(file.notices()) == 1
    os.rename(path, tmp_path / "away")
    path.write_text("[role.b]\n")
    clock.pump([1.0] * 3)
    assert [list(one.roles) for one in used] == [["b"]] and file.notices() == []
    file.stopService()


def test_a_policy_that_cannot_be_put_into_force_is_told(tmp_path: Path) -> None:
    path, clock = tmp_path / "p.toml", Clock()
    path.write_text("")
    file = PolicyFile(str(path), clock, lambda policy: {}["x"])
    file.startService()
    file.reread()
    assert file.notices() == ["'x'; the one before stays in force"]
    file.stopService()
