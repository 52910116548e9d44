"""Clients that ask as fast as they are answered, and one that only watches how long it waits."""

from __future__ import annotations

import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import NamedTuple


class Address(NamedTuple):
    """Where something listens, and how it is spoken to."""

    host: str
    port: int
    tls: ssl.SSLContext | None = None


_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")
_CHUNKED = re.compile(rb"(?i)\r\ntransfer-encoding: *chunked")
PAUSE = 0.01  # seconds between two looks of the watcher


class Client:
    """One kept connection."""

    def __init__(self, address: Address) -> None:
        self._socket = socket.create_connection(address[:2], timeout=60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if address.tls is not None:
            self._socket = address.tls.wrap_socket(self._socket)

    def close(self) -> None:
        self._socket.close()

    def ask(self, method: str, target: str, body: bytes = b"") -> bytes:
        """The body; RuntimeError for an error status."""
        kind = b"Content-Type: application/json\r\nContent-Length: %d\r\n" % len(body)
        head = f"{method} {target} HTTP/1.1\r\nHost: localhost\r\n".encode()
        sized = kind if method == "POST" else b""
        self._socket.sendall(head + sized + b"\r\n" + body)
        answer = self._until(b"\r\n\r\n")
        head, _, rest = answer.partition(b"\r\n\r\n")
        if head[9:10] not in b"23":
            raise RuntimeError(f"{method} {target}: {answer[:300]!r}")
        return self._body(head + b"\r\n", rest)

    def _until(self, mark: bytes) -> bytes:
        data = bytearray()
        while mark not in data:
            data += self._more()
        return bytes(data)

    def _more(self) -> bytes:
        data = self._socket.recv(1 << 18)
        if not data:
            raise RuntimeError("the connection was closed")
        return data

    def _body(self, head: bytes, rest: bytes) -> bytes:
        parts, held = [rest], len(rest)
        if _CHUNKED.search(head):
            while not parts[-1].endswith(b"0\r\n\r\n"):
                parts.append(self._more())
            return b"".join(parts)
        length = _LENGTH.search(head)
        while length and held < int(length[1]):
            parts.append(self._more())
            held += len(parts[-1])
        return b"".join(parts)

    def attach(self, target: str) -> int:
        """How many bytes of the stream have come with the head."""
        upgrade = "Connection: Upgrade\r\nUpgrade: tcp\r\n\r\n"
        self._socket.sendall(f"POST {target} HTTP/1.1\r\nHost: localhost\r\n{upgrade}".encode())
        answer = self._until(b"\r\n\r\n")
        if not answer.startswith(b"HTTP/1.1 101"):
            raise RuntimeError(f"{target}: {answer[:300]!r}")
        return len(answer.partition(b"\r\n\r\n")[2])

    def echo(self, message: bytes) -> None:
        self._socket.sendall(message)
        held = 0
        while held < len(message):
            held += len(self._more())

    def begin(self, target: str) -> None:
        """Asks, and reads nothing yet."""
        ending = "Host: localhost\r\nConnection: close\r\n\r\n"
        self._socket.sendall(f"GET {target} HTTP/1.1\r\n{ending}".encode())

    def more(self, seconds: float) -> bytes:
        """What comes next; TimeoutError if nothing does."""
        self._socket.settimeout(seconds)
        return self._more()

    def fetch(self, target: str) -> int:
        """Asks and reads to the end of the connection; how many bytes came."""
        self.begin(target)
        return self.drain()

    def upload(self, method: str, target: str, block: bytes, blocks: int) -> int:
        """Sends a body of so many blocks; how many bytes it had."""
        size = len(block) * blocks
        head = f"{method} {target} HTTP/1.1\r\nHost: localhost\r\n"
        head += "Content-Type: application/x-tar\r\n"
        self._socket.sendall(f"{head}Content-Length: {size}\r\n\r\n".encode())
        for _ in range(blocks):
            self._socket.sendall(block)
        answer = self._until(b"\r\n\r\n")
        if not answer.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(f"{method} {target}: {answer[:300]!r}")
        return size

    def drain(self) -> int:
        """Bytes until the other side closes."""
        total = 0
        while data := self._socket.recv(1 << 18):
            total += len(data)
        return total


@dataclass(frozen=True)
class Result:
    """Seconds each operation took."""

    times: tuple[float, ...]

    @property
    def count(self) -> int:
        return len(self.times)

    def quantile(self, share: float) -> float:
        return sorted(self.times)[min(self.count - 1, int(share * self.count))]


Operation = Callable[[Client, int], object]


def repeat(address: Address, operation: Operation, clients: int, seconds: float) -> Result:
    """``operation(client, number)`` by so many clients side by side."""
    times: list[float] = []
    threads = [
        threading.Thread(target=_work, args=(address, operation, each, clients, seconds, times))
        for each in range(clients)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if not times:
        raise RuntimeError("no operation succeeded")
    return Result(tuple(times))


def _work(
    address: Address, operation: Operation, first: int, step: int, seconds: float, out: list[float]
) -> None:
    with closing(Client(address)) as client:
        number, end = first, time.monotonic() + seconds
        while (begun := time.monotonic()) < end:
            operation(client, number)
            out.append(time.monotonic() - begun)
            number += step


@contextmanager
def watching(address: Address, waits: list[float]) -> Iterator[None]:
    """Meanwhile asks ``/_ping`` every 10 ms: what it waits is what the reactor was held."""
    over = threading.Event()

    def watch() -> None:
        with closing(Client(address)) as client:
            while not over.wait(PAUSE):
                begun = time.monotonic()
                client.ask("GET", "/_ping")
                waits.append(time.monotonic() - begun)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()
