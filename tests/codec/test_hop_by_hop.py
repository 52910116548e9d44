from __future__ import annotations

from swarmd.codec.hop_by_hop import end_to_end

HEADERS = [
    (b"Host", b"a"),
    (b"Connection", b"X-Private, upgrade"),
    (b"connection", b" Host ,content-length,keep-alive"),
    (b"Upgrade", b"tcp"),
    (b"X-Private", b"1"),
    (b"Transfer-Encoding", b"chunked"),
    (b"Content-Length", b"3"),
    (b"X-Registry-Auth", b"e30="),
]


def names(headers: list[tuple[bytes, bytes]]) -> list[bytes]:
    return [name for name, _ in headers]


def test_what_speaks_of_one_connection_goes() -> None:
    assert names(end_to_end(HEADERS)) == [b"Host", b"Content-Length", b"X-Registry-Auth"]


def test_what_is_relayed_stays() -> None:
    kept = end_to_end(HEADERS, keep=(b"upgrade", b"transfer-encoding"))
    assert names(kept) == [
        b"Host",
        b"Upgrade",
        b"Transfer-Encoding",
        b"Content-Length",
        b"X-Registry-Auth",
    ]


def test_nothing_to_drop() -> None:
    assert end_to_end([(b"Accept", b"*/*")]) == [(b"Accept", b"*/*")]
