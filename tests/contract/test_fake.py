"""The fake engine keeps the contract."""

from __future__ import annotations

from twisted.internet import reactor

from tests.contract.promises import Promises
from tests.fakes.engine import FakeEngine


class FakeEngineTests(Promises):
    __test__ = True

    def setUp(self) -> None:
        engine = FakeEngine("node-1", reactor)
        self.address = engine.listen()
        self.addCleanup(engine.close)
        super().setUp()
