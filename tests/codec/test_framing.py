from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarmd.codec.framing import (
    LAST_CHUNK,
    MAX_CHUNK_LINE,
    BadBody,
    Chunked,
    Framing,
    Sized,
    UntilClose,
    Walk,
    chunk,
    request_framing,
    response_framing,
)
from swarmd.codec.head import scan_request, scan_response

CODED = b"5\r\nhello\r\n1;ext=1\r\n \r\n00A \t;x\r\n0123\r\n6789\r\n0\r\nX: y\r\n\r\n"
PLAIN = b"hello 0123\r\n6789"


def test_payload_and_end_of_a_chunked_body() -> None:
    body, into = Chunked(), bytearray()
    assert body.feed(CODED + b"next", into) == len(CODED)
    assert body.done and body.ends_at_eof()
    assert bytes(into) == PLAIN


def test_the_end_is_found_without_collecting() -> None:
    body = Chunked()
    assert body.feed(CODED + b"next") == len(CODED)
    assert body.feed(b"next") == 0


def test_a_chunked_body_may_be_cut_anywhere() -> None:
    for cut in range(1, len(CODED)):
        body, into = Chunked(), bytearray()
        assert body.feed(CODED[:cut], into) == cut
        assert not body.done and not body.ends_at_eof()
        assert body.feed(CODED[cut:] + b"!", into) == len(CODED) - cut
        assert body.done and bytes(into) == PLAIN


@given(st.lists(st.binary(min_size=1), max_size=8), st.integers(1, 7))
def test_what_is_chunked_is_dechunked(pieces: list[bytes], step: int) -> None:
    coded = b"".join(map(chunk, pieces)) + LAST_CHUNK
    body, into = Chunked(), bytearray()
    for at in range(0, len(coded), step):
        body.feed(coded[at : at + step], into)
    assert body.done and bytes(into) == b"".join(pieces)


@pytest.mark.parametrize(
    "coded",
    [
        b"\r\n",
        b"5\nhello\r\n",
        b"5\r\nhelloX\r\n",
        b"5\r\nhello\n",
        b"0x5\r\nhello\r\n",
        b"-5\r\n",
        b"+5\r\n",
        b"5 5\r\n",
        b" 5\r\n",
        b"g\r\n",
        b"1" * 16 + b"\r\n",
        b"5;a\rb\r\n",
        b"5;a\x00\r\n",
        b"5;a\nb\r\n",
        b"0\r\nfolded\r\n\r\n",
        b"0\r\n folded: x\r\n\r\n",
        b"0\r\nX : y\r\n\r\n",
        b"0\r\nX: y\n\r\n",
        b"0" * (MAX_CHUNK_LINE + 1),
        b"0\r\n" + b"X: " + b"y" * MAX_CHUNK_LINE + b"\r\n",
        b"0\r\n" + (b"X: " + b"y" * 4000 + b"\r\n") * 5,
        (b"1;" + b"x" * 4000 + b"\r\na\r\n") * 5,
    ],
)
def test_broken_chunks(coded: bytes) -> None:
    with pytest.raises(BadBody):
        Chunked().feed(coded)


def test_a_sized_body() -> None:
    body, into = Sized(5), bytearray()
    assert body.feed(b"he", into) == 2
    assert not body.ends_at_eof()
    assert body.feed(b"lloX", into) == 3
    assert body.done and body.ends_at_eof() and bytes(into) == b"hello"
    assert Sized(3).feed(b"abcd") == 3
    assert Sized(0).done


def test_a_body_until_close() -> None:
    body, into = UntilClose(), bytearray()
    assert body.feed(b"abc", into) == body.feed(b"def") == 3
    assert not body.done and body.ends_at_eof() and bytes(into) == b"abc"


@pytest.mark.parametrize(
    ("method", "head", "kind"),
    [
        (b"GET", b"200 OK\r\nContent-Length: 3", Sized),
        (b"GET", b"200 OK\r\nTransfer-Encoding: chunked", Chunked),
        (b"GET", b"200 OK\r\nServer: x", UntilClose),
        (b"HEAD", b"200 OK\r\nTransfer-Encoding: chunked", Sized),
        (b"GET", b"204 No Content\r\nContent-Length: 3", Sized),
        (b"GET", b"304 Not Modified\r\nTransfer-Encoding: chunked", Sized),
    ],
)
def test_framing_of_responses(method: bytes, head: bytes, kind: type[Framing]) -> None:
    found = scan_response(b"HTTP/1.1 " + head + b"\r\n\r\n")
    assert found is not None
    framing = response_framing(method, found[0])
    assert isinstance(framing, kind)
    assert framing.done is (kind is Sized and b"200 OK\r\nContent" not in head)


@pytest.mark.parametrize(
    ("line", "kind", "done"),
    [
        (b"Content-Length: 3", Sized, False),
        (b"Transfer-Encoding: chunked", Chunked, False),
        (b"Accept: */*", Sized, True),
    ],
)
def test_framing_of_requests(line: bytes, kind: type[Framing], done: bool) -> None:
    found = scan_request(b"POST / HTTP/1.1\r\nHost: a\r\n" + line + b"\r\n\r\n")
    assert found is not None
    framing = request_framing(found[0])
    assert isinstance(framing, kind) and framing.done is done


def test_a_walk_takes_what_is_plainly_within_the_body_and_leaves_the_rest_as_it_was() -> None:
    walk = Walk(Chunked())
    assert walk.passes(b"5\r\nab")
    for data in (
        b"cde\r\n0\r\n\r\n",
        b"cde\r\n0\r\n\r\nGET /",
        b"cdefgh\r\n",
        b"cde\r\nno size\r\n",
    ):
        assert not walk.passes(data)
    assert walk.passes(b"cde\r\n") and walk.passes(b"")
    assert walk.framing.feed(b"0\r\n\r\nmore") == 5 and walk.framing.done


def test_a_walk_over_a_body_with_a_length_stops_before_its_last_byte() -> None:
    walk = Walk(Sized(5))
    assert walk.passes(b"abcd") and not walk.passes(b"e") and not walk.passes(b"ef")
    assert walk.framing.feed(b"ef") == 1
