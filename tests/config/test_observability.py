from __future__ import annotations

from pathlib import Path

import pytest

from swarmd.config.observability import Observability
from swarmd.config.options import Options


def given(*words: str) -> Observability:
    options = Options()
    options.parseOptions([*words, "nodes://10.0.0.1:1"])
    return options.settings.observability


def test_nothing_is_opened_or_written_unless_it_is_asked_for() -> None:
    assert given() == Observability()


def test_all_of_it(tmp_path: Path) -> None:
    log = tmp_path / "access"
    found = given(
        *("--metrics-listen", ":9323", "--metrics-listen", "unix:///run/m"),
        *("--ready-nodes", "0", "--log-format", "json", "--access-log", str(log)),
        "--trace-requests",
    )
    listen = ("tcp://0.0.0.0:9323", "unix:///run/m")
    assert found == Observability(listen, 0, "json", str(log), True)


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--metrics-listen", "x"], "--metrics-listen: 'x' is neither host:port nor an endpoint"),
        (["--metrics-listen", "fd://"], "--metrics-listen: 'fd://': systemd has passed on no"),
        (["--ready-nodes", "-1"], "--ready-nodes: '-1' is not a whole number from 0 on"),
        (["--ready-nodes", "all"], "--ready-nodes: 'all' is not a whole number"),
        (["--log-format", "xml"], "--log-format 'xml' is none of text, json"),
        (["--access-log", "journald"], "--access-log journald: use -"),
        (["--access-log", "/nowhere/a"], "--access-log /nowhere/a: No such file or directory"),
        (
            ["--metrics-listen", "127.0.0.1:2375"],
            "--metrics-listen tcp://127.0.0.1:2375 is where --host listens; use another port",
        ),
    ],
)
def test_what_is_wrong_is_one_line(words: list[str], reason: str) -> None:
    options = Options()
    with pytest.raises(SystemExit) as refused:
        options.parseOptions([*words, "nodes://10.0.0.1:1"])
    assert reason in str(refused.value)
