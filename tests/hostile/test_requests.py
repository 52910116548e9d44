"""Requests that two parsers could read differently, and paths that are not what they seem."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarmd.codec.head import scan_request
from tests.api.rig import ApiRig, Client
from tests.front.memory import Connection, Leaf
from tests.hostile.rig import HostileRig, assert_foreseen, fuzz, logged, status_of

WEB, OTHER = "a" * 64, "b" * 64
HIDDEN = b"POST /containers/other/kill HTTP/1.1\r\nHost: a\r\n\r\n"
START = b"POST /containers/web/start HTTP/1.1\r\nHost: a\r\n"


def _rig() -> HostileRig:
    rig = HostileRig()
    rig.has_container(1, WEB, "web")
    rig.has_container(2, OTHER, "other")
    for number in (1, 2):
        rig.script(number, lambda method, target: (200, {"Id": "c" * 64, "message": "m"}))
    return rig


def _asked(rig: HostileRig) -> list[str]:
    return [*rig.scripted(1).asked, *rig.scripted(2).asked]


SMUGGLED = {
    "two lengths": START + b"Content-Length: 0\r\nContent-Length: %d\r\n\r\n" % len(HIDDEN),
    "a list of lengths": START + b"Content-Length: 0, %d\r\n\r\n" % len(HIDDEN),
    "a signed length": START + b"Content-Length: +0\r\n\r\n",
    "a hexadecimal length": START + b"Content-Length: 0x0\r\n\r\n",
    "length and chunks": START
    + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks and length": START
    + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "another coding": START + b"Transfer-Encoding: identity\r\n\r\n",
    "two codings": START + b"Transfer-Encoding: chunked, identity\r\n\r\n",
    "twice chunked": START + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
    "a tab in chunked": START + b"Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n",
    "a space before the colon": START + b"Content-Length : 5\r\n\r\n",
    "a folded line": START + b"X: a\r\n Content-Length: 5\r\n\r\n",
    "bare line feeds": START.replace(b"\r\n", b"\n") + b"\n",
    "a line feed in a value": START + b"X: a\nContent-Length: 5\r\n\r\n",
    "a carriage return in a value": START + b"X: a\rContent-Length: 5\r\n\r\n",
    "nul in a value": START + b"X: a\x00b\r\n\r\n",
    "chunks in HTTP/1.0": START.replace(b"1.1", b"1.0")
    + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "no Host": b"POST /containers/web/start HTTP/1.1\r\n\r\n",
    "two Hosts": START + b"Host: b\r\n\r\n",
    "three words too many": b"POST /containers/web/start x HTTP/1.1\r\nHost: a\r\n\r\n",
    "HTTP/0.9": b"POST /containers/web/start\r\n\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
}


@pytest.mark.parametrize("data", SMUGGLED.values(), ids=list(SMUGGLED))
def test_what_can_be_read_in_two_ways_reaches_no_engine(data: bytes) -> None:
    rig = _rig()
    client = Client(rig.site)
    with logged() as log:
        client.channel.dataReceived(data + HIDDEN)
    assert assert_foreseen(client, log) in (400, 501, 505)
    assert _asked(rig) == []
    assert client.transport.disconnecting or client.channel.deadline is not None


@pytest.mark.parametrize(
    "chunks",
    [
        b"5 \r\nab",
        b"-1\r\n",
        b"0x5\r\nabcde\r\n0\r\n\r\n",
        b"5\nabcde\r\n0\r\n\r\n",
        b"2\r\nabc\r\n0\r\n\r\n",
        b"fffffffffffffffff\r\n",
        b"0\r\nX: a\nb: c\r\n\r\n",
        b"0\r\n X: a\r\n\r\n",
        b";\r\n\r\n",
    ],
)
def test_broken_chunks_are_refused_and_what_follows_is_no_request(chunks: bytes) -> None:
    rig = _rig()
    client = Client(rig.site)
    client.channel.dataReceived(START + b"Transfer-Encoding: chunked\r\n\r\n" + chunks + HIDDEN)
    assert status_of(client) == 400
    assert _asked(rig) == []


def test_an_engine_gets_the_body_that_was_read_and_nothing_behind_it() -> None:
    rig = ApiRig(2)
    rig.has_container(1, WEB, "web")
    rig.has_container(2, OTHER, "other")
    client = Client(rig.site)
    head = b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    body = head + b"5;x=y\r\nabcde\r\n0\r\nX: y\r\n\r\n"
    client.channel.dataReceived(START + body + HIDDEN)
    line, sent = rig.got(1)
    assert (line, sent) == (f"POST /v1.41/containers/{WEB}/start", b"abcde")
    assert not rig.dialled(2).connections
    rig.answers(1, 204)
    assert rig.got(2)[0] == f"POST /v1.41/containers/{OTHER}/kill"


def test_what_is_behind_a_hijack_is_its_stream_and_no_request() -> None:
    rig = ApiRig(2)
    rig.has_container(1, WEB, "web")
    rig.has_container(2, OTHER, "other")
    client = Client(rig.site)
    head = b"POST /containers/web/attach HTTP/1.1\r\nHost: a\r\nUpgrade: tcp\r\n\r\n"
    client.channel.dataReceived(head + HIDDEN)
    assert b"kill" not in rig.dialled(1).wire.sent
    rig.dialled(1).wire.clear()
    rig.dialled(1).answers(b"HTTP/1.1 101 UPGRADED\r\nUpgrade: tcp\r\n\r\n")
    assert rig.dialled(1).wire.sent == HIDDEN
    assert not rig.dialled(2).connections


def test_what_is_behind_a_refused_hijack_is_a_request_again() -> None:
    rig = ApiRig(2)
    rig.has_container(1, WEB, "web")
    rig.has_container(2, OTHER, "other")
    client = Client(rig.site)
    head = b"POST /containers/web/attach HTTP/1.1\r\nHost: a\r\nUpgrade: tcp\r\n\r\n"
    client.channel.dataReceived(head + HIDDEN)
    rig.answers(1, 409, {"message": "stopped"})
    assert rig.got(2)[0] == f"POST /v1.41/containers/{OTHER}/kill"
    assert b"kill" not in rig.dialled(1).wire.sent


def test_what_is_behind_a_tunnel_goes_to_nobody() -> None:
    """The connection ends with its answer."""
    rig = ApiRig(2)
    rig.has_container(1, WEB, "web")
    rig.has_container(2, OTHER, "other")
    client = Client(rig.site)
    client.channel.dataReceived(b"GET /containers/web/logs HTTP/1.1\r\nHost: a\r\n\r\n" + HIDDEN)
    scanned = scan_request(rig.dialled(1).wire.sent)
    assert scanned is not None and not scanned[0].keep_alive
    assert scanned[1] == len(rig.dialled(1).wire.sent)
    assert not rig.dialled(2).connections


# Paths

_TRICKS = (
    *("/../info", "//info", "/containers/%2e%2e/info", "/containers/..%2finfo", "/./info"),
    *("/containers//json", "/v1.41//info", "/containers/web/../other/kill"),
    *("/containers/web%2f..%2fother/kill", "/v1.41/../v1.24/info"),
)


@pytest.mark.parametrize("path", _TRICKS)
def test_a_path_that_is_not_clean_is_sent_back_clean(path: str) -> None:
    rig = _rig()
    client = rig.ask("POST" if "kill" in path else "GET", path)
    assert status_of(client) == 301
    assert b".." not in client.received.split(b"Location: ")[1].split(b"\r\n")[0]
    assert _asked(rig) == []


@pytest.mark.parametrize("path", ["/containers/a%00b/json", "/containers/%0d%0aX:%20y/json", "/%"])
def test_control_characters_in_paths_are_refused(path: str) -> None:
    rig = _rig()
    assert status_of(rig.ask("GET", path)) == 400
    assert _asked(rig) == []


_SEGMENTS = st.sampled_from(
    [
        *("containers", "web", "other", "json", "images", "x", "v1.41", "v9", "..", ".", ""),
        *("%2e%2e", "%2f", "%00", "%0d%0aX", "%ff", "%25", "a%3fb", "a%23b", "node-1%2fweb"),
        *(
            "kill",
            "start",
            "attach",
            "exec",
            "create",
            "networks",
            "volumes",
            "é".encode().decode(),
        ),
        *("logs", "archive", "get", "load", "build", "_ping", "info", "events", "system", "df"),
    ]
)


@fuzz
@given(
    st.sampled_from(["GET", "POST", "DELETE", "HEAD", "PUT", "OPTIONS", "CONNECT", "get", "X"]),
    st.lists(_SEGMENTS, max_size=5),
    st.sampled_from(
        ["", "?", "?name=%ff", "?name=a%0d%0ab", "?filters=%7b", "?a=1;b=2", "?%zz", "?#"]
    ),
)
def test_any_path_is_answered_and_engines_get_only_clean_ones(
    method: str, segments: list[str], query: str
) -> None:
    rig = _rig()
    with logged() as log:
        client = rig.completed(method, "/" + "/".join(segments) + query, None)
    assert_foreseen(client, log)
    for line in _asked(rig):
        path = line.split()[1].partition("?")[0]
        assert path.startswith("/") and ".." not in path.split("/") and "//" not in path
        assert "%2e" not in path.lower() and "%0" not in path.lower()


# Headers

_NASTY = ["a\r\nX-Bad: 1", "a\nX-Bad: 1", "\r\n\r\nHTTP/1.1 200 OK", "é\u2028", '"', "a\x00b"]


@pytest.mark.parametrize("name", _NASTY)
def test_no_name_or_label_becomes_a_header(name: str) -> None:
    rig = HostileRig()
    rig.has_container(1, WEB, name, Labels={name: name}, Image=name)
    rig.has_image(1, "sha256:" + "e" * 64, name)
    rig.lose(2)
    rig.engine(2).error = name
    asked = quote(name, safe="")
    targets = ["/containers/json?all=1", "/images/json", "/info", "/networks", "/system/df"]
    targets += [f"/containers/{asked}/json", f"/images/{asked}/json", f"/volumes/{asked}"]
    for target in targets:
        with logged() as log:
            client = rig.completed("GET", target)
        assert_foreseen(client, log)
        head = client.received.split(b"\r\n\r\n")[0]
        assert not any(line.startswith(b"X-Bad") for line in head.split(b"\r\n"))

        assert b"\nHTTP/1.1" not in client.received


# Patience


def test_a_thousand_slow_heads_are_all_ended_and_a_quick_one_is_served() -> None:
    site = Connection({"a": Leaf(lambda request: b"x")})
    slow = []
    for _ in range(1000):
        slow.append(site.open())
        slow[-1].dataReceived(b"GET /a HTTP/1.1\r\n")
    site.open()
    site.get("/a")
    assert site.statuses() == [200]
    for _ in range(7):
        site.clock.advance(5.0)
        for channel in slow:
            channel.dataReceived(b"X: y\r\n")
        site.site.sweep()
    assert all(b" 408 " in bytes(channel.transport.value()) for channel in slow)


def test_connections_beyond_the_limit_are_told_and_room_is_made_by_those_that_leave() -> None:
    site = Connection({"a": Leaf(lambda request: b"x")}, max_connections=5)
    held = [site.open() for _ in range(4)]
    site.open()
    site.get("/a")
    assert site.statuses() == [503]
    site.reset()
    held[0].connectionLost(None)  # type: ignore[arg-type]
    site.open()
    site.get("/a")
    assert site.statuses() == [200]
