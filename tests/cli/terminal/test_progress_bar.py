from __future__ import annotations

import io
import os
import sys

import pytest

from swarmd.cli.terminal import progress_bar
from swarmd.cli.terminal.progress_bar import ProgressBar, is_screen


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_lines_stand_above_the_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress_bar, "_columns", lambda: 80)
    screen = Screen()
    bar = ProgressBar(2, screen)
    bar.advance("web", done=False)
    assert screen.getvalue() == "\r\x1b[K[........................] 0/2 web"
    bar.advance("web", done=True)
    bar.print("web: moved")
    bar.close()
    lines = screen.getvalue().split("\r\x1b[K")
    assert lines[2:] == [
        "[############............] 1/2 ",
        "web: moved\n[############............] 1/2 ",
        "",
    ]


def test_it_is_never_wider_than_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress_bar, "_columns", lambda: 40)
    screen = Screen()
    bar = ProgressBar(0, screen)
    assert bar._drawn() == ""
    bar.expect(9)
    bar.advance("a" * 99 + "\x1b[2J", done=False)
    drawn = screen.getvalue()
    assert len(drawn.rpartition("\x1b[K")[2]) == 39 and "\x1b[2J" not in drawn


def test_elsewhere_there_are_lines_alone(capsys: pytest.CaptureFixture[str]) -> None:
    bar = ProgressBar.on_stdout(2)
    bar.advance("web", done=False)
    bar.print("web: moved")
    bar.close()
    assert capsys.readouterr().out == "web: moved\n"


@pytest.mark.parametrize(
    ("term", "kind", "screen"),
    [("xterm", Screen, True), ("dumb", Screen, False), ("xterm", io.StringIO, False)],
)
def test_what_a_screen_is(
    term: str, kind: type[io.StringIO], screen: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", term)
    assert is_screen(kind()) is screen
    monkeypatch.setattr(sys, "stdout", kind())
    assert (ProgressBar.on_stdout(1)._screen is not None) is screen
    assert ProgressBar.on_stdout(1, quiet=True)._screen is None


def test_the_width_of_what_is_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    with open(reading), open(writing, "w") as pipe:
        monkeypatch.setattr(sys, "stdout", pipe)
        assert progress_bar._columns() == 80
