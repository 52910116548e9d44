from __future__ import annotations

import orjson
import pytest
from twisted.web.http_headers import Headers

from swarmd.front.reply import (
    content_fields,
    error_body,
    header_lines,
    last_words,
    render_head,
)


@pytest.mark.parametrize(
    ("version", "keep_alive", "head"),
    [
        (b"1.1", True, b"HTTP/1.1 404 Not Found\r\nA: b\r\n\r\n"),
        (b"1.1", False, b"HTTP/1.1 404 Not Found\r\nA: b\r\nConnection: close\r\n\r\n"),
        (b"1.0", True, b"HTTP/1.0 404 Not Found\r\nA: b\r\nConnection: keep-alive\r\n\r\n"),
        (b"1.0", False, b"HTTP/1.0 404 Not Found\r\nA: b\r\nConnection: close\r\n\r\n"),
    ],
)
def test_heads(version: bytes, keep_alive: bool, head: bytes) -> None:
    assert render_head(version, 404, b"A: b\r\n", keep_alive=keep_alive) == head


def test_reasons() -> None:
    assert render_head(b"1.1", 599, b"", keep_alive=True) == b"HTTP/1.1 599 Unknown\r\n\r\n"
    own = render_head(b"1.1", 101, b"", keep_alive=True, reason=b"UPGRADED")
    assert own == b"HTTP/1.1 101 UPGRADED\r\n\r\n"


def test_content_fields() -> None:
    assert content_fields(200, b"text/plain", 3, [(b"A", b"b")]) == (
        b"A: b\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n"
    )
    assert content_fields(200, None, None, ()) == b""
    assert content_fields(304, b"text/plain", 3, [(b"A", b"b")]) == b"A: b\r\n"


def test_errors_are_json_whatever_they_quote() -> None:
    assert orjson.loads(error_body('"\udcff\n')) == {"message": '"\\udcff\n'}


def test_last_words() -> None:
    assert last_words(400, "no", b"A: b\r\n") == (
        b"HTTP/1.1 400 Bad Request\r\nA: b\r\nContent-Type: application/json\r\n"
        b'Content-Length: 17\r\nConnection: close\r\n\r\n{"message":"no"}\n'
    )


def test_each_value_of_a_header_has_its_line() -> None:
    headers = Headers({b"a": [b"1", b"2"], b"b": [b"3"]})
    assert sorted(header_lines(headers).split(b"\r\n")) == [b"", b"A: 1", b"A: 2", b"B: 3"]
