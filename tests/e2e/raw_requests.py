"""Requests that two parsers may read differently, each with a second request behind it."""

from __future__ import annotations

import random
import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass

Target = tuple[str, int]

_FINAL = re.compile(rb"HTTP/1\.[01] ([2-5]\d\d) ")
_CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"


@dataclass(frozen=True)
class Read:
    """How the other side took some bytes: a status for each request that it saw in them."""

    statuses: tuple[int, ...]

    @property
    def refused(self) -> bool:
        """It acted on nothing at all."""
        return len(self.statuses) == 1 and 400 <= self.statuses[0] < 600


def hidden(volume: str) -> bytes:
    """What must be seen where it is no part of the request before it, and only there."""
    body = b'{"Name": "%b"}' % volume.encode()
    head = b"POST /volumes/create HTTP/1.1\r\nHost: localhost\r\n"
    head += b"Content-Type: application/json\r\n"
    return head + b"Content-Length: %d\r\nConnection: close\r\n\r\n%b" % (len(body), body)


def exchange(target: Target, raw: bytes, patience: float) -> Read:
    """Sends it all at once, and reads until the other side ends or is silent for ``patience``."""
    received = b""
    with socket.create_connection(target, 10) as connection:
        try:
            connection.sendall(raw)
            connection.settimeout(patience)
            while data := connection.recv(65536):
                received += data
        except (TimeoutError, ConnectionError):
            pass  # a refusal may reset what was still on its way
    return Read(tuple(int(status) for status in _FINAL.findall(received)))


def doubtful(name: str, behind: bytes) -> dict[str, bytes]:
    """By their names; all of them start or look at container ``name``, ``behind`` follows."""
    return {what: head + behind for what, head in _heads(name, len(behind), behind).items()}


def _heads(name: str, size: int, behind: bytes) -> dict[str, bytes]:
    start = b"POST /containers/%b/start HTTP/1.1\r\nHost: localhost\r\n" % name.encode()
    look = b"GET /containers/%b/json HTTP/1.1\r\nHost: localhost\r\n" % name.encode()
    length = b"Content-Length: %d\r\n\r\n" % size
    return {
        "nothing": look + b"\r\n",
        "two lengths": start + b"Content-Length: 0\r\n" + length,
        "one length twice": start + b"Content-Length: 0\r\nContent-Length: 0\r\n\r\n",
        "a list of lengths": start + b"Content-Length: 0, %d\r\n\r\n" % size,
        "a signed length": start + b"Content-Length: +0\r\n\r\n",
        "a hexadecimal length": start + b"Content-Length: 0x0\r\n\r\n",
        "an empty length": start + b"Content-Length: \r\n\r\n",
        "leading zeros": start + b"Content-Length: 000\r\n\r\n",
        "length and chunks": start + b"Content-Length: 5\r\n" + _CHUNKED + b"0\r\n\r\n",
        "chunks and length": start + _CHUNKED[:-2] + b"Content-Length: 5\r\n\r\n0\r\n\r\n",
        "another coding": start + b"Transfer-Encoding: identity\r\n\r\n",
        "two codings": start + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "chunked twice": start + _CHUNKED[:-2] + _CHUNKED + b"0\r\n\r\n",
        "a vertical tab": start + b"Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n",
        "a blank before the colon": start + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        "a folded length": start + b"X: a\r\n " + length,
        "a folded coding": start + b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
        "bare line feeds": start.replace(b"\r\n", b"\n") + b"\n",
        "a line feed in a value": start + b"X: a\n" + length,
        "a carriage return in a value": start + b"X: a\r" + length,
        "nul in a value": start + b"X: a\x00b\r\n\r\n",
        "chunks in HTTP/1.0": start.replace(b"1.1", b"1.0") + _CHUNKED + b"0\r\n\r\n",
        "HTTP/1.0": look.replace(b"1.1", b"1.0") + b"Connection: keep-alive\r\n\r\n",
        "HTTP/1.2": look.replace(b"1.1", b"1.2") + b"\r\n",
        "a GET with a body": look + length,
        "a GET with chunks": look + _CHUNKED + b"%x\r\n%b\r\n0\r\n\r\n" % (size, behind),
        "a chunk's extension": start + _CHUNKED + b"0;a=b\r\n\r\n",
        "a line feed in it": start + _CHUNKED + b"2;\nxx\r\n0\r\n\r\n",
        "chunks by line feeds": start + _CHUNKED + b"0\n\n",
        "a length in the trailer": start + _CHUNKED + b"0\r\nContent-Length: 5\r\n\r\n",
        "a chunk beyond 64 bits": start + _CHUNKED + b"10000000000000000\r\n\r\n",
        "empty lines before": b"\r\n\r\n" + look + b"\r\n",
        "another host's URL": look.replace(b"GET /", b"GET http://b/") + b"\r\n",
        "an expectation": start + b"Expect: 100-continue\r\nContent-Length: 0\r\n\r\n",
        "a strange expectation": start + b"Expect: x\r\nContent-Length: 0\r\n\r\n",
        "HTTP/2 on offer": look + b"Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
        "close among others": look + b"Connection: keep-alive, close\r\n\r\n",
        "another method on top": look + b"X-HTTP-Method-Override: DELETE\r\n\r\n",
        "an escaped slash": look.replace(b"/json", b"%2fjson") + b"\r\n",
        "two slashes": look.replace(b"/json", b"//json") + b"\r\n",
        "two dots": look.replace(b"/json", b"/../x/json") + b"\r\n",
        "escaped dots": look.replace(b"/json", b"/%2e%2e/x/json") + b"\r\n",
        "a nul in the path": look.replace(b"/json", b"%00/json") + b"\r\n",
        "a blank in the path": look.replace(b"/json", b" /json") + b"\r\n",
        "a fragment": look.replace(b"/json", b"/json#x") + b"\r\n",
        "tabs": look.replace(b" ", b"\t") + b"\r\n",
        "a path as host": look.replace(b"Host: localhost", b"Host: localhost/b") + b"\r\n",
        "no name of a header": start + b": a\r\n\r\n",
        "no colon": start + b"abc\r\n\r\n",
    }


_PIECES = (
    *(b"\r\n", b"\n", b"\r", b" ", b"\t", b"\x00", b"\x0b", b":", b";", b",", b"0", b"5", b"+"),
    *(b"\r\n\r\n", b"\n\n", b"0\r\n\r\n", b"Content-Length: 3\r\n", b"content-length:0\r\n", b"%"),
    *(b"Transfer-Encoding: chunked\r\n", b"transfer-encoding:chunked\r\n", b"Host: b\r\n", b"\xff"),
    *(
        b"Connection: close\r\n",
        b"Connection: Upgrade\r\nUpgrade: tcp\r\n",
        b"HTTP/1.0",
        b"#",
        b"?",
    ),
)


def mutated(name: str, behind: bytes, seed: int) -> Iterator[bytes]:
    """Endlessly: one of the requests above with one to three small changes before ``behind``."""
    chance = random.Random(seed)
    heads = list(_heads(name, len(behind), behind).values())
    while True:
        head = chance.choice(heads)
        for _ in range(chance.randint(1, 3)):
            at = chance.randrange(len(head) + 1)
            cut = at + chance.choice((0, 0, 1, 2, 8))
            head = head[:at] + chance.choice((*_PIECES, b"")) + head[cut:]
        yield head + behind
