from __future__ import annotations

import pytest

from swarmd.cli.terminal import colour
from swarmd.cli.terminal.colour import coloured
from swarmd.cli.terminal.table import table

ROWS = [
    ("NAME", "STATUS", "X"),
    ("a", "Healthy", "1"),
    ("b", "Unhealthy", ""),
    ("c\x1b[2J", "?", ""),
]


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(colour, "is_screen", lambda stream: True)
    monkeypatch.delenv("NO_COLOR", raising=False)


def test_on_a_terminal_states_have_colours_that_take_no_room(screen: None) -> None:
    lines = table(ROWS).splitlines()
    assert lines == [
        "NAME       STATUS      X",
        "a          \x1b[32mHealthy\x1b[0m     1",
        "b          \x1b[31mUnhealthy\x1b[0m",
        r"c\x1b[2J   ?",
    ]
    assert coloured("web: failed: no", "failed") == "\x1b[31mweb: failed: no\x1b[0m"


@pytest.mark.parametrize("value", ["1", "0"])
def test_who_wants_none_has_none(screen: None, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("NO_COLOR", value)
    assert "\x1b" not in table(ROWS)


def test_an_empty_variable_says_nothing(screen: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "")
    assert "\x1b" in table(ROWS)


def test_elsewhere_there_are_none() -> None:
    assert "\x1b" not in table(ROWS)
