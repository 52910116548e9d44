"""Streams: bulk in both directions, one and eight at once, a reader that stops, and idle attaches.

CPU seconds of the measured process for a gigabyte, and gigabytes a second, each beside nginx and
haproxy in front of one engine.
"""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing

from tests.bench.load import Address, Client
from tests.bench.programs import Program

BLOCK = b"x" * 65536
BLOCKS = 512  # of them for each stream: 32 MiB
STALLED = 8  # readers that stop
PATIENCE = 2.0  # seconds until everything that will be buffered for them is

# Sends or reads one stream of some blocks about a container; how many bytes that were.
Stream = Callable[[Client, str, int], int]


def _attach(client: Client, ref: str, blocks: int) -> int:
    path = f"/v1.41/containers/{ref}/attach?stream=1&stdout=1&source={blocks}"
    return client.attach(path) + client.drain()


def _download(action: str) -> Stream:
    return lambda client, ref, blocks: client.fetch(
        f"/v1.41/containers/{ref}/{action}?stdout=1&source={blocks}"
    )


def _copy(client: Client, ref: str, blocks: int) -> int:
    return client.upload("PUT", f"/v1.41/containers/{ref}/archive?path=/", BLOCK, blocks)


def _load(client: Client, ref: str, blocks: int) -> int:
    return client.upload("POST", "/v1.41/images/load", BLOCK, blocks)


def _build(client: Client, ref: str, blocks: int) -> int:
    return client.upload("POST", "/v1.41/build?t=bench", BLOCK, blocks)


STREAMS: dict[str, Stream] = {
    "attach, down": _attach,
    "logs, down": _download("logs"),
    "export, down": _download("export"),
    "cp, up": _copy,
    "load, up, to all": _load,
    "build, up": _build,
}


def bulk(
    ours: Program, others: dict[str, Program | None], ref: str, rounds: int, blocks: int = BLOCKS
) -> None:
    """One line for each kind of stream; nginx cannot be measured where it cannot do it."""
    names = ["swarmd", *others]
    title = f"{'':22}" + "".join(f"{name + ' s/GB':>14}{'GB/s':>7}" for name in names)
    print(f"\n{title}\n" + "-" * len(title))
    for name, stream in STREAMS.items():
        for count in (1, 8):
            found: dict[str, list[tuple[float, float]]] = {}
            for _ in range(rounds):
                for who, program in {"swarmd": ours, **others}.items():
                    if program is not None:
                        cost = _cost(program, stream, ref, count, blocks)
                        found.setdefault(who, []).append(cost)
            cells = "".join(_cell(found.get(who)) for who in names)
            print(f"{f'{name}, {count} at once':22}{cells}", flush=True)


def _cell(costs: Sequence[tuple[float, float]] | None) -> str:
    if not costs:
        return " " * 21
    cpu, rate = (statistics.median(each) for each in zip(*costs, strict=True))
    return f"{cpu:14.2f}{rate:7.2f}"


def _cost(
    program: Program, stream: Stream, ref: str, count: int, blocks: int
) -> tuple[float, float]:
    """CPU seconds a gigabyte, and gigabytes a second."""
    sizes: list[int] = []

    def run() -> None:
        with closing(Client(program.address)) as client:
            sizes.append(stream(client, ref, blocks))

    threads = [threading.Thread(target=run) for _ in range(count)]
    before, begun = program.cpu, time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took, total = time.monotonic() - begun, sum(sizes) / 1e9
    if len(sizes) < count:
        raise RuntimeError("a stream failed")
    return (program.cpu - before) / total, total / took


def stalled(program: Program, ref: str, blocks: int = BLOCKS) -> None:
    """What swarmd grows by beside readers that stop at once."""
    before = program.memory
    path = f"/v1.41/containers/{ref}/logs?stdout=1&source={blocks}"
    clients = [Client(program.address) for _ in range(STALLED)]
    for client in clients:
        client.begin(path)
    time.sleep(PATIENCE)
    grown = (program.memory - before) * 1024 / STALLED
    print(f"a reader that stops: {grown:.0f} KiB of swarmd's memory for each of {STALLED}")
    for client in clients:
        client.close()


def idle(program: Program, ref: str, number: int) -> None:
    """How much memory an attach takes that says nothing; as many as descriptors allow."""
    path = f"/v1.41/containers/{ref}/attach?stream=1&stdin=1&stdout=1"
    for client in _hold(program.address, path, 16):  # what these need, others use again
        client.close()
    before = program.memory
    clients = _hold(program.address, path, number)
    grown = (program.memory - before) * 1024 / max(len(clients), 1)
    clients[-1].echo(b"still there?")
    print(f"idle attaches: {len(clients)} of {number} held, {grown:.1f} KiB each", flush=True)
    for client in clients:
        client.close()


def _hold(at: Address, path: str, number: int) -> list[Client]:
    clients: list[Client] = []
    try:
        for _ in range(number):
            clients.append(Client(at))
            clients[-1].attach(path)
    except (OSError, RuntimeError) as error:
        print(f"{len(clients)} attaches: {error}")
        clients.pop().close()
    return clients
