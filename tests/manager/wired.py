"""A fleet with real links, whose engines are in-memory connections that a test reads and feeds."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

import orjson
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from swarmd.discovery.entry import Entry
from tests.manager.rig import Rig
from tests.streams import memory

HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
END = b"0\r\n\r\n"


class Wired(Rig):
    """Attributes:
    ends: The engines' side of the connections, by the engine's name.
    """

    def __init__(self, engines: int = 3, **spec: Any) -> None:
        self.ends: dict[str, memory.Engine] = {}
        super().__init__(engines, **spec)

    def _wire(self, entry: Entry) -> Any:
        end = self.ends.setdefault(entry.name, memory.Engine())
        end.link.node = entry.name
        end.clock = end.link.clock = self.clock
        return end.link

    def end(self, number: int) -> memory.Engine:
        return self.ends[f"node-{number}"]


class Running:
    """A coroutine under way."""

    def __init__(self, work: Coroutine[Any, Any, Any]) -> None:
        self.results: list[Any] = []
        self.deferred = Deferred.fromCoroutine(work)
        self.deferred.addBoth(self.results.append)

    @property
    def done(self) -> bool:
        return bool(self.results)

    @property
    def error(self) -> BaseException | None:
        [result] = self.results
        return result.value if isinstance(result, Failure) else None


class Screen:
    """What the client of a console got."""

    def __init__(self) -> None:
        self.lines: list[dict[str, Any]] = []

    def write(self, data: bytes) -> None:
        assert data.endswith(b"\r\n")
        self.lines.append(orjson.loads(data))


def lines(*records: Any) -> bytes:
    """One chunk of an answer."""
    data = b"".join(orjson.dumps(record) + b"\r\n" for record in records)
    return b"%x\r\n%b\r\n" % (len(data), data)
