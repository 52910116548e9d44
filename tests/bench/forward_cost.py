"""CPU time that swarmd spends on one forwarded inspect, in microseconds.

    python -m tests.bench.forward_cost [requests [clients]]

An engine, swarmd's front with a forwarding resource, and the clients are processes of their own;
only the middle one is measured, by the scheduler's clock (/proc/PID/schedstat), and the best of
several rounds is told, because the machine may be busy. Nothing here asserts a time.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROUNDS = 5
BODY = b'{"Id":"' + b"0123456789abcdef" * 277 + b'"}'
ANSWER = (
    b"HTTP/1.1 200 OK\r\nApi-Version: 1.41\r\nContent-Type: application/json\r\n"
    b"Docker-Experimental: false\r\nOstype: linux\r\nServer: Docker/20.10.24 (linux)\r\n"
    b"Date: Mon, 01 Jan 2024 00:00:00 GMT\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"%x\r\n%b\r\n0\r\n\r\n" % (len(BODY), BODY)
)
REQUEST = (
    b"GET /v1.41/containers/0123456789ab/json HTTP/1.1\r\nHost: swarm:2375\r\n"
    b"User-Agent: Docker-Client/28.2.2 (linux)\r\n\r\n"
)


def bound() -> socket.socket:
    listening = socket.create_server(("127.0.0.1", 0), backlog=128)
    listening.setblocking(False)
    return listening


class EngineProtocol(asyncio.Protocol):
    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.transport.write(ANSWER * data.count(b"\r\n\r\n"))


def run_engine(listening: socket.socket) -> None:
    async def serve() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(EngineProtocol, sock=listening)
        await server.serve_forever()

    asyncio.run(serve())


def run_swarmd(listening: socket.socket, engine_port: int, fast: bool, access: str) -> None:
    from twisted.internet import reactor as installed
    from twisted.web.resource import Resource
    from twisted.web.server import NOT_DONE_YET

    from swarmd.audit.access_log import AccessLog
    from swarmd.front.site import CommonHeaders, DockerSite
    from swarmd.streams.dialing.dial import dialer
    from swarmd.streams.forward import forward
    from swarmd.streams.link import Link
    from swarmd.streams.reactor import speed_up

    reactor: Any = installed
    if fast:
        speed_up(reactor)
    link = Link("node-1", dialer(reactor, f"127.0.0.1:{engine_port}", None), reactor)

    class Forwarding(Resource):
        isLeaf = True

        def render(self, request: Any) -> int:
            forward(request, link, request.uri, body=request.body)
            return NOT_DONE_YET

    headers = CommonHeaders(time.time, "1", lambda: "1.44")
    site = DockerSite(Forwarding(), reactor, headers)
    if access:
        site.access = log = AccessLog("/dev/null", reactor, time.time, access)
        log.startService()
    reactor.adoptStreamPort(listening.fileno(), socket.AF_INET, site)
    reactor.run(installSignalHandlers=False)


class ClientProtocol(asyncio.Protocol):
    """Asks again as soon as it is answered."""

    def __init__(self, again: Callable[[], bool]) -> None:
        self.again = again
        self.missing = 0

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.ask()

    def data_received(self, data: bytes) -> None:
        self.missing -= len(data)
        if self.missing == 0:
            self.ask()

    def ask(self) -> None:
        if self.again():
            self.missing = len(ANSWER)
            self.transport.write(REQUEST)


async def load(port: int, requests: int, clients: int) -> None:
    left, finished = requests, asyncio.Event()
    waiting = clients

    def again() -> bool:
        nonlocal left, waiting
        left -= 1
        if left < 0:
            waiting -= 1
            if not waiting:
                finished.set()
        return left >= 0

    loop = asyncio.get_running_loop()
    connections = [
        await loop.create_connection(lambda: ClientProtocol(again), "127.0.0.1", port)
        for _ in range(clients)
    ]
    await finished.wait()
    for transport, _ in connections:
        transport.close()


def cpu_seconds(pid: int) -> float:
    """Of all its threads."""
    tasks = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9


def measure(requests: int, clients: int, fast: bool, access: str) -> tuple[float, float]:
    """Best CPU microseconds for one request, and best requests a second."""
    context = multiprocessing.get_context("spawn")
    engine, front = bound(), bound()
    engine_port, port = (each.getsockname()[1] for each in (engine, front))
    children = [
        context.Process(target=run_engine, args=(engine,), daemon=True),
        context.Process(target=run_swarmd, args=(front, engine_port, fast, access), daemon=True),
    ]
    for child in children:
        child.start()
    try:
        asyncio.run(load(port, requests // 10, clients))
        assert children[1].pid is not None
        return best_of(children[1].pid, port, requests, clients)
    finally:
        for child in children:
            child.terminate()
            child.join()


def best_of(pid: int, port: int, requests: int, clients: int) -> tuple[float, float]:
    cost, rate = float("inf"), 0.0
    for _ in range(ROUNDS):
        used, began = cpu_seconds(pid), time.monotonic()
        asyncio.run(load(port, requests, clients))
        cost = min(cost, (cpu_seconds(pid) - used) / requests * 1e6)
        rate = max(rate, requests / (time.monotonic() - began))
    return cost, rate


WAYS = (
    ("Twisted's reactor", False, ""),
    ("swarmd's reactor", True, ""),
    ("access log", True, "text"),
    ("access log as JSON", True, "json"),
)


def main() -> None:
    requests = int(sys.argv[1]) if len(sys.argv) > 1 else 10000
    clients = int(sys.argv[2]) if len(sys.argv) > 2 else 16
    for name, fast, access in WAYS:
        cost, rate = measure(requests, clients, fast, access)
        print(f"{name:20} {cost:6.1f} us CPU a request   {rate:7.0f} requests/s")


if __name__ == "__main__":
    main()
