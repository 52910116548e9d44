from __future__ import annotations

from typing import Any

import pytest

from swarmd.front.request import DockerRequest
from tests.front.memory import Connection, Leaf

MADE = {"client", "host", "responseHeaders", "received_cookies", "cookies", "notifications"}


def requested(look: Any) -> None:
    seen: list[DockerRequest] = []
    client = Connection({"x": Leaf(seen.append)})
    head = b"POST /x?a=1&b= HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
    client.send(head + b"Content-Length: 2\r\n\r\n{}")
    look(seen[0])


def test_what_hardly_anybody_asks_for_is_made_when_it_is_asked_for() -> None:
    def look(request: DockerRequest) -> None:
        assert MADE.isdisjoint(vars(request))
        for name in MADE:
            assert getattr(request, name) is getattr(request, name)
        assert vars(request).keys() >= MADE

    requested(look)


def test_twisteds_forms_of_what_was_asked() -> None:
    def look(request: DockerRequest) -> None:
        assert request.args == {b"a": [b"1"], b"b": [b""]}
        assert request.requestHeaders.getRawHeaders("host") == ["h"]
        assert request.content.read() == b"{}"

    requested(look)


def test_what_twisted_does_not_have_is_not_there() -> None:
    def look(request: DockerRequest) -> None:
        with pytest.raises(AttributeError, match="nothing"):
            request.nothing  # noqa: B018

    requested(look)
