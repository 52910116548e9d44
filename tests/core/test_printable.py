from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarmd.core.printable import in_one_line, printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("web-1 größe 日本 🚀", "web-1 größe 日本 🚀"),
        ("a\r\n\tb", r"a\r\n\tb"),
        ("\0\x1b[31m\x7f", r"\x00\x1b[31m\x7f"),
        ("\x85\x9b1m\u2028\u2029", r"\x85\x9b1m\u2028\u2029"),
        ("\u202eevil\u2066\u200f\u061c", r"\u202eevil\u2066\u200f\u061c"),
        ("\ufeff\u200b\udc80\U000e0041", r"\ufeff\u200b\udc80\U000e0041"),
    ],
)
def test_what_would_act_is_shown(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(st.text())
def test_any_text_is_one_line_for_any_terminal(text: str) -> None:
    assert printable(text).isprintable()
    printable(text).encode()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("no such node", "no such node"),
        ("the conditions \n[node==a]\nb: is full\n", "the conditions [node==a]; b: is full"),
        ("", ""),
        ("a\r\n\n b", "a; b"),
    ],
)
def test_lines_stand_in_one(text: str, shown: str) -> None:
    assert in_one_line(text) == shown
