"""What hung nodes cost everybody else: ``python -m tests.bench.hung [NODES [HUNG]]``.

Some simulated engines stop answering in the middle of the work, with their ports still open. How
long the same calls about the others take before, and from that moment on, is shown side by side.
"""

from __future__ import annotations

import signal
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import orjson

from tests.bench import engines as simulated
from tests.bench.load import Address, Client, Result, repeat
from tests.bench.programs import Program, healthy, running, swarmd, wait_for
from tests.lab.ports import free_port

SIZE = 20  # containers on each
SECONDS = 2.5  # for each operation: half of the time nobody has noticed yet
TURNS = 4
CLIENTS = 1  # more of them would wait for each other, not for engines

Calls = dict[str, Callable[[Client, int], object]]


def main(nodes: int = 200, hung: int = 10) -> dict[str, tuple[Result, Result]]:
    """Operation -> its times before, and from the moment on in which ``hung`` of them hang."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        port, well = free_port(), nodes - hung
        victims = None
        for first, count in ((0, well), (well, hung)):
            log = folder / f"engines-{first}.log"
            command = [*("-m", "tests.bench.engines"), *map(str, (count, SIZE, port, first))]
            at = Address(simulated.address(first), port)
            victims = stack.enter_context(running([sys.executable, *command], at, log))
            wait_for(lambda log=log: log.read_bytes().startswith(b"ready"))  # type: ignore[misc]
        lines = [f"{simulated.address(each)}:{port}\n" for each in range(nodes)]
        (folder / "hosts").write_text("".join(lines))
        daemon = stack.enter_context(swarmd(folder))
        wait_for(lambda: healthy(daemon.address) == nodes)
        wait_for(lambda: _quiet(daemon))
        assert victims is not None
        return _compare(daemon.address, _calls(nodes, well), victims, nodes)


def _quiet(daemon: Program) -> bool:
    """All details are read: it uses less than a tenth of a core."""
    before = daemon.cpu
    time.sleep(1.0)
    return daemon.cpu - before < 0.1


def _compare(
    at: Address, calls: Calls, victims: Program, nodes: int
) -> dict[str, tuple[Result, Result]]:
    """In turns, so that what else the machine does weighs on both sides."""
    times: dict[str, tuple[list[float], list[float]]] = {name: ([], []) for name in calls}
    for _ in range(TURNS):
        for hung in (0, 1):
            victims.process.send_signal((signal.SIGCONT, signal.SIGSTOP)[hung])
            if not hung:
                wait_for(lambda: healthy(at) == nodes)
                time.sleep(2.0)
            for name, call in calls.items():
                times[name][hung].extend(repeat(at, call, CLIENTS, SECONDS).times)
    victims.process.send_signal(signal.SIGCONT)
    return {name: (Result(tuple(a)), Result(tuple(b))) for name, (a, b) in times.items()}


def _calls(nodes: int, well: int) -> Calls:
    """None of them is for the last nodes, from number ``well`` on."""
    victims = "|".join(f"node-{number:04}" for number in range(well, nodes))
    rule = f"constraint:node!=/^({victims})$/"
    elsewhere = orjson.dumps({"Image": "busybox", "Env": [rule]})

    def inspect(client: Client, number: int) -> None:
        client.ask("GET", f"/containers/c-{number % well:04}-{number % SIZE:04}/json")

    def run(client: Client, number: int) -> None:
        made = client.ask("POST", "/containers/create", elsewhere)
        client.ask("DELETE", f"/containers/{orjson.loads(made)['Id']}?force=1")

    return {
        "inspect": inspect,
        "ps -a": lambda client, number: client.ask("GET", "/containers/json?all=1"),
        "info": lambda client, number: client.ask("GET", "/info"),
        "create and rm": run,
    }


def show(results: dict[str, tuple[Result, Result]]) -> None:
    for name, (before, after) in results.items():
        p50, p99 = ([1000 * one.quantile(q) for one in (before, after)] for q in (0.5, 0.99))
        print(
            f"{name:14} p50 {p50[0]:7.2f} -> {p50[1]:7.2f} ms"
            f"   p99 {p99[0]:7.2f} -> {p99[1]:7.2f} ms   x{p99[1] / p99[0]:.2f}"
        )


if __name__ == "__main__":
    show(main(*map(int, sys.argv[1:])))
