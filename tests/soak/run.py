"""Rounds of work and trouble, and what must hold after each of them."""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.lab.cli import Docker
from tests.lab.http import Api
from tests.lab.waiting import Stopwatch, eventually
from tests.soak.harm import Lab
from tests.soak.ledger import Ledger, Seen
from tests.soak.plan import OWN, Round
from tests.soak.worker import UNANSWERED, Worker

CONVERGENCE = 60.0  # seconds until everything is listed as it is: one full list, and a slow machine
# Seconds for what no engine is asked for, on a slow machine; 3 of them are what a swarmd that was
# just started waits for engines that say nothing.
PROMPT = 6.0
# Beyond what was open after the first rounds: idle connections to engines, for a minute each.
MORE_DESCRIPTORS = 80
MORE_MEMORY = 24  # MiB


@dataclass
class Report:
    """Attributes:
    wrong: Violated invariants, with the round.
    descriptors, memory: Of swarmd after each round, the latter in MiB; anew at each restart.
    """

    rounds: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[tuple[str, int]] = field(default_factory=Counter)
    slowest: dict[str, float] = field(default_factory=dict)
    acknowledged: int = 0
    wrong: list[str] = field(default_factory=list)
    descriptors: list[int] = field(default_factory=list)
    memory: list[int] = field(default_factory=list)
    healed: dict[str, float] = field(default_factory=dict)


class Soak:
    """One run; ``seed`` is for the workers."""

    def __init__(self, lab: Lab, folder: Path, seed: int) -> None:
        self._lab = lab
        self._seed = seed
        self._ledger = Ledger()
        self._docker = Docker("/usr/bin/docker", lab.swarmd.url, home=folder)
        self.report = Report()
        self._read = 0  # bytes of swarmd's log

    def round(self, one: Round) -> None:
        report = self.report
        pid = self._lab.swarmd.pid
        wrong: list[str] = []
        with self._prompt(one, wrong):
            workers = self._work(one)
        wrong += [line for worker in workers for line in worker.wrong]
        wrong += self._disagreements()
        self._count(one, workers, restarted=pid != self._lab.swarmd.pid)
        wrong += self._flat()
        wrong += self._complaints()
        report.wrong += [f"round {one.number} ({one.fault}): {line}" for line in wrong]
        if one.number % 3 == 0 or wrong:
            self._lab.clear()
            self._ledger = Ledger()

    def _work(self, one: Round) -> list[Worker]:
        label = f"s{self._seed}r{one.number}"
        host = (self._seed, self._lab.swarmd.url, self._docker, self._ledger)
        workers = [
            Worker(f"{label}w{rank}", *host, complete=one.fault != "leave")
            for rank in range(len(one.works))
        ]
        over = threading.Event()
        with ThreadPoolExecutor(len(workers)) as pool:
            done = [
                pool.submit(worker.work, verbs, over.is_set)
                for worker, verbs in zip(workers, one.works, strict=True)
            ]
            try:
                time.sleep(1.0)  # some of the work is done before it, some meanwhile, some after
                self._lab.harm(one.fault, one.node, one.seconds)
                self._heal(one.fault)
            finally:
                over.set()
            for each in done:
                each.result(600)
        return workers

    def _heal(self, fault: str) -> None:
        began, healed = time.monotonic(), self.report.healed
        self._lab.heal()
        healed[fault] = max(healed.get(fault, 0.0), time.monotonic() - began)

    @contextmanager
    def _prompt(self, one: Round, wrong: list[str]) -> Iterator[None]:
        """What no engine is asked for is answered at once, whatever happens to them."""
        over = threading.Event()

        def watch() -> None:
            api = Api(self._lab.swarmd.url)
            while not over.wait(0.2):
                for path in ("/_ping", "/info", "/images/json"):
                    took = Stopwatch(self._lab.swarmd.pid)
                    try:
                        api.call("GET", path, timeout=60)
                    except UNANSWERED as error:
                        if one.fault not in OWN:
                            wrong.append(f"GET {path}: {error!r}")
                    if (seconds := took.seconds()) > PROMPT:
                        wrong.append(f"GET {path} took {seconds:.1f} s")

        thread = threading.Thread(target=watch)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    # Afterwards

    def _disagreements(self) -> list[str]:
        """What is wrong once everybody has had time to hear of everything."""

        def agreed() -> bool:
            return not self._ledger.violations(self._real(), self._shown())

        try:
            self._ledger.reconcile(self._real())
            eventually(agreed, CONVERGENCE, every=0.2)
        except AssertionError:
            return self._ledger.violations(self._real(), self._shown()) or ["unsettled"]
        return []

    def _real(self) -> Mapping[str, list[Seen]]:
        return {engine.name: _seen(engine.local.get(_ALL)) for engine in self._lab.engines}

    def _shown(self) -> Mapping[str, list[Seen]]:
        shown: dict[str, list[Seen]] = {engine.name: [] for engine in self._lab.engines}
        for item in self._lab.swarmd.api.get(_ALL):
            node = item["Names"][1].split("/")[1]
            shown.setdefault(node, []).extend(_seen([item]))
        return shown

    def _count(self, one: Round, workers: list[Worker], *, restarted: bool) -> None:
        report = self.report
        report.rounds += 1
        report.faults[one.fault] += 1
        report.acknowledged = report.acknowledged + sum(
            worker.outcomes["create", 201] + worker.outcomes["docker-py", 201] for worker in workers
        )
        for worker in workers:
            report.outcomes += worker.outcomes
            for verb, took in worker.slowest.items():
                report.slowest[verb] = max(report.slowest.get(verb, 0.0), took)
        if restarted:
            report.descriptors, report.memory = [], []
        process = Path(f"/proc/{self._lab.swarmd.pid}")
        pages = int((process / "statm").read_text().split()[1])
        report.descriptors.append(len(os.listdir(process / "fd")))
        report.memory.append(pages * os.sysconf("SC_PAGE_SIZE") >> 20)

    def _complaints(self) -> list[str]:
        """What swarmd's log has had to say since it was last looked at."""
        with open(self._lab.swarmd.log) as log:
            log.seek(self._read)
            text = log.read()
            self._read = log.tell()
        return [f"swarmd complained: {text}"] if "Traceback" in text or "CRITICAL" in text else []

    def _flat(self) -> list[str]:
        """Measured from the fourth round of a process on: until then it warms up."""
        descriptors, memory = self.report.descriptors, self.report.memory
        if len(descriptors) < 5:
            return []
        wrong = []
        if descriptors[-1] > descriptors[3] + MORE_DESCRIPTORS:
            wrong.append(f"descriptors grow: {descriptors}")
        if memory[-1] > memory[3] + MORE_MEMORY:
            wrong.append(f"memory grows: {memory} MiB")
        return wrong


_ALL = "/containers/json?all=1"


def _seen(items: list[dict[str, Any]]) -> list[Seen]:
    return [Seen(item["Id"], item["Names"][0].lstrip("/")) for item in items]
