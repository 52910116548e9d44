"""What befalls a store of several processes, for tests on real servers."""

from __future__ import annotations

import tempfile
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any, TypeVar

from twisted.internet import reactor
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.task import deferLater
from twisted.trial.unittest import TestCase

from swarmd.store.interfaces import (
    Absent,
    Change,
    CommitConflict,
    Put,
    Store,
    StoreLost,
    StoreUnsure,
    Unchanged,
)
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

    async def count_while_members_are_lost(
        self, stores: Sequence[Store], members: Sequence[StoreMember]
    ) -> None:
        """What was acknowledged is there once; what was left open, once or not at all."""
        for store in stores:
            await self.answered(lambda store=store: store.read(""))
        counting = Counting(stores)
        seen = Seen()
        stores[0].watch(await stores[0].read(""), seen.receive)
        for turn in range(6):
            await deferLater(REACTOR, 1)
            member = members[turn % len(members)]
            if turn % 2:
                member.freeze()
                await deferLater(REACTOR, 3)
                member.thaw()
            else:
                member.stop()
                await deferLater(REACTOR, 2)
                member.start()
        await deferLater(REACTOR, 3)
        sure, left_open = await counting.stop()
        (entry,) = (await self.answered(lambda: stores[-1].read("n"))).entries
        self.assertGreater(sure, 50)
        self.assertTrue(sure <= int(entry.value) <= sure + left_open, (sure, entry, left_open))
        await self.until(lambda: seen == {"n": entry.value})

    async def until(self, check: Any) -> None:
        deadline = REACTOR.seconds() + PATIENCE
        while not check():
            assert REACTOR.seconds() < deadline, "nothing came"
            await deferLater(REACTOR, 0.01)


class Counting:
    """Several that add to one counter, as fast as they can."""

    def __init__(self, stores: Sequence[Store]) -> None:
        self._sure = self._open = 0
        self._over = False
        self._work = [Deferred.fromCoroutine(self._count(store)) for store in stores]

    async def stop(self) -> tuple[int, int]:
        """How many additions were acknowledged, and of how many nobody knows."""
        self._over = True
        await gatherResults(self._work)
        return self._sure, self._open

    async def _count(self, store: Store) -> None:
        while not self._over:
            try:
                await self._add(store)
                self._sure += 1
            except StoreUnsure:
                self._open += 1
            except (StoreLost, CommitConflict):
                await deferLater(REACTOR, 0.01)

    async def _add(self, store: Store) -> None:
        found = {each.key: each for each in (await store.read("n")).entries}.get("n")
        condition = Absent("n") if found is None else Unchanged("n", found.revision)
        value = 1 if found is None else int(found.value) + 1
        await store.commit([condition], [Put("n", str(value).encode())])


class Seen(dict[str, bytes]):
    """What stands below a prefix, as a watch says."""

    def receive(self, revision: int, changes: Sequence[Change]) -> None:
        for change in changes:
            self.pop(change.key, None)
            if change.entry is not None:
                self[change.key] = change.entry.value
