from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest
from twisted.scripts.twistd import ServerOptions

from swarmd.service.handover.relaunch import VARIABLE, command_line, relaunch, write_pid

SAYS = f"import os; os.write(int(os.environ['{VARIABLE}']), os.getcwd().encode())"


def twistd(*words: str) -> Any:
    options = ServerOptions()
    options.parseOptions(list(words))
    return options


@pytest.mark.parametrize(
    ("words", "inserted"),
    [
        (["--pidfile=/run/x", "-l", "/log"], ["--nodaemon", "--pidfile=", "--logfile=/log"]),
        ([], ["--nodaemon", "--pidfile=", "--logfile=twistd.log"]),
        (["-n"], ["--nodaemon", "--pidfile="]),
    ],
)
def test_twistd_comes_back_in_the_foreground(words: list[str], inserted: list[str]) -> None:
    argv = ["/bin/twistd", *words, "swarmd", "-H", "x"]
    made = command_line(argv, ["python", *argv], twistd(*words))
    assert made == [sys.executable, "/bin/twistd", *words, *inserted, "swarmd", "-H", "x"]


def test_the_command_itself_comes_back_as_it_was_typed() -> None:
    argv = ["/bin/swarmd", "--nodaemon", "--pidfile=", "swarmd", "-H", "x"]
    made = command_line(argv, ["python", "-m", "swarmd", "-H", "x"], twistd("-n"))
    assert made == [sys.executable, "-m", "swarmd", "-H", "x"]


def test_a_new_process_has_its_end_of_the_conversation(tmp_path: Path) -> None:
    with relaunch([sys.executable, "-c", SAYS], str(tmp_path), os.environ) as opened:
        opened.settimeout(60)
        assert opened.recv(999) == str(tmp_path).encode()
        assert opened.recv(999) == b""


def test_the_pid_file_names_this_process(tmp_path: Path) -> None:
    write_pid(str(tmp_path / "pid"))
    assert (tmp_path / "pid").read_text() == str(os.getpid())
