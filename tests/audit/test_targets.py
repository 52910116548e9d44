from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from swarmd.audit.targets import File, Journal, Output, target


def test_a_file_is_appended_to_and_private(tmp_path: Path) -> None:
    path = tmp_path / "audit"
    path.write_bytes(b"before\n")
    file = target(str(path))
    file.write(b"one\n")
    file.close()
    assert path.read_bytes() == b"before\none\n"
    fresh = tmp_path / "fresh"
    target(str(fresh)).close()
    assert fresh.stat().st_mode & 0o777 == 0o600
    with pytest.raises(OSError):
        target(str(tmp_path / "no" / "such" / "folder"))


def test_rotation_in_every_way(tmp_path: Path) -> None:
    """``create``, ``copytruncate``, removal, and a signal."""
    path = tmp_path / "audit"
    file = File(str(path))
    file.write(b"one\n")
    path.rename(tmp_path / "audit.1")
    file.write(b"two\n")
    assert ((tmp_path / "audit.1").read_bytes(), path.read_bytes()) == (b"one\n", b"two\n")
    os.truncate(path, 0)
    file.write(b"three\n")
    assert path.read_bytes() == b"three\n"
    path.unlink()
    file.reopen()
    file.write(b"four\n")
    assert path.read_bytes() == b"four\n"
    file.close()


def test_a_line_that_was_torn_does_not_spoil_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    read, write = os.pipe()
    room, real = [3, 0], os.write

    def scarce(descriptor: int, data: bytes) -> int:
        allowed = room.pop(0) if room else len(data)
        if not allowed:
            raise OSError(28, "No space left on device")
        return real(descriptor, data[:allowed])

    monkeypatch.setattr(os, "write", scarce)
    output = Output(write)
    with pytest.raises(OSError):
        output.write(b"first\n")
    output.write(b"second\n")
    output.reopen()
    output.close()
    assert os.read(read, 100) == b"fir\nsecond\n"
    os.close(read)
    os.close(write)


def test_standard_output() -> None:
    assert isinstance(target("-"), Output)


def test_the_journal_gets_fields_and_survives_its_restart(tmp_path: Path) -> None:
    path = str(tmp_path / "journal")
    for attempt in range(2):
        Path(path).unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as journald:
            journald.bind(path)
            if not attempt:
                journal = Journal(path)
            journal.write(b'{"who":"a\\nSWARMD_X=b","nodes":["n"],"ms":1.5}\n')
            assert journald.recv(4096) == (
                b'MESSAGE={"who":"a\\nSWARMD_X=b","nodes":["n"],"ms":1.5}\n'
                b"SYSLOG_IDENTIFIER=swarmd-audit\nPRIORITY=6\n"
                b'SWARMD_WHO=a\\nSWARMD_X=b\nSWARMD_NODES=["n"]\nSWARMD_MS=1.5\n'
            )
    journal.reopen()
    journal.close()
    with pytest.raises(OSError):
        Journal(str(tmp_path / "nowhere"))
