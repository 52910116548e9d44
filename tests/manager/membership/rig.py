"""Several swarmds that share a store in memory; time is the test's."""

from __future__ import annotations

from twisted.internet.task import Clock

from swarmd.manager.membership.book_items import BookItems
from swarmd.manager.membership.drain_reports import DrainReports
from swarmd.manager.membership.election import Election
from swarmd.manager.membership.managers import ManagerRecord, Managers
from swarmd.manager.membership.membership import Membership
from swarmd.manager.membership.sealing import Seal
from swarmd.manager.membership.shared_book import SharedBook
from swarmd.manager.nodes.operator_state import Book
from swarmd.store.memory import MemoryServer, MemoryStore

TTL = 10.0
NOW = 0.0


class Member:
    """One swarmd, started."""

    def __init__(
        self,
        server: MemoryServer,
        name: str,
        *,
        seal: Seal | None = None,
        inherited: Book | None = None,
        start: bool = True,
    ) -> None:
        self.clock: Clock = server.clock  # type: ignore[assignment]
        self.store = MemoryStore(server)
        self.membership = Membership(
            self.store, self.clock, lambda: NOW + self.clock.seconds(), lambda: 0.5, name, TTL
        )
        self.election = Election(self.membership, self.clock)
        self.taken: list[str] = []
        self.book = SharedBook(
            self.membership,
            self.election,
            BookItems(seal),
            inherited,
            lambda: self.taken.append("taken"),
        )
        self.reports = DrainReports(self.membership)
        record = ManagerRecord(name, f"host-{name}", f"{name}:2375", "0.2", NOW)
        self.managers = Managers(self.membership, self.election, self.clock, record)
        self.said: list[str] = []
        self.election.on_gain = lambda: self.said.append("gain")
        self.election.on_lose = lambda: self.said.append("lose")
        if start:
            self.start()

    def start(self) -> None:
        self.membership.startService()
        self.managers.periodic.startService()

    def stop(self) -> None:
        self.managers.periodic.stopService()
        self.membership.stopService()


def server() -> MemoryServer:
    return MemoryServer(Clock())


def advance(shared: MemoryServer, seconds: float) -> None:
    """In small steps, as what is put off goes on in between."""
    for _ in range(round(seconds * 4)):
        shared.clock.advance(0.25)  # type: ignore[attr-defined]
