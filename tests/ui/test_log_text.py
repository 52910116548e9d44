from __future__ import annotations

import struct

import pytest

from swarmd.ui.log_text import is_framed, log_text, plain, unframed


def frame(stream: int, text: bytes) -> bytes:
    return struct.pack(">BxxxI", stream, len(text)) + text


def test_frames_are_taken_off_and_a_cut_one_is_as_long_as_it_is() -> None:
    body = frame(1, b"one\n") + frame(2, b"two\n") + frame(1, b"three")[:-2]
    assert log_text(body) == "one\ntwo\nthr"
    assert unframed(frame(1, b"x") + b"\x01\x00") == b"x"


def test_a_terminals_log_is_as_it_is() -> None:
    assert log_text(b"\x1b[1;31mred\x1b[0m\r\nnext") == "red\nnext"
    assert not is_framed(b"short") and not is_framed(b"plain text, long")


@pytest.mark.parametrize("char", ["\x00", "\x07", "\x9b", "\u202e", "\x7f"])
def test_what_acts_is_shown_as_a_mark(char: str) -> None:
    assert plain(f"a{char}b") == "a\N{REPLACEMENT CHARACTER}b"


def test_bytes_that_are_no_text() -> None:
    assert log_text(frame(1, b"\xff\xfe")) == "\N{REPLACEMENT CHARACTER}" * 2
    assert log_text(b"") == ""
