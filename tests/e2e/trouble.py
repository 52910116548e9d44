"""What can happen to an engine behind a wire, and how its clients look on."""

from __future__ import annotations

import contextlib
import io
import tarfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

from tests.lab.daemon import Swarmd
from tests.lab.engine import Engine
from tests.lab.http import connect
from tests.lab.waiting import PATIENCE, Stopwatch
from tests.lab.wire import Wire

_BROKEN = (
    b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 20\r\n\r\n" + b'{"message":"broken"}'
)


@dataclass(frozen=True)
class Trouble:
    """Attributes:
    ends: Streams that have begun end with it; else they go on when it is over.
    kindly: The engine ends its containers first, so their logs are whole.
    """

    harm: Callable[[Engine, Wire], None]
    ends: bool = True
    kindly: bool = False


def _says(words: bytes) -> Callable[[Engine, Wire], None]:
    """To whoever connects from now on; the connections that there are break off."""

    def harm(engine: Engine, wire: Wire) -> None:
        wire.says = words
        wire.reset()

    return harm


def _set(**attributes: float) -> Callable[[Engine, Wire], None]:
    def harm(engine: Engine, wire: Wire) -> None:
        for name, value in attributes.items():
            setattr(wire, name, value)

    return harm


TROUBLES = {
    "killed": Trouble(lambda engine, wire: engine.kill()),
    "stopped": Trouble(lambda engine, wire: engine.stop(), kindly=True),
    "frozen": Trouble(lambda engine, wire: engine.freeze(), ends=False),
    "cut off": Trouble(lambda engine, wire: engine.machine.cut(), ends=False),
    "half open": Trouble(lambda engine, wire: wire.hang(), ends=False),
    "refusing": Trouble(lambda engine, wire: wire.refuse()),
    "reset in mid-answer": Trouble(_set(leave=120), ends=False),
    "slow by 2 s": Trouble(_set(delay=2.0), ends=False),
    "answering 500": Trouble(_says(_BROKEN)),
    "with a full disk": Trouble(lambda engine, wire: engine.machine.fill(), ends=False),
}


class Stream:
    """A request whose answer does not end by itself."""

    def __init__(self, url: str, request: str, more: str = "", body: bytes = b"") -> None:
        self._socket = connect(url)
        self._socket.sendall(f"{request} HTTP/1.1\r\nHost: localhost\r\n{more}\r\n".encode() + body)
        self.received = b""

    def expect(self, what: bytes, within: float = PATIENCE) -> None:
        self._socket.settimeout(within)
        while what not in self.received:
            data = self._socket.recv(65536)
            assert data, self.received
            self.received += data

    def echoes(self, word: bytes) -> None:
        self._socket.sendall(word + b"\n")
        self.expect(word)

    def ended(self, within: float) -> bool:
        """Whether the other side ends it in time, in whatever way."""
        self._socket.settimeout(within)
        with contextlib.suppress(ConnectionError):
            try:
                while data := self._socket.recv(65536):
                    self.received += data
            except TimeoutError:
                return False
        return True

    @property
    def looks_whole(self) -> bool:
        return self.received.endswith(b"0\r\n\r\n")

    def close(self) -> None:
        self._socket.close()


def context(dockerfile: bytes) -> bytes:
    """What a build takes: an archive of nothing else."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        entry = tarfile.TarInfo("Dockerfile")
        entry.size = len(dockerfile)
        archive.addfile(entry, io.BytesIO(dockerfile))
    return buffer.getvalue()


@contextmanager
def everyone_else_is_quick(swarmd: Swarmd, limit: float = 1.0) -> Iterator[None]:
    """No answer about the others, or about the fleet, takes longer than ``limit`` meanwhile.

    For how long swarmd was kept from running by what else this machine does, is not counted.
    """
    slow: list[tuple[str, float]] = []
    done = False

    def watch() -> None:
        while not done:
            for path in ("/_ping", "/containers/json?all=1", "/info", "/images/json"):
                took = Stopwatch(swarmd.pid)
                swarmd.api.call("GET", path)
                if (seconds := took.seconds()) > limit:
                    slow.append((path, seconds))
            time.sleep(0.05)

    with ThreadPoolExecutor(1) as pool:
        watching = pool.submit(watch)
        try:
            yield
        finally:
            done = True
            watching.result(60)
    assert not slow, slow
