"""The threads that pump: one fewer than there are processors, begun when they are needed.

Each has any number of streams, by epoll. More threads would take the processor from the reactor,
and Python's lock: on two processors with eight downloads a ping waited 1.1-1.7 ms (median) beside
two threads and 0.8 beside one, which moved as much. A thread without a stream ends after a while.
"""

from __future__ import annotations

import os
import select
from collections.abc import Callable
from threading import RLock, Thread
from typing import Any

from swarmd.streams.offload.loan import Loan
from swarmd.streams.offload.port import LentSocket

MOST = max(1, min(4, (os.cpu_count() or 1) - 1))
IDLE = 5.0  # seconds without a stream


class Worker(Thread):
    """One thread, and the connections that are lent to it."""

    def __init__(self, workers: Workers) -> None:
        super().__init__(name="offload", daemon=True)
        self._workers = workers
        self._epoll = select.epoll()
        self._wake = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._epoll.register(self._wake, select.EPOLLIN)
        self._lent: dict[int, tuple[Loan, LentSocket]] = {}
        self.ending = False

    @property
    def load(self) -> int:
        return len(self._lent)

    @property
    def loans(self) -> set[Loan]:
        return {loan for loan, _ in list(self._lent.values())}

    def take(self, loan: Loan) -> None:
        with loan.lock:
            for port in loan.ports:
                self._lent[port.socket.fileno()] = loan, port
            try:
                self._settle(loan)
            except OSError:
                self._drop(loan)
                raise

    def recall(self, loan: Loan) -> None:
        """They are the caller's when this returns: at most one piece later."""
        loan.recalled = True
        with loan.lock:
            self._drop(loan)

    def _settle(self, loan: Loan) -> None:
        """Asks for what the loan waits for; of the rest not even a hang-up would be told."""
        for port in loan.ports:
            wanted, descriptor = loan.wanted(port), port.socket.fileno()
            if wanted and not port.events:
                self._epoll.register(descriptor, wanted)
            elif wanted and wanted != port.events:
                self._epoll.modify(descriptor, wanted)
            elif port.events and not wanted:
                self._epoll.unregister(descriptor)
            port.events = wanted

    def _drop(self, loan: Loan) -> None:
        if loan.over:
            return
        loan.over = True
        for port in loan.ports:
            self._lent.pop(port.socket.fileno(), None)
            if port.events:
                self._epoll.unregister(port.socket.fileno())
                port.events = 0

    def run(self) -> None:
        try:
            while self._turn():
                pass
        finally:
            self.close()

    def _turn(self) -> bool:
        events = self._epoll.poll(IDLE)
        if self.ending or (not events and self._workers.dismissed(self)):
            return False
        for descriptor, event in events:
            entry = self._lent.get(descriptor)
            if entry is not None:
                self._serve(*entry, event)
        return True

    def _serve(self, loan: Loan, port: LentSocket, event: int) -> None:
        with loan.lock:
            if loan.over:
                return
            try:
                goes_on = loan.run(port, event)
                if goes_on:
                    self._settle(loan)
            except BaseException as error:  # noqa: BLE001 - it ends this stream, and no other
                goes_on, loan.crash = False, error
            if not goes_on:
                self._drop(loan)
        if not goes_on:
            loan.give_back(loan)

    def end(self) -> None:
        """Soon; only while all threads are counted, for else it may be ending by itself."""
        self.ending = True
        os.eventfd_write(self._wake, 1)

    def close(self) -> None:
        """What is still lent if the thread fails can be taken for complete by nobody."""
        self._workers.forget(self)
        for loan in self.loans:
            with loan.lock:
                self._drop(loan)
                loan.crash = loan.crash or RuntimeError("its thread ended")
            loan.give_back(loan)
        self._epoll.close()
        os.close(self._wake)


class Workers:
    """All threads of a process.

    Attributes:
        lent: How many loans there were, ever.
        paused: Nothing is lent now.
    """

    def __init__(self) -> None:
        self._lock = RLock()
        self._threads: list[Worker] = []
        self._recalls: dict[Loan, Callable[[], None]] = {}
        self._ends = False
        self.lent = 0
        self.paused = False

    @property
    def out(self) -> int:
        """How many loans there are now."""
        return len(self._recalls)

    def take(self, loan: Loan, reactor: Any, recall: Callable[[], None]) -> Worker:
        """The thread that has it now.

        Args:
            recall: Called before swarmd ends, or forks.

        Raises:
            OSError, RuntimeError: There is no room for another thread or descriptor.
        """
        self.lent += 1
        self._recalls[loan] = recall
        if not self._ends:
            self._ends = True
            reactor.addSystemEventTrigger("before", "shutdown", self.pause)
        with self._lock:
            idle = min(self._threads, key=lambda each: each.load, default=None)
            if idle is None or (idle.load and len(self._threads) < MOST):
                idle = self._begun()
            idle.take(loan)
            return idle

    def _begun(self) -> Worker:
        thread = Worker(self)
        try:
            thread.start()
        except RuntimeError:
            thread.close()
            raise
        self._threads.append(thread)
        return thread

    def returned(self, loan: Loan) -> None:
        self._recalls.pop(loan, None)

    def dismissed(self, thread: Worker) -> bool:
        """Whether it may end; nothing is lent to it any more then."""
        with self._lock:
            if thread.load or thread not in self._threads:
                return False
            self._threads.remove(thread)
            return True

    def forget(self, thread: Worker) -> None:
        with self._lock:
            if thread in self._threads:
                self._threads.remove(thread)

    def pause(self) -> None:
        """Everything is the reactor's, and there are no threads, until ``resume``."""
        self.paused = True
        for recall in list(self._recalls.values()):
            recall()
        with self._lock:
            threads, self._threads = self._threads, []
            for thread in threads:
                thread.end()
        for thread in threads:
            thread.join()

    def resume(self) -> None:
        self.paused = False


WORKERS = Workers()
