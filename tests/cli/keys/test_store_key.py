from __future__ import annotations

import json
from pathlib import Path

import pytest

from swarmd.certificates.shared_key import read_key
from swarmd.cli.keys.store_key import run


def test_a_key_is_made_once_and_for_its_owner(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "key"
    with pytest.raises(SystemExit) as ended:
        run([str(path)])
    assert not ended.value.code and path.stat().st_mode & 0o777 == 0o600
    key = read_key(path.read_bytes())
    with pytest.raises(SystemExit) as ended:
        run([str(path)])
    assert ended.value.code and read_key(path.read_bytes()) == key
    assert "File exists" in str(ended.value.code) + capsys.readouterr().err
    with pytest.raises(SystemExit) as ended:
        run([str(tmp_path / "other"), "--json"])
    assert not ended.value.code
    assert json.loads(capsys.readouterr().out) == {"Key": str(tmp_path / "other")}


def test_help_and_misuse(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run(["--help"])
    assert not ended.value.code and "--store-key FILE" in capsys.readouterr().out
    with pytest.raises(SystemExit) as ended:
        run([])
    assert ended.value.code
