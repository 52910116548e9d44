"""The store in memory keeps the contract of stores."""

from __future__ import annotations

from twisted.internet import reactor

from swarmd.store.interfaces import Store
from swarmd.store.memory import MemoryServer, MemoryStore
from tests.contract.store_promises import StorePromises


class MemoryStoreTests(StorePromises):
    __test__ = True

    def setUp(self) -> None:
        self.servers: dict[str, MemoryServer] = {}
        super().setUp()

    def connect(self, prefix: str) -> Store:
        server = self.servers.setdefault(prefix, MemoryServer(reactor))
        return MemoryStore(server)
