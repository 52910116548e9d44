"""``make bench``: what swarmd costs beside a bare engine and nginx, on this machine, in one run.

CPU is that of the measured process, in microseconds an operation: the figure that other work on
the machine disturbs least. Latencies are medians. Every row is the median of the rounds.

    python -m tests.bench [--engines 3] [--containers 10] [--seconds 1] [--rounds 3] [--grow]
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import orjson

from tests.bench import streams
from tests.bench.agreeing import agreeing
from tests.bench.event_delays import SUBSCRIBERS, delays
from tests.bench.load import Address, Client, Operation, Result, repeat, watching
from tests.bench.programs import (
    Program,
    Tls,
    certificates,
    engines,
    haproxy,
    healthy,
    nginx,
    swarmd,
    wait_for,
)

CROWD, ENOUGH = 500, 4  # engines for which fewer processors are too few
IDLE_CHECK = 1.0  # seconds between two looks at the CPU of a process that settles
CREATE = b'{"Image":"busybox:latest","Cmd":["true"],"HostConfig":{}}'


@dataclass(frozen=True)
class Fleet:
    """The programs of one size, and the containers that are asked about."""

    engines: Program
    swarmd: Program
    nginx: Program | None
    haproxy: Program | None
    ids: Sequence[str]
    names: Sequence[str]
    first: Sequence[str]  # IDs on the first engine, which the others can be asked about


@dataclass(frozen=True)
class Row:
    """One workload.

    Attributes:
        operation: Through swarmd, from the fleet.
        beside: The same for one engine alone, for the engine itself and for nginx; None if there
            is nothing to compare.
    """

    name: str
    clients: int
    operation: Callable[[Fleet], Operation]
    beside: Callable[[Fleet], Operation] | None = None


def get(path: str) -> Callable[[Fleet], Operation]:
    return lambda _: lambda client, number: client.ask("GET", path)


def about(path: str, refs: Callable[[Fleet], Sequence[str]]) -> Callable[[Fleet], Operation]:
    """Of one container after the other."""

    def make(fleet: Fleet) -> Operation:
        known = refs(fleet)
        return lambda client, number: client.ask("GET", path.format(known[number % len(known)]))

    return make


def cycle(fleet: Fleet) -> Operation:
    def operation(client: Client, number: int) -> None:
        name = f"bench-{time.monotonic_ns()}"
        made = client.ask("POST", f"/v1.41/containers/create?name={name}", CREATE)
        ref = orjson.loads(made[made.index(b"{") : made.rindex(b"}") + 1])["Id"]
        client.ask("POST", f"/v1.41/containers/{ref}/start")
        client.ask("DELETE", f"/v1.41/containers/{ref}?force=1")

    return operation


def choosy(fleet: Fleet) -> Operation:
    """A create that says where, and its removal."""

    def operation(client: Client, number: int) -> None:
        ref = f"bench-{time.monotonic_ns()}"
        client.ask("POST", f"/v1.41/containers/create?name={ref}", CHOOSY)
        client.ask("DELETE", f"/v1.41/containers/{ref}?force=1")

    return operation


def pull(fleet: Fleet) -> Operation:
    return lambda client, number: client.ask("POST", "/v1.41/images/create?fromImage=busybox")


def echo(fleet: Fleet) -> Operation:
    attached: set[int] = set()

    def operation(client: Client, number: int) -> None:
        if id(client) not in attached:
            attached.add(id(client))
            client.attach(f"/v1.41/containers/{fleet.first[0]}/attach?stream=1&stdin=1&stdout=1")
        client.echo(b"x" * 64)

    return operation


CHOOSY = orjson.dumps(
    {
        "Image": "busybox:latest",
        "Env": [
            "constraint:storagedriver==overlay2",
            "constraint:zone!=9",
            "affinity:container!=nobody-*",
        ],
    }
)
INSPECT, TOP = "/v1.41/containers/{}/json", "/v1.41/containers/{}/top"
NAMED = "/v1.41/containers/json?all=1&filters=%7B%22name%22%3A%5B%22{}%22%5D%7D"
SECURED = ("ping", "inspect by ID", "top", "attach, echo of 64 B")
ROWS = (
    Row("ping", 8, get("/_ping"), get("/_ping")),
    Row("version", 8, get("/v1.41/version")),
    Row("info", 2, get("/v1.41/info")),
    Row("inspect by ID", 8, about(INSPECT, lambda f: f.ids), about(INSPECT, lambda f: f.first)),
    Row("inspect by name", 8, about(INSPECT, lambda f: f.names)),
    Row("top", 8, about(TOP, lambda f: f.ids), about(TOP, lambda f: f.first)),
    Row("ps -a", 2, get("/v1.41/containers/json?all=1")),
    Row("ps, one name", 2, about(NAMED, lambda f: f.names)),
    Row("images", 2, get("/v1.41/images/json")),
    Row("create, start, rm", 1, cycle, cycle),
    Row("create choosily, rm", 1, choosy),
    Row("pull on all nodes", 1, pull),
    Row("attach, echo of 64 B", 1, echo, echo),
)


def measure(at: Address, program: Program, operation: Operation, row: Row, seconds: float) -> Cost:
    before = program.cpu
    result = repeat(at, operation, row.clients, seconds)
    return Cost(result, (program.cpu - before) / result.count)


@dataclass(frozen=True)
class Cost:
    result: Result
    cpu: float  # seconds an operation

    @property
    def median(self) -> float:
        return self.result.quantile(0.5)


def workloads(fleet: Fleet, seconds: float, rounds: int, rows: Sequence[Row] = ROWS) -> None:
    title = (
        f"{'':22}{'CPU µs':>9}{'p50 ms':>9}{'nginx µs':>10}{'CPU':>7}{'engine ms':>11}{'p50':>7}"
    )
    print(title + "\n" + "-" * len(title))
    for row in rows:
        ours, bare, proxied = [], [], []
        for _ in range(rounds):
            one = fleet.swarmd
            ours.append(measure(one.address, one, row.operation(fleet), row, seconds))
            if row.beside is not None:
                one = fleet.engines
                bare.append(measure(one.address, one, row.beside(fleet), row, seconds))
            if row.beside is not None and fleet.nginx is not None:
                one = fleet.nginx
                proxied.append(measure(one.address, one, row.beside(fleet), row, seconds))
        print(_line(row.name, ours, bare, proxied), flush=True)


def _line(name: str, ours: list[Cost], bare: list[Cost], proxied: list[Cost]) -> str:
    cpu, wait = _median(ours, "cpu") * 1e6, _median(ours, "median") * 1e3
    text = f"{name:22}{cpu:9.0f}{wait:9.2f}"
    if proxied:
        other = _median(proxied, "cpu") * 1e6
        text += f"{other:10.0f}{cpu / max(other, 1):6.1f}x"
    else:
        text += " " * 17
    if bare:
        other = _median(bare, "median") * 1e3
        text += f"{other:11.2f}{wait / other:6.1f}x"
    return text


def _median(costs: list[Cost], field: str) -> float:
    return statistics.median(getattr(cost, field) for cost in costs)


def secured(stack: ExitStack, folder: Path, seconds: float, rounds: int) -> None:
    """The calls and streams of the smallest fleet again, with TLS on both sides."""
    tls = certificates(folder, 3)
    print("\nTLS on both sides, RSA 2048, client certificates")
    fleet = start(stack, folder, 3, 10, tls)
    workloads(fleet, seconds, rounds, [row for row in ROWS if row.name in SECURED])
    bulky(fleet, rounds)
    streams.idle(fleet.swarmd, fleet.first[0], 500)


def bulky(fleet: Fleet, rounds: int, blocks: int = streams.BLOCKS) -> None:
    beside = {"nginx": fleet.nginx, "haproxy": fleet.haproxy}
    streams.bulk(fleet.swarmd, beside, fleet.first[0], rounds, blocks)
    streams.stalled(fleet.swarmd, fleet.first[0], blocks)


def rest(fleet: Fleet, seconds: float) -> None:
    for rate in (0, 200):
        _ask(fleet.engines.address, f"/churn?rate={rate}")
        time.sleep(1)
        before = fleet.swarmd.cpu
        time.sleep(seconds)
        share = (fleet.swarmd.cpu - before) / seconds * 100
        print(f"at rest with {rate} events/s: {share:.1f} % of a processor")


def lag(fleet: Fleet, seconds: float) -> None:
    """With 200 events/s, as ``rest`` has left it, and ``ps -a`` all the time."""
    waits: list[float] = []
    before = held(fleet.swarmd.address)
    listing = get("/v1.41/containers/json?all=1")(fleet)
    with watching(fleet.swarmd.address, waits):
        costs = repeat(fleet.swarmd.address, listing, 1, seconds)
    _ask(fleet.engines.address, "/churn?rate=0")
    watched = Result(tuple(waits))
    print(
        f"ps -a under 200 events/s: p50 {costs.quantile(0.5) * 1e3:.1f} ms; meanwhile /_ping waited"
        f" p99 {watched.quantile(0.99) * 1e3:.1f} ms, at most {watched.quantile(1) * 1e3:.1f} ms"
    )
    print(f"meanwhile {held_words(held(fleet.swarmd.address), before)}")


def heard(fleet: Fleet, seconds: float) -> None:
    """With 200 events/s."""
    _ask(fleet.engines.address, "/churn?rate=200")
    found, fewest, most = delays(fleet.swarmd, seconds)
    _ask(fleet.engines.address, "/churn?rate=0")
    print(
        f"events at 200/s: each of {SUBSCRIBERS} subscribers heard {fewest} to {most}; delay"
        f" p50 {found.quantile(0.5) * 1e3:.2f} ms, p99 {found.quantile(0.99) * 1e3:.1f} ms"
    )


def requests(fleet: Fleet, seconds: float) -> None:
    """What engines are asked for one create, start and rm, pings and whole lists included."""
    before = asked(fleet)
    done = repeat(fleet.swarmd.address, cycle(fleet), 1, seconds).count
    kinds = {kind: number - before.get(kind, 0) for kind, number in asked(fleet).items()}
    words = [f"{kind} {number / done:.2f}" for kind, number in kinds.items() if number]
    print(f"engines' requests for one create, start and rm: {', '.join(sorted(words))}")


def _ask(at: Address, path: str) -> bytes:
    client = Client(at)
    try:
        return client.ask("GET", path)
    finally:
        client.close()


def asked(fleet: Fleet) -> dict[str, int]:
    """How many requests the engines have had, by the last word of their paths."""
    body = _ask(fleet.engines.address, "/asked")
    counts: dict[str, int] = orjson.loads(body)
    return counts


def start(stack: ExitStack, folder: Path, number: int, size: int, tls: Tls | None = None) -> Fleet:
    """Starts everything, and tells what swarmd needed until all nodes were healthy."""
    sources = stack.enter_context(engines(folder, number, size, tls))
    begun = time.monotonic()
    manager = stack.enter_context(swarmd(folder, tls))
    wait_for(lambda: healthy(manager.address) == number)
    took, cpu = time.monotonic() - begun, manager.cpu
    _wait_until_idle(manager)
    joining = held(manager.address)
    if number >= CROWD and (os.cpu_count() or 1) < ENOUGH:
        print(
            f"\nBeware: {number} simulated engines, nginx, swarmd and the clients share"
            f" {os.cpu_count()} processors. The engines took {sources.cpu:.1f} s of CPU so far;"
            " trust CPU, not latencies, and take a machine of its own for this size."
        )
    print(
        f"\n{number} engines, {number * size} containers: healthy after {took:.1f} s and"
        f" {cpu:.1f} s of CPU; all inspected after {manager.cpu:.1f} s of CPU;"
        f" {manager.memory:.0f} MiB\njoining: {held_words(joining)}\n"
    )
    proxy = stack.enter_context(nginx(folder, sources.address, tls))
    other = stack.enter_context(haproxy(folder, sources.address, tls))
    ids = [f"{each % number:08x}{each // number:08x}" * 4 for each in range(number * size)]
    names = [f"c-{each % number:04}-{each // number:04}" for each in range(number * size)]
    first = [f"{0:08x}{each:08x}" * 4 for each in range(1, size)]
    return Fleet(sources, manager, proxy, other, ids, names, first)


def held(at: Address) -> list[tuple[float, int]]:
    """Lengths of the reactor's turns in seconds, and how many were not longer so far."""
    lines = re.findall(rb'turn_seconds_bucket{le="(.+)"} (\S+)', _ask(at, "/swarmd/metrics"))
    return [(float(bound), int(float(count))) for bound, count in lines]


def held_words(now: list[tuple[float, int]], before: Sequence[tuple[float, int]] = ()) -> str:
    old = dict(before)
    turns = [(bound, count - old.get(bound, 0)) for bound, count in now]
    total = turns[-1][1]
    p99 = next(bound for bound, count in turns if count >= 0.99 * total)
    longest = next(bound for bound, count in turns if count == total)
    return (
        f"{total} turns of the reactor, p99 up to {p99 * 1e3:g} ms,"
        f" the longest up to {longest * 1e3:g} ms"
    )


def _wait_until_idle(program: Program) -> None:
    """Until the inspects in the background are over: nearly idle for three seconds."""
    quiet, end = 0, time.monotonic() + 120
    while quiet < 3 and time.monotonic() < end:
        before = program.cpu
        time.sleep(IDLE_CHECK)
        quiet = quiet + 1 if program.cpu - before < IDLE_CHECK / 8 else 0


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("--engines", type=int, default=3)
    parser.add_argument("--containers", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--grow", action="store_true", help="also 100x20 and 1000x50")
    wanted = parser.parse_args()
    sizes = [(wanted.engines, wanted.containers)]
    for number, size in sizes + ([(100, 20), (1000, 50)] if wanted.grow else []):
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            fleet = start(stack, folder, number, size)
            workloads(fleet, wanted.seconds, wanted.rounds)
            if number == sizes[0][0]:
                bulky(fleet, wanted.rounds)
                streams.idle(fleet.swarmd, fleet.first[0], 5000)
            rest(fleet, 10 * wanted.seconds)
            lag(fleet, 5 * wanted.seconds)
            heard(fleet, 3 * wanted.seconds)
            requests(fleet, wanted.seconds)
            print(f"memory at the end: {fleet.swarmd.memory:.0f} MiB")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        secured(stack, folder, wanted.seconds, wanted.rounds)
    with tempfile.TemporaryDirectory() as place:
        agreeing(Path(place), wanted.seconds, wanted.rounds, cycle(fleet))


if __name__ == "__main__":
    main()
