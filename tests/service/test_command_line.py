from __future__ import annotations

from pathlib import Path

import pytest

from swarmd.service.command_line import CommandLine


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "s.toml"
    path.write_text("discovery = 'nodes://127.0.0.1:1'\n")
    return path


def ended(path: Path, *words: str) -> int | str | None:
    with pytest.raises(SystemExit) as caught:
        CommandLine().parseOptions([*words, "--config", str(path)])
    return caught.value.code


def test_a_check_tells_and_ends(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ended(path, "--check-config") == 0
    assert capsys.readouterr().out.endswith("\nAll is well.\n")
    path.write_text("a = 1\nb = 2")
    assert ended(path, "--check-config") == 1
    assert capsys.readouterr().out.endswith("\n2 errors, no warnings.\n")


def test_what_counts_is_printed(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ended(path, "--print-config") == 0
    words = " ".join(capsys.readouterr().out.split())
    assert f'discovery = "nodes://127.0.0.1:1" # {path}:1 ' in words and " heartbeat = " in words


def test_what_is_refused_is_printed_before(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path.write_text("discovery = 'a'\nheartbeat = 'x'")
    code = ended(path, "--print-config")
    assert 'heartbeat = "x"' in capsys.readouterr().out
    assert str(code).startswith(f"swarmd: {path}:2:13: heartbeat: 'x' is not a duration")
    path.write_text("x = 1")
    assert ended(path, "--print-config") == f"swarmd: {path}:1:1: x: there is no such option"
    assert capsys.readouterr().out == ""


def test_it_starts_otherwise(path: Path) -> None:
    options = CommandLine()
    options.parseOptions(["--config", str(path)])
    assert options.settings.discovery == "nodes://127.0.0.1:1"
