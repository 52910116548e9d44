"""A fleet whose engines may answer anything, whoever asks, and a log that is looked at."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import orjson
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from twisted.internet.defer import Deferred, succeed
from twisted.internet.testing import StringTransport
from twisted.logger import LogEvent, formatEvent, globalLogPublisher

from swarmd.codec.head import scan_request, scan_response
from tests.api.rig import ApiRig, Client
from tests.streams.memory import Engine

# The answer to "POST" and a target: raw bytes, or a status and a JSON value.
Script = Callable[[str, str], Any]

fuzz = settings(
    max_examples=settings.default.max_examples // 4, suppress_health_check=list(HealthCheck)
)

_LEAVES = (
    *(None, True, False, 0, 1, -1, 80, 2**31, 2**53, 2**63, 2**64 - 1, -(2**63), 0.5, 1e300),
    *("", "x", "web", "0", "80/tcp", "99999999999", "container:web", "node-1/web", "../x"),
    *("\x00", "a\r\nSet-Cookie: b", "\u2028", "é" * 70, '"', "%2e", "a/b:c@d", "-1", "1e9"),
)
_NESTED = orjson.loads(b"[" * 300 + b"]" * 300)


def _grown(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["", "x", "Id", "Name", "80/tcp", "message", "web"]), inner, max_size=3
    )


junk: st.SearchStrategy[Any] = st.recursive(
    st.sampled_from(_LEAVES) | st.just(_NESTED), _grown, max_leaves=6
)


class Wire(StringTransport):
    """An engine's end of a connection: answers whole requests as the script says."""

    def __init__(self, answer: Callable[[str, str], bytes | None], bodies: list[bytes]) -> None:
        super().__init__()
        self._bodies = bodies
        self.connection: Any = None
        self._answer = answer
        self._asked = b""

    def write(self, data: bytes) -> None:
        self._asked += data
        while (scanned := scan_request(self._asked)) is not None:
            head, used = scanned
            used += head.length or 0
            if len(self._asked) < used:
                return
            self._bodies.append(self._asked[used - (head.length or 0) : used])
            self._asked = self._asked[used:]
            raw = self._answer(head.method.decode(), head.target.decode())
            if raw is not None:
                self.connection.dataReceived(raw)

    def unregisterProducer(self) -> None:
        self.producer = None  # as a real one: also if there is none

    def loseWriteConnection(self) -> None:
        """Heard, and of no interest."""


class Scripted(Engine):
    """Attributes:
    script: What it answers; None is silence.
    asked: Every request line so far; ``bodies`` are their bodies.
    """

    def __init__(self) -> None:
        super().__init__()
        self.script: Script = lambda method, target: (200, [])
        self.asked: list[str] = []
        self.bodies: list[bytes] = []

    def dial(self, factory: Any) -> Deferred[Any]:
        connection = factory.buildProtocol(None)
        wire = Wire(self._answer, self.bodies)
        wire.connection = connection
        connection.makeConnection(wire)
        self.connections.append(connection)
        return succeed(connection)

    def _answer(self, method: str, target: str) -> bytes | None:
        self.asked.append(f"{method} {target}")
        said = self.script(method, target)
        return said if said is None or isinstance(said, bytes) else whole(*said)


def whole(status: int, value: Any) -> bytes:
    body = value if isinstance(value, bytes) else orjson.dumps(value)
    head = b"HTTP/1.1 %d Word\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    return head % (status, len(body)) + (b"" if status == 204 else body)


class HostileRig(ApiRig):
    """Two engines: node-1 is the one to be made hostile, node-2 stays honest."""

    def _wire(self, entry: Any) -> Any:
        engine = self.engines.get(entry.name)
        if engine is None:
            engine = self.engines[entry.name] = Scripted()
        engine.link.node = entry.name
        return engine.link

    def script(self, number: int, script: Script) -> None:
        self.scripted(number).script = script

    def scripted(self, number: int) -> Scripted:
        engine = self.dialled(number)
        assert isinstance(engine, Scripted)
        return engine

    def pass_time(self, seconds: float = 700.0) -> None:
        """Every time limit of every party."""
        for _ in range(7):
            for clock in (self.clock, *(engine.clock for engine in self.engines.values())):
                clock.advance(seconds / 7)

    def completed(self, method: str, path: str, *body: Any) -> Client:
        """The client once it is answered; ``body`` may be nested deeper than orjson writes."""
        encoded = json.dumps(body[0]).encode() if body else b""
        return self.sent(method, path, encoded)

    def sent(self, method: str, path: str, body: bytes = b"") -> Client:
        client = Client(self.site)
        head = f"{method} {path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
        head += f"Content-Length: {len(body)}\r\n\r\n"
        client.channel.dataReceived(head.encode() + body)
        if not client.received:
            self.pass_time()
        return client


def status_of(client: Client) -> int:
    """Of the final answer; 0 if the connection was cut."""
    scanned = scan_response(client.received)
    if scanned is None:
        assert client.transport.aborted or client.transport.disconnecting, "no answer"
        return 0
    return scanned[0].status


@contextmanager
def logged() -> Iterator[list[str]]:
    """Everything that is logged meanwhile, tracebacks included."""
    lines: list[str] = []

    def observer(event: LogEvent) -> None:
        failure = event.get("log_failure")
        lines.append((formatEvent(event) or "") + (failure.getTraceback() if failure else ""))

    globalLogPublisher.addObserver(observer)
    try:
        yield lines
    finally:
        globalLogPublisher.removeObserver(observer)


def assert_foreseen(client: Client, log: list[str]) -> int:
    """The answer, or its lack, was meant."""
    assert b"internal error" not in client.received, "\n".join(log)
    assert not any("Traceback" in line for line in log), "\n".join(log)
    return status_of(client)
