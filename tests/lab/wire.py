"""A wire to one engine that can be spoilt: slow, silent, cut, or saying what no engine would.

It is what ``tests.lab.machine`` cannot do by links and signals: a TCP proxy on loopback, so a fault
can be set in the middle of a request, and is over when the test says so.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import struct
import threading
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, cast

from tests.lab.ports import free_port
from tests.lab.trap import Trap
from tests.lab.waiting import PATIENCE

_AT_ONCE = struct.pack("ii", 1, 0)  # SO_LINGER: closing sends a reset

RETRY = 1.0  # seconds
_HEARD = 0.005  # seconds until an engine has read what was written


_Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]]


@dataclass
class _Caught:
    """The trap that a connection has run into and that has not sprung yet."""

    trap: Trap | None = None


class _Known(asyncio.StreamReaderProtocol):
    """Of a connection that is among ``ends`` from its first moment to its last."""

    def __init__(self, ends: set[asyncio.BaseTransport], serve: _Serve | None = None) -> None:
        self.reader = asyncio.StreamReader()
        super().__init__(self.reader, serve)
        self._known = ends

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._end = transport
        self._known.add(transport)
        super().connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._known.discard(self._end)
        super().connection_lost(exc)


class Wire:
    """Passes everything on as it comes, until told otherwise.

    Attributes:
        address: "127.0.0.1:PORT", a line of a hosts file.
        engine: "HOST:PORT", where it leads.
        delay: Seconds that each piece of a request is late.
        late: Seconds that each piece of an answer is late.
        loss: Share of the pieces, both ways, that a second try brings, ``RETRY`` seconds later.
        says: Bytes that answer every request in place of the engine, which then hears nothing.
        leave: Bytes of an answer that still get through before its connection is reset; None for
            all of them.
        trap: What is to happen at one point of one call.
    """

    def __init__(self, engine: str, port: int = 0) -> None:
        self.engine = engine
        self._port = port or free_port()  # also while nobody listens
        self.delay = 0.0
        self.late = 0.0
        self.loss = 0.0
        self._chance = random.Random(1)
        self.says: bytes | None = None
        self.leave: int | None = None
        self.trap: Trap | None = None
        self._loop = asyncio.new_event_loop()
        self._open = asyncio.Event()
        self._open.set()
        self._pairs: set[tuple[asyncio.StreamWriter, ...]] = set()
        self._ends: set[asyncio.BaseTransport] = set()  # all that are not closed yet
        self._server: asyncio.Server | None = None
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.join()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._port}"

    @property
    def connections(self) -> int:
        """Open ones from swarmd."""
        return len(self._pairs)

    # Faults

    def join(self) -> None:
        """Listens (again)."""
        self._wait(self._listen())

    def refuse(self) -> None:
        """Nobody listens, and every connection is reset."""
        self._wait(self._close())
        self.reset()

    def reset(self) -> None:
        """Every connection of this moment is reset; new ones are taken."""
        self._wait(self._reset())

    def hang(self) -> None:
        """Nothing passes, in no direction, not even an end: connections are half open."""
        self._loop.call_soon_threadsafe(self._open.clear)

    def heal(self) -> None:
        """Everything is as it was, and what was held back goes on."""
        self.delay, self.late, self.loss = 0.0, 0.0, 0.0
        self.says, self.leave, self.trap = None, None, None
        self._loop.call_soon_threadsafe(self._open.set)
        if self._server is None:
            self.join()

    def close(self) -> None:
        self.refuse()
        self._wait(self._rest())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE)
        self._loop.close()

    # In the loop's thread

    def _wait(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE)

    async def _listen(self) -> None:
        self._server = await self._loop.create_server(
            lambda: _Known(self._ends, self._serve), "127.0.0.1", self._port, reuse_address=True
        )

    async def _close(self) -> None:
        if self._server is not None:
            for listening in self._server.sockets:
                self._loop.remove_reader(listening.fileno())
            await _turns()  # asyncio drops whom a server took just before it was closed
            self._server.close()
            self._server = None

    async def _reset(self) -> None:
        for pair in list(self._pairs):
            _reset(*pair)

    async def _rest(self) -> None:
        """Until all handlers have ended and all connections are closed, sent or not.

        One that was just taken has no handler yet: it is given the time to begin.
        """
        await _turns()
        while self._handlers() or self._ends:
            for task in self._handlers():
                task.cancel()
            await asyncio.gather(*self._handlers(), return_exceptions=True)
            for end in list(self._ends):
                cast(asyncio.WriteTransport, end).abort()
            await _turns()

    def _handlers(self) -> set[asyncio.Task[Any]]:
        return asyncio.all_tasks(self._loop) - {asyncio.current_task(self._loop)}

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        pair: tuple[asyncio.StreamWriter, ...] = (writer,)
        self._pairs.add(pair)
        try:
            if self.says is not None:
                await self._say(reader, writer)
                return
            there, to_engine = await self._dial()
            self._pairs.discard(pair)
            pair = (writer, to_engine)
            self._pairs.add(pair)
            caught = _Caught()
            await asyncio.gather(
                self._up(reader, to_engine, caught), self._down(there, writer, to_engine, caught)
            )
        except (OSError, EOFError, asyncio.CancelledError):
            _reset(*pair)
        finally:
            self._pairs.discard(pair)
            for end in pair:
                end.close()

    async def _dial(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        host, port = self.engine.split(":")
        protocol = _Known(self._ends)
        transport, _ = await self._loop.create_connection(lambda: protocol, host, int(port))
        return protocol.reader, asyncio.StreamWriter(
            transport, protocol, protocol.reader, self._loop
        )

    async def _say(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.readuntil(b"\r\n\r\n"):
            writer.write(self.says or b"")
            await writer.drain()
            if b"close" in (self.says or b"close").lower():
                return

    async def _up(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, caught: _Caught
    ) -> None:
        while data := await reader.read(65536):
            await self._travel(self.delay)
            if self.trap is not None and self.trap.meets(data):
                caught.trap = self.trap
            await self._spring(caught, "asked")
            writer.write(data)
            await writer.drain()
            await self._spring(caught, "begun")
        await self._open.wait()
        with contextlib.suppress(OSError):
            writer.write_eof()

    async def _down(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        up: asyncio.StreamWriter,
        caught: _Caught,
    ) -> None:
        passed = 0
        while data := await reader.read(65536):
            await self._travel(self.late)
            await self._spring(caught, "answered")
            if self.leave is not None and passed + len(data) > self.leave:
                writer.write(data[: max(0, self.leave - passed)])
                await asyncio.sleep(0.05)  # it must be read before the reset overtakes it
                _reset(writer, up)
                return
            passed += len(data)
            writer.write(data)
            await writer.drain()
        await self._open.wait()
        with contextlib.suppress(OSError):
            writer.write_eof()

    async def _travel(self, seconds: float) -> None:
        lost = self._chance.random() < self.loss
        await asyncio.sleep(seconds + (RETRY if lost else 0.0))
        await self._open.wait()

    async def _spring(self, caught: _Caught, moment: str) -> None:
        """Raises ConnectionError if the connection is to be reset now."""
        trap = caught.trap
        if trap is not None and trap.moment == moment:
            caught.trap = None
            if await trap.spring(self.engine):
                await asyncio.sleep(_HEARD if moment == "begun" else 0)
                raise ConnectionResetError


async def _turns() -> None:
    """Some turns of the loop, in which what is due is done."""
    for _ in range(5):
        await asyncio.sleep(0)


def _reset(*ends: asyncio.StreamWriter) -> None:
    for end in ends:
        handle = end.get_extra_info("socket")
        if handle is not None and handle.fileno() >= 0:
            with contextlib.suppress(OSError):
                handle.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        end.transport.abort()
