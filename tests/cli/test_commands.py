from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import pytest

from swarmd.__main__ import main
from swarmd.cli.commands import COMMANDS, HELP, HOST, JSON, MODULES, family
from swarmd.cli.errors import FAILED, MEANINGS, MISUSED

TREE = Path(__file__).parents[2]

Patch = pytest.MonkeyPatch
Capture = pytest.CaptureFixture[str]


class Done(NamedTuple):
    status: object
    out: str
    err: str


def begun(*args: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "swarmd", *args],
        cwd=TREE,
        env={"DOCKER_HOST": "unix:///nonexistent/swarmd.sock"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(monkeypatch: Patch, capsys: Capture, *args: str) -> Done:
    """In this process: nothing that is asked here gets so far as to talk."""
    monkeypatch.setattr(sys, "argv", ["swarmd", *args])
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr()
    return Done(ended.value.code, said.out, said.err)


def test_the_table_is_in_order() -> None:
    assert len({command.name for command in COMMANDS}) == len(COMMANDS)
    for command in COMMANDS:
        assert {JSON, HELP} <= set(command.options)
        assert (HOST in command.options) is not bool(command.module)
        letters = [option.letter for option in command.options if option.letter]
        assert len(set(letters)) == len(letters)


@pytest.mark.parametrize("module", sorted(set(MODULES.values()) - {""}))
def test_what_needs_no_daemon_is_there(module: str) -> None:
    assert callable(import_module(module).run)


@pytest.mark.parametrize("first", MODULES)
def test_each_help_names_all_there_is(first: str, monkeypatch: Patch, capsys: Capture) -> None:
    done = run(monkeypatch, capsys, first, "--help")
    assert (done.status, done.err) == (0, "")
    assert done.out.startswith(f"Usage: swarmd {first} ")
    said = " ".join(done.out.split())
    for command in family(first):
        assert command.about.lower() in said.lower()
        assert all(f"--{option.name}" in said for option in command.options)
    assert "Exit status:" in said and all(f"{n} {text}" in said for n, text in MEANINGS)


@pytest.mark.parametrize("first", [*MODULES, ""])
def test_an_unknown_option_has_the_same_status_everywhere(
    first: str, monkeypatch: Patch, capsys: Capture
) -> None:
    """The last one is the daemon itself."""
    done = run(monkeypatch, capsys, *first.split(), "--frobnicate")
    assert (done.status, done.out) == (MISUSED, "")
    assert "option --frobnicate" in done.err and done.err.count("\n") == 1


def test_no_daemon_has_the_same_status_everywhere() -> None:
    """The last of each family. What it takes is what its table says; options are not needed."""
    asked = {}
    for command in {one.first: one for one in COMMANDS if not one.module}.values():
        takes = command.takes.replace("...", "").replace("KEY=VALUE", "a=b")
        words = takes.replace("-- docker run", "-- docker run busybox").split()
        asked[command.name] = begun(*command.name.split(), "--json", *words)
    for name, process in asked.items():
        out, error = process.communicate(timeout=300)
        assert (process.returncode, out) == (FAILED, ""), (name, error)
        assert error.startswith("swarmd: cannot talk to swarmd at unix:///nonexistent"), name
        assert error.count("\n") == 1


def test_the_daemon_tells_of_all(monkeypatch: Patch, capsys: Capture) -> None:
    said = " ".join(run(monkeypatch, capsys, "--help").out.split())
    assert "2: the command line was not" in said and all(first in said for first in MODULES)


def test_the_page_names_all() -> None:
    page = (TREE / "docs" / "commands.rst").read_text()
    for command in COMMANDS:
        assert f"``swarmd {command.name}" in page, command.name
    said = " ".join(page.split())
    assert all(f"{status} {text}" in said for status, text in MEANINGS)
