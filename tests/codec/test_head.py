from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarmd.codec import head
from swarmd.codec.head import (
    MAX_FIELDS,
    MAX_HEAD,
    BadHead,
    RequestHead,
    render_fields,
    render_request,
    render_response,
    scan_request,
    scan_response,
)

GET = b"GET /v1.41/containers/json?all=1 HTTP/1.1\r\nHost: docker\r\nUser-Agent: Go \t\r\n\r\n"


def request(*lines: bytes, first: bytes = b"GET / HTTP/1.1", host: bytes = b"Host: a\r\n") -> bytes:
    return first + b"\r\n" + host + b"".join(line + b"\r\n" for line in lines) + b"\r\n"


def head_of(*lines: bytes, first: bytes = b"GET / HTTP/1.1") -> RequestHead:
    found = scan_request(request(*lines, first=first))
    assert found is not None
    return found[0]


def refusal(data: bytes) -> int:
    with pytest.raises(BadHead) as caught:
        scan_request(data)
    assert caught.value.text
    return caught.value.status


def test_a_request() -> None:
    head, used = scan_request(GET + b"rest") or pytest.fail()
    assert used == len(GET)
    assert (head.method, head.target) == (b"GET", b"/v1.41/containers/json?all=1")
    assert head.headers == [(b"Host", b"docker"), (b"User-Agent", b"Go")]
    assert head.get(b"user-agent") == b"Go"
    assert head.get(b"accept") is None
    assert (head.version, head.length, head.chunked) == (b"1.1", None, False)
    assert (head.keep_alive, head.upgrade, head.expect_continue) == (True, False, False)


def test_every_cut_is_unfinished() -> None:
    for cut in range(len(GET)):
        assert scan_request(GET[:cut]) is None


@pytest.mark.parametrize(
    ("first", "connection", "kept"),
    [
        (b"GET / HTTP/1.1", None, True),
        (b"GET / HTTP/1.1", b"close", False),
        (b"GET / HTTP/1.1", b"Upgrade, Close", False),
        (b"GET / HTTP/1.1", b"Upgrade", True),
        (b"GET / HTTP/1.1", b"keep-alive,? close", False),
        (b"GET / HTTP/1.1", b"unclose", True),
        (b"GET / HTTP/1.0", None, False),
        (b"GET / HTTP/1.0", b"Keep-Alive", True),
        (b"GET / HTTP/1.0", b"upgrade", False),
    ],
)
def test_keep_alive(first: bytes, connection: bytes | None, kept: bool) -> None:
    lines = [b"Connection: " + connection] if connection else []
    assert head_of(*lines, first=first).keep_alive is kept


def test_what_the_headers_mean() -> None:
    assert head_of(b"Content-Length: 012").length == 12
    assert head_of(b"Transfer-Encoding: Chunked").chunked
    assert head_of(b"Upgrade: anything").upgrade
    assert head_of(b"Expect: 100-Continue").expect_continue
    assert not head_of(b"Expect: 100-continue", first=b"GET / HTTP/1.0").expect_continue
    assert head_of(b"X:", b"Y: \t ").headers[1:] == [(b"X", b""), (b"Y", b"")]
    assert head_of(b"A: b\xc3\xa9\tc ").get(b"a") == b"b\xc3\xa9\tc"


def test_repeated_headers_are_joined() -> None:
    head = head_of(b"Connection: upgrade", b"CONNECTION: close")
    assert head.get(b"connection") == b"upgrade, close"
    assert not head.keep_alive


@pytest.mark.parametrize(
    ("target", "origin"),
    [
        (b"*", b"*"),
        (b"http://engine:2375/info?a=b", b"/info?a=b"),
        (b"HTTPS://engine", b"/"),
        (b"http://engine?x", b"/?x"),
        (b"//info", b"//info"),
        (b"/a%2Fb?%zz", b"/a%2Fb?%zz"),
    ],
)
def test_forms_of_targets(target: bytes, origin: bytes) -> None:
    assert head_of(first=b"GET %b HTTP/1.1" % target).target == origin


def test_http_1_0_needs_no_host() -> None:
    found = scan_request(b"GET / HTTP/1.0\r\n\r\n")
    assert found is not None and found[0].version == b"1.0"


@pytest.mark.parametrize(
    ("status", "data"),
    [
        (400, request(b"Content-Length: 5", b"Transfer-Encoding: chunked")),
        (400, request(b"Content-Length: 5", b"Content-Length: 6")),
        (400, request(b"Content-Length: 5", b"Content-Length: 5")),
        (400, request(b"Content-Length: 5, 5")),
        (400, request(b"Content-Length: +5")),
        (400, request(b"Content-Length: -5")),
        (400, request(b"Content-Length: 0x5")),
        (400, request(b"Content-Length:")),
        (400, request(b"Content-Length: " + b"9" * 19)),
        (501, request(b"Transfer-Encoding: gzip, chunked")),
        (501, request(b"Transfer-Encoding: chunked, identity")),
        (501, request(b"Transfer-Encoding: xchunked")),
        (501, request(b"Transfer-Encoding:")),
        (400, request(b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked")),
        (400, request(b"Transfer-Encoding: chunked", first=b"GET / HTTP/1.0")),
        (400, request(b"Transfer-Encoding : chunked")),
        (400, request(b"Transfer-Encoding\t: chunked")),
        (400, request(b"X: y", b" folded: line")),
        (400, request(b"X: y", b"\tfolded")),
        (400, request(b" Leading: blank")),
        (400, request(b"no colon")),
        (400, request(b": no name")),
        (400, request(b"X: a\x00b")),
        (400, request(b"X: a\rb")),
        (400, request(b"X: a\nSmuggled: b")),
        (400, request(b"X: a\x7f")),
        (400, request(b"N\xc3\xa9: a")),
        (400, request(b"N(: a")),
        (400, b"GET / HTTP/1.1\nHost: a\n\n"),
        (400, b"GET / HTTP/1.1\r\nHost: a\n\r\n"),
        (400, b"\r\n" + GET),
        (400, b"\r\n"),
        (400, b"\x00"),
        (400, b"\x16\x03\x01\x02\x00"),
        (400, b"\x16\x03\x01\x02\x00random\nbytes"),
        (400, request(host=b"")),
        (400, request(b"host: b")),
        (400, request(b"Host: b", first=b"GET / HTTP/1.0")),
        (400, request(host=b"Host: a/b\r\n")),
        (400, request(host=b"Host: a b\r\n")),
        (417, request(b"Expect: a miracle")),
        (505, request(first=b"GET / HTTP/2.0")),
        (505, request(first=b"GET / HTTP/0.9")),
        (505, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        (400, request(first=b"GET /")),
        (400, request(first=b"GET  / HTTP/1.1")),
        (400, request(first=b"GET / x HTTP/1.1")),
        (400, request(first=b"GET /\t HTTP/1.1")),
        (400, request(first=b"GET / HTTP/1.1 ")),
        (400, request(first=b"GET / http/1.1")),
        (400, request(first=b"GET / HTTP/1.10")),
        (400, request(first=b" GET / HTTP/1.1")),
        (400, request(first=b"G(T / HTTP/1.1")),
        (400, request(first=b"GET info HTTP/1.1")),
        (400, request(first=b"GET ftp://a/info HTTP/1.1")),
        (400, request(first=b"GET http:///info HTTP/1.1")),
        (400, request(first=b"GET http://b:containers/json HTTP/1.1")),
        (400, request(first=b"GET http://a@b/info HTTP/1.1")),
        (400, request(first=b"GET http://b:80:80/info HTTP/1.1")),
        (400, request(first=b"GET http://a@b^/info HTTP/1.1")),
        (400, request(first=b"CONNECT a:80 HTTP/1.1")),
        (400, request(first=b"GET /%zz HTTP/1.1")),
        (400, request(first=b"GET /% HTTP/1.1")),
        (400, request(first=b"GET /\x00 HTTP/1.1")),
        (431, b"G" * MAX_HEAD),
        (431, request(b"X: " + b"y" * MAX_HEAD)),
        (431, request(*[b"X: y"] * MAX_FIELDS)),
    ],
)
def test_refused(status: int, data: bytes) -> None:
    assert refusal(data) == status


def test_as_many_fields_as_allowed() -> None:
    assert len(head_of(*[b"X: y"] * (MAX_FIELDS - 1)).headers) == MAX_FIELDS


@pytest.mark.parametrize("filling", [b" ", b"\t ", b"a ", b":", b"a"])
def test_no_line_takes_more_than_linear_time(filling: bytes) -> None:
    line = b"X:" + filling * (60_000 // len(filling)) + b"\x00"
    assert refusal(request(line)) == 400


@given(st.binary(max_size=200))
def test_garbage_is_refused_or_unfinished_and_never_crashes(data: bytes) -> None:
    for scan in (scan_request, scan_response):
        try:
            found = scan(data)
        except BadHead:
            continue
        assert found is None or found[1] <= len(data)


@given(
    st.lists(
        st.tuples(
            st.from_regex(rb"X-[A-Za-z0-9-]{1,20}", fullmatch=True),
            st.from_regex(rb"[!-~]([ -~]{0,20}[!-~])?", fullmatch=True),
        ),
        max_size=20,
    )
)
def test_what_is_rendered_is_scanned(headers: list[tuple[bytes, bytes]]) -> None:
    headers.insert(0, (b"Host", b"a"))
    found = scan_request(render_request(b"PUT", b"/x", headers))
    assert found is not None
    assert (found[0].method, found[0].target, found[0].headers) == (b"PUT", b"/x", headers)
    answer = scan_response(render_response(200, b"OK", headers))
    assert answer is not None and answer[0].headers == headers


@given(st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b" ", b"a", b":", b"\t"]), max_size=12))
def test_no_line_hides_in_a_value(pieces: list[bytes]) -> None:
    """Whatever is accepted has exactly the lines that a CRLF split sees."""
    data = request(b"X: " + b"".join(pieces))
    try:
        found = scan_request(data)
    except BadHead:
        return
    assert found is not None
    head, used = found
    lines = data[: used - 4].split(b"\r\n")[1:]
    assert len(lines) == len(head.headers)
    assert not any(b"\r" in value or b"\n" in value for _, value in head.headers)


@pytest.mark.parametrize("value", [b"a\r\nInjected: b", b"a\nb", b"a\x00b"])
def test_nothing_is_injected_by_a_value(value: bytes) -> None:
    with pytest.raises(ValueError, match="header value"):
        render_fields([(b"X", value)])


def test_a_response() -> None:
    data = b"HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n"
    head, used = scan_response(data + b"raw") or pytest.fail()
    assert used == len(data)
    assert (head.status, head.reason, head.upgrade) == (101, b"UPGRADED", True)
    assert not head.interim
    for cut in range(len(data)):
        assert scan_response(data[:cut]) is None


@pytest.mark.parametrize(
    ("status", "method", "body", "interim"),
    [
        (b"100", b"POST", False, True),
        (b"101", b"POST", False, False),
        (b"200", b"GET", True, False),
        (b"200", b"HEAD", False, False),
        (b"204", b"GET", False, False),
        (b"304", b"POST", False, False),
        (b"500", b"GET", True, False),
    ],
)
def test_which_answers_have_a_body(status: bytes, method: bytes, body: bool, interim: bool) -> None:
    head, _ = scan_response(b"HTTP/1.1 " + status + b"\r\n\r\n") or pytest.fail()
    assert (head.has_body(method), head.interim) == (body, interim)


@pytest.mark.parametrize(
    "data",
    [
        b"SSH-2.0-OpenSSH",
        b"HTTP/2 200 OK\r\n\r\n",
        b"HTTP/1.1 20 OK\r\n\r\n",
        b"HTTP/1.1 200 O\x00K\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * MAX_HEAD,
    ],
)
def test_answers_that_are_none(data: bytes) -> None:
    with pytest.raises(BadHead):
        scan_response(data)


def test_a_head_that_is_repeated_is_read_once() -> None:
    lines = b"Host: a\r\nUser-Agent: repeated\r\n\r\n"
    one, two = (scan_request(b"GET /%d HTTP/1.1\r\n%b" % (n, lines)) for n in (1, 2))
    assert one is not None and two is not None
    assert one[0].fields is two[0].fields
    assert (one[0].target, two[0].target) == (b"/1", b"/2")


def test_what_is_remembered_is_judged_by_the_version_all_the_same() -> None:
    lines = b"Host: a\r\nUser-Agent: versions\r\n\r\n"
    for version, stays in ((b"1.1", True), (b"1.0", False), (b"1.1", True)):
        scanned = scan_request(b"GET / HTTP/%b\r\n%b" % (version, lines))
        assert scanned is not None and scanned[0].keep_alive is stays
    with pytest.raises(BadHead, match="version"):
        scan_request(b"GET / HTTP/1.7\r\n" + lines)
    with pytest.raises(BadHead, match="request line"):
        scan_request(b"GET  / HTTP/1.1\r\n" + lines)


@pytest.mark.parametrize("name", [b"X-Registry-Auth", b"x-registry-config", b"AUTHORIZATION"])
def test_a_password_does_not_stay_in_memory(name: bytes) -> None:
    scan_request(b"GET / HTTP/1.1\r\nHost: a\r\n%b: hush-hush\r\n\r\n" % name)
    assert not any(b"hush-hush" in text for text in head._asked)


def test_memory_has_a_bound() -> None:
    memory: head.Memory[int] = head.Memory()
    for number in range(3 * head.MOST_REMEMBERED):
        memory.learn(b"%d" % number, number)
        assert memory[b"%d" % number] == number
        assert len(memory) <= head.MOST_REMEMBERED
    memory.learn(b"x" * (head.LARGEST_REMEMBERED + 1), 1)
    assert b"x" * (head.LARGEST_REMEMBERED + 1) not in memory
