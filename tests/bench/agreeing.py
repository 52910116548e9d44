"""What agreeing with others costs a create: a swarmd without a store beside one with it."""

from __future__ import annotations

import shutil
import statistics
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.bench.load import Address, Operation, repeat
from tests.bench.programs import Program, engines, healthy, running, swarmd, wait_for
from tests.lab.ports import free_port


@contextmanager
def etcd(folder: Path) -> Iterator[Program]:
    """One member, on loopback."""
    client, peer = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
    command = ["etcd", "--name=m0", f"--data-dir={folder / 'etcd'}", "--log-level=error"]
    command += [f"--listen-client-urls={client}", f"--advertise-client-urls={client}"]
    command += [f"--listen-peer-urls={peer}", f"--initial-advertise-peer-urls={peer}"]
    command += [f"--initial-cluster=m0={peer}"]
    at = Address("127.0.0.1", int(client.rpartition(":")[2]))
    with running(command, at, folder / "etcd.log") as program:
        yield program


def agreeing(folder: Path, seconds: float, rounds: int, operation: Operation) -> None:
    """Rounds by turns, over the same three engines; nothing where there is no etcd."""
    if shutil.which("etcd") is None:
        return
    with ExitStack() as stack:
        stack.enter_context(engines(folder, 3, 10))
        place = stack.enter_context(etcd(folder)).address
        store = ("--store", f"etcd://{place.host}:{place.port}/bench")
        alone = stack.enter_context(swarmd(folder))
        one = stack.enter_context(swarmd(folder, options=store))
        for each in (alone, one):
            wait_for(_serves(each.address))
        costs = [
            [_cost(each, seconds, operation) for each in (alone, one)] for _ in range(rounds + 1)
        ][1:]
    cpus = [[cpu for cpu, _ in column] for column in zip(*costs, strict=True)]
    waits = [[wait for _, wait in column] for column in zip(*costs, strict=True)]
    ratio = statistics.median(ours / bare for bare, ours in zip(*cpus, strict=True))
    more = statistics.median(ours - bare for bare, ours in zip(*waits, strict=True))
    print(
        f"create, start, rm with a store (etcd): {_median(cpus[1]) * 1e6:.0f} µs CPU instead of"
        f" {_median(cpus[0]) * 1e6:.0f} ({ratio:.2f}x), p50 {_median(waits[1]) * 1e3:.2f} ms"
        f" instead of {_median(waits[0]) * 1e3:.2f} (+{more * 1e3:.2f} ms)"
    )


def _serves(at: Address) -> Callable[[], bool]:
    return lambda: healthy(at) == 3


def _cost(program: Program, seconds: float, operation: Operation) -> tuple[float, float]:
    before = program.cpu
    result = repeat(program.address, operation, 1, seconds)
    return (program.cpu - before) / result.count, result.quantile(0.5)


def _median(values: list[float]) -> float:
    return statistics.median(values)
