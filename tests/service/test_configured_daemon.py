"""The configuration file in front of the real program, as its operator meets it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.daemon import TREE, Swarmd
from tests.lab.waiting import eventually

NOBODY = "127.0.0.1:1"  # an engine that is never there


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "swarmd.toml"


@pytest.fixture
def started(file: Path, tmp_path: Path) -> Iterator[Swarmd]:
    """One that is told most by its file, some by its environment, and little by flags."""
    file.write_text(
        "strategy = 'binpack'\nlog-level = 'debug'\nfilter = ['port']\n"
        "heartbeat = '9s'\nallow-host = ['one.example']\n"
    )
    daemon = Swarmd(
        tmp_path / "daemon",
        [NOBODY],
        options=("--config", str(file)),
        inside=("env", "SWARMD_LOG_LEVEL=info", "SWARMD_STRATEGIE=x"),
    )
    daemon.start()
    yield daemon
    daemon.close()


def rows(daemon: Swarmd) -> dict[str, str]:
    return {name.strip(): value for name, value in daemon.info()["SystemStatus"]}


def asked_by(daemon: Swarmd, name: str) -> str:
    url = daemon.url.replace("tcp:", "http:") + "/_ping"
    curl = ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "-H", f"Host: {name}", url]
    return subprocess.run(curl, capture_output=True, text=True, timeout=300, check=False).stdout


def test_what_the_file_says_counts_and_changes_on_a_signal(started: Swarmd, file: Path) -> None:
    assert rows(started)["Strategy"] == "binpack"
    assert rows(started)["Filters"].startswith("port")
    assert (asked_by(started, "one.example"), asked_by(started, "two.example")) == ("200", "403")
    log = started.log.read_text()
    assert "SWARMD_STRATEGIE in the environment means nothing; is SWARMD_STRATEGY meant?" in log
    assert "#debug]" not in log

    file.write_text("strategy = 'spread'\nallow-host = ['two.example']\nvolume-scope = 'all'\n")
    started.reread()
    eventually(lambda: rows(started)["Strategy"] == "spread")
    assert (asked_by(started, "one.example"), asked_by(started, "two.example")) == ("403", "200")
    warnings = started.info()["Warnings"]
    assert "WARNING: configuration: volume-scope changed, which needs a restart" in warnings
    log = started.log.read_text()
    assert "configuration: new and in force: allow-host, strategy, filter" in log
    assert "configuration: volume-scope changed, which needs a restart" in log


def test_logs_are_begun_moved_and_ended_on_a_signal(started: Swarmd, file: Path) -> None:
    """A line is where it was to be when it was recorded; none is lost, and none is twice."""
    folder, before = file.parent, file.read_text()
    for name in ("one", "two", ""):
        logs = f"access-log = '{name}'\naudit-log = '{name}.audit'\n" if name else ""
        file.write_text(before.replace("one.example", f"{name}x.example") + logs)
        started.reread()
        eventually(lambda: asked_by(started, f"{name}x.example") == "200", what=f"{name} counts")  # noqa: B023
        started.api.call("POST", f"/images/create?fromImage=asked-{name or 'nowhere'}")
    eventually(lambda: "asked-two" in (folder / "two").read_text())
    for name, other in (("one", "two"), ("two", "one")):
        for log in (folder / name, folder / f"{name}.audit"):
            assert log.read_text().count(f"asked-{name}") == 1
            assert f"asked-{other}" not in log.read_text() and "nowhere" not in log.read_text()


def test_a_bad_file_changes_nothing_and_is_told_until_it_is_good(
    started: Swarmd, file: Path
) -> None:
    file.write_text("strategy = 'spread'\nlog_level = 'warn'\n")
    started.reread()
    why = f"{file}:2:1: log_level: there is no such option; is log-level meant?"
    notice = f"WARNING: {why}; the configuration before stays in force"
    eventually(lambda: notice in (started.info()["Warnings"] or ()))
    assert rows(started)["Strategy"] == "binpack"
    assert why in started.log.read_text()
    assert 'swarmd_bad_files{kind="config"} 1.0' in metrics(started)
    file.write_text("strategy = 'spread'\n")
    started.reread()
    eventually(lambda: rows(started)["Strategy"] == "spread")
    assert notice not in (started.info()["Warnings"] or ())
    assert 'swarmd_bad_files{kind="config"} 0.0' in metrics(started)


def metrics(daemon: Swarmd) -> str:
    return daemon.api.call("GET", "/swarmd/metrics").body.decode()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a b = 1", ":1:3: Expected '=' after a key in a key/value pair"),
        ("\nheartbeat = '1'", ":2:13: heartbeat: '1' is not a duration; write it like 10s,"),
    ],
)
def test_a_start_with_a_bad_file_is_one_line_before_anything_listens(
    file: Path, text: str, why: str
) -> None:
    file.write_text(f"{text}\n")
    done = swarmd("--config", str(file), "-H", f"unix://{file.parent}/s.sock", NOBODY)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"swarmd: {file}{why}") and done.stderr.count("\n") == 1
    assert list(file.parent.iterdir()) == [file]


def test_a_check_starts_nothing(file: Path) -> None:
    file.write_text(f"discovery = 'nodes://{NOBODY}'\nhost = ['unix://{file.parent}/s.sock']\n")
    done = swarmd("--config", str(file), "--check-config")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == "All is well."
    assert list(file.parent.iterdir()) == [file]


def swarmd(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "swarmd", *words],
        cwd=TREE,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
