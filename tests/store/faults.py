"""What befalls a store of several processes, for tests on real servers."""

from __future__ import annotations

import tempfile
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any, TypeVar

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater
from twisted.trial.unittest import TestCase

from swarmd.store.interfaces import Change, Store, StoreLost, StoreUnsure
from tests.lab.stores import StoreMember
from tests.lab.waiting import eventually

T = TypeVar("T")
REACTOR: Any = reactor
PATIENCE = 100.0  # seconds for anything at all


class StoreFaults(TestCase):
    """Members of a store end with the test that started them."""

    timeout = PATIENCE

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory(prefix="swarmd-store-", ignore_cleanup_errors=True)
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def start(self, members: Sequence[StoreMember]) -> Sequence[StoreMember]:
        for member in members:
            self.addCleanup(member.stop)
            member.start()
        for member in members:
            eventually(member.listens, what="the store listens")
        return members

    def closing(self, store: Store) -> None:
        self.addCleanup(lambda: Deferred.fromCoroutine(store.close()))

    async def answered(self, ask: Any) -> Any:
        """What it gives at last, however often it cannot be asked."""
        deadline = REACTOR.seconds() + PATIENCE
        while True:
            try:
                return await ask()
            except (StoreLost, StoreUnsure):
                assert REACTOR.seconds() < deadline
                await deferLater(REACTOR, 0.1)

    async def lost(self, work: Coroutine[Any, Any, object]) -> str:
        """Why it is certainly not done."""
        with self.assertRaises(StoreLost) as raised:
            await work
        return str(raised.exception)

    async def until(self, check: Any) -> None:
        deadline = REACTOR.seconds() + PATIENCE
        while not check():
            assert REACTOR.seconds() < deadline, "nothing came"
            await deferLater(REACTOR, 0.01)


class Seen(dict[str, bytes]):
    """What stands below a prefix, as a watch says."""

    def receive(self, revision: int, changes: Sequence[Change]) -> None:
        for change in changes:
            self.pop(change.key, None)
            if change.entry is not None:
                self[change.key] = change.entry.value
