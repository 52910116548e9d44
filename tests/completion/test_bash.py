"""The script in a real bash, without a terminal; tests/packaging has all three shells on theirs."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

import pytest

from swarmd.completion import bash, words

# A swarmd that knows two nodes and two containers, and says what it was asked.
_SWARMD = """#!/bin/sh
echo "$@" >> asked
case "$2" in nodes) echo node-1; echo node-2 ;; containers) echo web; echo web-2 ;; esac
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "script").write_text(bash.script(words.daemon(), words.commands()))
    (tmp_path / "swarmd").write_text(_SWARMD)
    (tmp_path / "swarmd").chmod(0o755)
    (tmp_path / "some.toml").touch()
    (tmp_path / "some-folder").mkdir()
    return tmp_path


def completed(folder: Path, line: str) -> list[str]:
    """What is offered for the last word of ``line``, which is cut as bash cuts it."""
    parts = line.replace("=", " = ").split(" ") if "=" in line else line.split(" ")
    given = " ".join(map(shlex.quote, filter(None, parts[:-1])))
    script = (
        f"source ./script; COMP_WORDS=({given} {shlex.quote(parts[-1])}); "
        "COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _swarmd; printf '%s\\n' \"${COMPREPLY[@]}\""
    )
    done = subprocess.run(
        ["bash", "--norc", "-c", script], cwd=folder, capture_output=True, text=True, timeout=30,
        env={"PATH": f"{folder}:/usr/bin:/bin"},
    )  # fmt: skip
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("swarmd no", ["node"]),
        ("swarmd --log-l", ["--log-level"]),
        ("swarmd --log-level wa", ["warn"]),
        ("swarmd -l wa", ["warn"]),
        ("swarmd --log-level=wa", ["warn"]),
        ("swarmd --config so", ["some-folder", "some.toml"]),
        ("swarmd --state-dir so", ["some-folder"]),
        ("swarmd so", ["some-folder", "some.toml"]),
        ("swarmd --heartbeat 1", []),
        ("swarmd --repl", []),  # of classic Swarm: nobody wants it
        ("swarmd node dr", ["drain"]),
        ("swarmd node -H tcp://a:1 dr", ["drain"]),
        ("swarmd node drain ", ["node-1", "node-2"]),
        ("swarmd node drain node-1 ", []),
        ("swarmd node cordon node-1 node", ["node-1", "node-2"]),
        ("swarmd node forget node-1 web-", ["web-2"]),
        ("swarmd node forget node-1 web web-", ["web-2"]),
        ("swarmd node ls --j", ["--json"]),
        ("swarmd --config x node", []),
        ("swarmd completion z", ["zsh"]),
        ("swarmd events --f", ["--filter", "--follow"]),
        ("swarmd explain -- docker ", []),
    ],
)
def test_what_is_offered(folder: Path, line: str, offered: list[str]) -> None:
    assert sorted(completed(folder, line)) == offered


def test_names_come_from_the_host_that_the_line_names(folder: Path) -> None:
    completed(folder, "swarmd node drain -H tcp://10.0.0.1:2376 no")
    assert (folder / "asked").read_text() == "names nodes --host=tcp://10.0.0.1:2376 no\n"


def test_hostile_names_stay_what_they_are(folder: Path) -> None:
    (folder / "swarmd").write_text("#!/bin/sh\necho '*'; echo '$(touch harm)'\n")
    assert "some.toml" not in completed(folder, "swarmd node drain ")
    assert not (folder / "harm").exists()
