from __future__ import annotations

import uuid
from pathlib import Path

import pytest

from swarmd.service.daemon_id import daemon_id

ONE, OTHER = ("tcp://127.0.0.1:2375",), ("tcp://127.0.0.1:2376",)


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    path = tmp_path / "machine-id"
    path.write_text("0123456789abcdef0123456789abcdef\n")
    return path


def test_it_stays(machine: Path) -> None:
    first = daemon_id(ONE, machine)
    assert first == daemon_id(list(ONE), machine) and uuid.UUID(first).version == 5
    assert daemon_id((*ONE, *OTHER), machine) == daemon_id((*OTHER, *ONE), machine)


def test_each_swarmd_has_its_own(machine: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "other"
    elsewhere.write_text("fedcba9876543210fedcba9876543210\n")
    ids = {daemon_id(ONE, machine), daemon_id(OTHER, machine), daemon_id(ONE, elsewhere)}
    assert len(ids) == 3


@pytest.mark.parametrize("content", [None, b"", b"\n", b"\xff\xfe"])
def test_a_machine_without_an_id(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "machine-id"
    if content is not None:
        path.write_bytes(content)
    assert daemon_id(ONE, path) == daemon_id(ONE, tmp_path / "none")
