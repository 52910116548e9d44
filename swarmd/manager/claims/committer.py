"""Commits of claims: one at a time, and what comes meanwhile goes together in the next.

So the claims of one swarmd never conflict with each other, and a burst costs few round trips.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.internet.task import deferLater
from twisted.logger import Logger

from swarmd.core.errors import Unavailable
from swarmd.manager.claims.claim_book import ClaimBook
from swarmd.manager.claims.interfaces import Member
from swarmd.manager.claims.keys import is_head
from swarmd.store.commit_rules import MOST_KEYS
from swarmd.store.interfaces import (
    CommitConflict,
    Delete,
    Put,
    StoreLost,
    Write,
)

LINGER = 0.05  # seconds for which what nobody waits for may go with the next commit
PAUSE = 0.25  # seconds until a store that was lost is asked again
MOST_BYTES = 200 << 10  # in one commit
MOST_TRIES = 30  # of one claim


class OutrunError(Exception):
    """Others have changed, since it was looked at, what a claim was judged by: it must be again."""


@dataclass(slots=True, eq=False)
class Submission:
    """What is to be written together, if nobody else has written there.

    Attributes:
        values: Key -> what to put there; b"" lets it go.
        turns: Of the book, when this was judged.
        done: Fires when it stands; fails with OutrunError. None: nobody waits, and where others
            have written, nothing is left to be done.
        instead_of: Key -> what must stand there, else nothing is left to be done.
        dropped: Nobody wants it any more.
    """

    values: Mapping[str, bytes]
    turns: Mapping[str, int]
    done: Deferred[None] | None = None
    instead_of: Mapping[str, bytes] = field(default_factory=dict)
    dropped: bool = False
    tries: int = 0
    size: int = field(init=False)

    def __post_init__(self) -> None:
        self.size = sum(len(key) + len(value) for key, value in self.values.items())

    def succeed(self) -> None:
        if self.done is not None and not self.done.called:
            self.done.callback(None)

    def fail(self, error: Exception) -> None:
        if self.done is not None and not self.done.called:
            self.done.errback(error)


class Committer:
    """The one that commits, for all of a swarmd.

    Attributes:
        on_commit: Hears of each commit: its revision, and when it was begun.
        on_orphan: Hears of what stands now though it was dropped.
        commits, conflicts: How many there were.

    Args:
        prepare: Sees to it that the book is up to date; StoreLost if it cannot be.
        catch_up: Returns when the book has all up to a revision; StoreLost.
        lost: Hears that a commit's answer, or the store, was lost: the book has to be read anew.
    """

    _log = Logger()

    def __init__(
        self,
        member: Member,
        book: ClaimBook,
        clock: IReactorTime,
        prepare: Callable[[], Coroutine[Any, Any, None]],
        catch_up: Callable[[int], Coroutine[Any, Any, None]],
        lost: Callable[[], None],
    ) -> None:
        self.on_commit: Callable[[int, float], None] = lambda revision, began: None
        self.on_orphan: Callable[[Submission], None] = lambda orphan: None
        self.commits = 0
        self.conflicts = 0
        self._member = member
        self._book = book
        self._clock = clock
        self._prepare = prepare
        self._catch_up = catch_up
        self._lost = lost
        self._waiting: deque[Submission] = deque()
        self._running = False
        self._closed = False
        self._lingering: IDelayedCall | None = None

    def claim(self, values: Mapping[str, bytes]) -> Submission:
        """As it was judged in this moment; its ``done`` is whoever's who asks."""
        return self._submit(Submission(values, self._turns(values), Deferred()))

    def drop(self, submission: Submission) -> None:
        """Nobody waits for it any more. What was never sent goes: a store may be away for long."""
        submission.dropped = True
        if not submission.tries and submission in self._waiting:
            self._waiting.remove(submission)

    def end(self, head: str, value: bytes, instead_of: bytes, *, hurried: bool = True) -> None:
        """Puts ``value`` at one's own head; b"" lets it go. If it is another's by then, nothing.

        Args:
            hurried: Others wait for it; else it goes with the next commit, a moment later at most.
        """
        values = {head: value}
        submission = Submission(values, self._turns(values), instead_of={head: instead_of})
        self._submit(submission, hurried=hurried)

    def _turns(self, among: Iterable[str]) -> dict[str, int]:
        return {key: self._book.turn(key) for key in among}

    def _submit(self, submission: Submission, *, hurried: bool = True) -> Submission:
        self._waiting.append(submission)
        if hurried:
            self._begin()
        elif self._lingering is None and not self._running and not self._closed:
            self._lingering = self._clock.callLater(LINGER, self._begin)
        return submission

    def _begin(self) -> None:
        self._linger_no_more()
        if not self._running and not self._closed:
            self._running = True
            Deferred.fromCoroutine(self._run()).addErrback(self._broke)

    def _linger_no_more(self) -> None:
        if self._lingering is not None and self._lingering.active():
            self._lingering.cancel()
        self._lingering = None

    def awaits(self, head: str) -> bool:
        """Whether something at that key is still to be written, or perhaps was."""
        return any(head in each.values for each in self._waiting)

    def close(self) -> None:
        """Nothing is committed any more."""
        self._closed = True
        self._linger_no_more()

    def _broke(self, failure: Any) -> None:
        self._running = False
        self._log.failure("claims are not committed", failure)

    async def _run(self) -> None:
        try:
            while self._waiting and not self._closed:
                await self._step()
        finally:
            self._running = False

    async def _step(self) -> None:
        try:
            await self._prepare()
            if batch := self._next_batch():
                await self._commit(batch)
        except (StoreLost, Unavailable):
            self._lost()
            await deferLater(self._clock, PAUSE)

    async def _commit(self, batch: list[Submission]) -> None:
        writes = _writes(batch)
        conditions = self._book.conditions({write.key for write in writes})
        began = self._clock.seconds()
        self.commits += 1
        try:
            revision = await self._member.commit(conditions, writes)
        except Unavailable:
            self._waiting.extendleft(reversed(batch))
            raise
        except CommitConflict as conflict:
            self.conflicts += 1
            self._waiting.extendleft(reversed(batch))
            await self._catch_up(self._book.take_gone(conditions, conflict.standing))
            return
        self._book.committed(revision, writes)
        self.on_commit(revision, began)
        for each in batch:
            self._done(each)

    def _done(self, one: Submission) -> None:
        """What nobody waits for any more must not stay."""
        if one.dropped:
            self.on_orphan(one)
        else:
            one.succeed()

    def _next_batch(self) -> list[Submission]:
        """As many as one commit can be of, in their order."""
        batch: list[Submission] = []
        keys: set[str] = set()
        size = 0
        while self._waiting:
            first = self._waiting[0]
            together, size = keys | first.values.keys(), size + first.size
            if batch and (len(together) > MOST_KEYS or size > MOST_BYTES):
                break
            self._waiting.popleft()
            if self._is_still_due(first):
                batch.append(first)
                keys = together
        return batch

    def _is_still_due(self, one: Submission) -> bool:
        """What stands already was done by a commit whose answer was lost."""
        one.tries += 1
        if self._stands(one):
            self._done(one)
            return False
        if one.dropped:
            return False
        if one.tries > MOST_TRIES or any(self._book.turn(k) != t for k, t in one.turns.items()):
            one.fail(OutrunError())
            return False
        entries = self._book.entries
        return all(key in entries and entries[key].value == v for key, v in one.instead_of.items())

    def _stands(self, one: Submission) -> bool:
        heads = [key for key in one.values if is_head(key)]
        entries = self._book.entries
        return one.tries > 1 and all(
            key in entries and entries[key].value == one.values[key] for key in heads
        )


def _writes(batch: list[Submission]) -> list[Write]:
    """Of two at one key the later one; heads are bound to the session, registers stay.

    What is let go was over before what is put there in the same commit.
    """
    values: dict[str, bytes] = {}
    for each in batch:
        values |= {key: value or values.get(key, b"") for key, value in each.values.items()}
    return [
        Put(key, value, bound=is_head(key)) if value else Delete(key)
        for key, value in values.items()
    ]
