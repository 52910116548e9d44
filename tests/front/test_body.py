from __future__ import annotations

import pytest

from swarmd.codec.head import RequestFields, RequestHead
from swarmd.core.errors import ApiError
from swarmd.front.body import Body


def body(name: bytes, value: bytes) -> Body:
    return Body(RequestHead(b"POST", b"/", RequestFields(b"1.1", [(b"Host", b"a"), (name, value)])))


def sized(length: int) -> Body:
    return body(b"Content-Length", b"%d" % length)


def test_collecting() -> None:
    made = sized(5)
    made.allow(5)
    assert made.feed(b"hel") == 3 and not made.done
    assert made.feed(b"lo, next") == 2 and made.done
    assert made.data == b"hello"


def test_limits() -> None:
    with pytest.raises(ApiError, match="larger than 4 bytes") as caught:
        sized(5).allow(4)
    assert caught.value.status == 413
    chunked = body(b"Transfer-Encoding", b"chunked")
    chunked.allow(4)
    with pytest.raises(ApiError, match="larger than 4 bytes"):
        chunked.feed(b"5\r\nhello")


def test_many_tiny_chunks_take_no_more_than_their_payload() -> None:
    chunked = body(b"Transfer-Encoding", b"chunked")
    chunked.allow(1000)
    chunked.feed(b"1\r\nx\r\n" * 1000)
    assert chunked.data == b"x" * 1000


def test_skipping() -> None:
    assert sized(3).skip(b"abcd") == 3
    assert sized(3).skip(b"ab") is None
    assert body(b"Transfer-Encoding", b"chunked").skip(b"x\r\n") is None
