"""Whatever stands in a file's place, it is read at once, and whole, or refused with a reason."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from swarmd.files.reader import BadFileError, load, look_at, parsed, read


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))


PLACED: dict[str, tuple[Callable[[Path], Any], str]] = {
    "pipe": (os.mkfifo, "it is no regular file"),
    "folder": (Path.mkdir, "Is a directory"),
    "socket": (_socket, "it is no regular file"),
    "device": (lambda path: path.symlink_to("/dev/zero"), "it is no regular file"),
    "loop": (lambda path: path.symlink_to(path), "Too many levels of symbolic links"),
    "nothing": (lambda path: None, "No such file or directory"),
    "link to nothing": (lambda path: path.symlink_to("none"), "No such file or directory"),
    "huge": (lambda path: os.truncate(path, os.write(_new(path), b"x") << 40), "larger than 2 MiB"),
    "just too large": (lambda path: path.write_bytes(bytes((2 << 20) + 1)), "larger than 2 MiB"),
    "endless": (lambda path: path.symlink_to("/proc/kmsg"), "temporarily unavailable"),
}


def _new(path: Path) -> int:
    return os.open(path, os.O_CREAT | os.O_WRONLY)


@pytest.mark.parametrize("kind", PLACED)
def test_what_is_no_file_is_refused_at_once(tmp_path: Path, kind: str) -> None:
    place, reason = PLACED[kind]
    if kind == "endless" and not os.access("/proc/kmsg", os.R_OK):
        pytest.skip("needs root")
    place(tmp_path / "file")
    with pytest.raises(BadFileError, match=reason) as refusal:
        read(str(tmp_path / "file"), 2 << 20)
    assert refusal.value.missing == ("No such" in reason)


def test_a_path_that_is_none() -> None:
    with pytest.raises(BadFileError, match="null byte"):
        read("/a\0b", 10)
    assert look_at(["/a\0b"]) == look_at(["/a\0b"])


def test_as_much_as_is_allowed_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"\0\xff" * (1 << 20))
    data, status = read(str(path), 2 << 20)
    assert data == path.read_bytes() and status.st_size == 2 << 20


@pytest.mark.parametrize("left", [b"", b"half", b"longer than it was before"])
def test_one_that_changes_while_it_is_read_is_bad(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, left: bytes
) -> None:
    """Cut short, or written on: what is read is neither the old nor the new one."""
    path = tmp_path / "file"
    path.write_bytes(b"as it was")
    os.utime(path, (1, 1))
    reading = os.read

    def write_then_read(descriptor: int, size: int) -> bytes:
        path.write_bytes(left)
        return reading(descriptor, size)

    monkeypatch.setattr(os, "read", write_then_read)
    with pytest.raises(BadFileError, match="it changed while it was read"):
        read(str(path), 100)


def _nested(data: bytes) -> None:
    raise RecursionError


@pytest.mark.parametrize(
    ("parse", "reason"),
    [
        (_nested, "it is nested too deeply"),
        (lambda data: data.decode(), "it is no text in UTF-8, at byte 1"),
        (lambda data: {}["x"], "KeyError: 'x'"),
        (lambda data: int("1" * 10_000), "Exceeds the limit"),
        (lambda data: int("a\nb" + "c" * 10_000), "invalid literal for int"),
        (lambda data: [].index(data), "is not in list"),
    ],
)
def test_whatever_a_parser_raises_is_one_short_line(
    parse: Callable[[bytes], Any], reason: str
) -> None:
    with pytest.raises(BadFileError, match=reason) as refusal:
        parsed(b"a\xff", parse)
    assert "\n" not in str(refusal.value) and len(str(refusal.value)) <= 500


def test_load_is_both(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("12")
    assert load(str(path), 10, int) == 12
    with pytest.raises(BadFileError, match="larger than 1 bytes"):
        load(str(path), 1, int)


def test_a_change_of_any_file_shows(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("a")
    paths = [str(path), "/no/file"]
    before = look_at(paths)
    assert look_at(paths) == before
    path.write_text("ab")
    assert look_at(paths) != before
