from __future__ import annotations

import gc
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from swarmd import __main__ as main_module
from swarmd import __version__


def test_runs_twistd_in_the_foreground(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[object] = []
    monkeypatch.setattr(main_module, "run", lambda: seen.extend([sys.argv, gc.isenabled()]))
    monkeypatch.setattr(sys, "argv", ["swarmd", "--hosts", "x"])
    try:
        main_module.main()
    finally:
        gc.enable()
    assert seen == [["swarmd", "--nodaemon", "--pidfile=", "swarmd", "--hosts", "x"], False]


def test_operators_commands_do_not_start_a_daemon(tmp_path: Path) -> None:
    done = run(tmp_path, "node", "frobnicate")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("swarmd: unknown command: node frobnicate; there are ls, ")
    assert done.stderr.count("\n") == 1
    assert run(tmp_path, "node", "--help").stdout.startswith("Usage: swarmd node COMMAND")


def test_commands_of_their_own_need_no_daemon(tmp_path: Path) -> None:
    done = run(tmp_path, "certs", "tls", "client=alice")
    assert (done.returncode, done.stdout) == (0, "alice: new certificate\n")
    assert run(tmp_path, "doctor", "nodes://127.0.0.1:1").returncode == 1


def test_a_mistyped_command_starts_no_daemon(tmp_path: Path) -> None:
    done = run(tmp_path, "docter")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("swarmd: unknown command: docter; did you mean doctor? ")


def run(folder: Path, *args: str) -> subprocess.CompletedProcess[str]:
    root = Path(__file__).parent.parent
    return subprocess.run(
        [sys.executable, "-m", "swarmd", *args],
        cwd=folder,
        env={"PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_version_of_the_whole_program(tmp_path: Path) -> None:
    done = run(tmp_path, "--version")
    assert (done.returncode, done.stdout) == (0, f"swarmd version {__version__}\n")


def test_a_wrong_value_is_one_line_and_status_1(tmp_path: Path) -> None:
    done = run(tmp_path, "--heartbeat", "10", "a")
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == (
        "swarmd: --heartbeat: '10' is not a duration; write it like 10s, 500ms or 1m30s\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_a_state_file_that_is_not_understood_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "swarmd.json").write_text("{")
    done = run(tmp_path, "--state-dir", str(tmp_path), "nodes://127.0.0.1:1")
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr.startswith(f"swarmd: state file {tmp_path}/swarmd.json is not understood")
    assert done.stderr.count("\n") == 1


def test_a_port_that_is_taken_ends_a_daemon_too_and_leaves_no_pid_file(tmp_path: Path) -> None:
    """twistd's parent waits for a word of its child, which does not come if that just exits."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        address = f"tcp://127.0.0.1:{other.getsockname()[1]}"
        twistd = [sys.executable, "-c", "from twisted.scripts.twistd import run; run()", "swarmd"]
        done = subprocess.run(
            [*twistd, "-H", address, "nodes://127.0.0.1:1"],
            cwd=tmp_path,
            env={"PYTHONPATH": str(Path(__file__).parent.parent)},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
    reason = f"cannot listen on {address}: Address already in use"
    assert done.returncode == 1 and reason in done.stderr
    assert reason in (tmp_path / "twistd.log").read_text()
    assert not (tmp_path / "twistd.pid").exists()
