"""SIGUSR2 to a daemon in the background: another process takes its place, and its pid file."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.lab.daemon import TREE, free_port
from tests.lab.http import Api
from tests.lab.waiting import eventually


def test_a_daemon_with_a_pid_file_is_upgraded_by_a_signal(tmp_path: Path) -> None:
    pidfile, log, port = tmp_path / "pid", tmp_path / "log", free_port()
    twistd = str(Path(sys.executable).with_name("twistd"))
    own = ["--pidfile", str(pidfile), "--logfile", str(log), "swarmd"]
    listen = ["-H", f"tcp://127.0.0.1:{port}", "nodes://127.0.0.1:1"]
    command = [sys.executable, twistd, *own, *listen]
    subprocess.run(command, cwd=TREE, check=True, timeout=120)
    api = Api(f"tcp://127.0.0.1:{port}")
    eventually(lambda: api.call("GET", "/_ping").status, 60)
    first = int(pidfile.read_text())
    try:
        os.kill(first, signal.SIGUSR2)
        eventually(lambda: int(pidfile.read_text()) != first, 120, what="another process")
        eventually(lambda: not Path(f"/proc/{first}").exists(), 60, what="the end of the first")
        assert api.call("GET", "/_ping").status == 200
        assert "serves now" in log.read_text()
    finally:
        os.kill(int(pidfile.read_text()), signal.SIGTERM)
    eventually(lambda: not pidfile.exists(), 60, what="no pid file")
