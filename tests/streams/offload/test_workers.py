"""Threads: one takes a loan, gives it back, ends."""

from __future__ import annotations

import os
from queue import Queue
from types import SimpleNamespace
from typing import Any

from swarmd.streams.offload.loan import Loan
from swarmd.streams.offload.workers import MOST, Workers
from tests.streams.offload.test_loan import Case

LIMIT = 30.0  # seconds for a thread to do something


class Stream(Case):
    def __init__(self, workers: Workers) -> None:
        super().__init__(watched=True)
        self.back: Queue[Loan] = Queue()
        self.loan = Loan(self.loan.flows, self.loan.watched, self.back.put)
        reactor: Any = SimpleNamespace(addSystemEventTrigger=lambda *given: None)
        self.thread = workers.take(self.loan, reactor, self.recall)
        self.workers = workers

    def recall(self) -> None:
        self.thread.recall(self.loan)
        self.workers.returned(self.loan)


def test_bytes_pass_until_the_end() -> None:
    workers = Workers()
    stream = Stream(workers)
    stream.engine.setblocking(True)
    stream.client.send(b"abc")
    assert stream.engine.recv(10) == b"abc"
    stream.client.close()
    assert stream.back.get(timeout=LIMIT) is stream.loan and stream.loan.over
    workers.pause()
    stream.close()


def test_what_is_recalled_is_left_alone() -> None:
    workers = Workers()
    stream = Stream(workers)
    stream.recall()
    stream.client.send(b"abc")
    workers.pause()  # its thread has ended when this returns
    assert stream.flow.moved == 0 and stream.back.empty() and workers.out == 0
    stream.close()


def test_there_are_no_more_threads_than_processors_and_none_after_a_pause() -> None:
    before = len(os.listdir("/proc/self/fd"))
    workers = Workers()
    streams = [Stream(workers) for _ in range(MOST * 3)]
    threads = {stream.thread for stream in streams}
    assert len(threads) == MOST
    workers.pause()
    assert not any(thread.is_alive() for thread in threads)
    for stream in streams:
        stream.close()
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_fault_in_one_stream_is_that_streams() -> None:
    workers = Workers()
    broken = Stream(workers)
    broken.flow.walk = object()  # type: ignore[assignment]
    broken.client.send(b"abc")
    assert isinstance(broken.back.get(timeout=LIMIT).crash, AttributeError)
    assert broken.thread.is_alive()
    workers.pause()
    broken.close()
