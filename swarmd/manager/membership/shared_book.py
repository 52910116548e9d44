"""The operators' book in the store that all swarmds share, one key an item.

A change is carried out on the book as it is known, and committed on the condition that the keys it
touches are as they were; where another swarmd was faster, it is carried out on what came of that.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from typing import Any

from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from swarmd.core.errors import Unavailable
from swarmd.manager.membership.book_items import KEY, LOSSES, MARK, BadItemError, BookItems
from swarmd.manager.membership.election import Election
from swarmd.manager.membership.keys import BOOK, THIS_FORMAT
from swarmd.manager.membership.membership import Membership
from swarmd.manager.membership.mirror import Mirror
from swarmd.manager.nodes.operator_state import Book, Change
from swarmd.store.interfaces import Change as KeyChange
from swarmd.store.interfaces import (
    CommitConflict,
    Condition,
    Delete,
    KeyValue,
    Put,
    StoreLost,
    Unchanged,
    Write,
)

TRIES = 20
AT_ONCE = 16  # keys of one commit; a few more are its conditions
_MOST_BAD = 8  # items that are told of


class SharedBook:
    """The shared book, as a ``BookKeeper``.

    Args:
        inherited: What an older swarmd has left on the disk, to be taken in once.
        on_inherited: Called when it was.

    Attributes:
        book: As far as this swarmd has heard of it.
        on_change: Gets the book as it was, and as it is.
    """

    _log = Logger()

    def __init__(
        self,
        membership: Membership,
        election: Election,
        items: BookItems,
        inherited: Book | None = None,
        on_inherited: Callable[[], None] = lambda: None,
    ) -> None:
        self.book = Book()
        self.on_change: Callable[[Book, Book], None] = lambda before, after: None
        self._membership = membership
        self._election = election
        self._items = items
        self._inherited = inherited
        self._on_inherited = on_inherited
        self._bad: dict[str, str] = {}
        self._configurations: dict[str, Mapping[str, Any]] = {}
        self._mirror = Mirror(membership.store, BOOK, self._heard)
        membership.joining.append(self._join)

    def notices(self) -> list[str]:
        """What stands in the store and is not understood."""
        texts = [f"{key} in the store: {why}" for key, why in sorted(self._bad.items())]
        more = len(texts) - _MOST_BAD
        return texts[:_MOST_BAD] + ([f"{more} further keys in the store"] if more > 0 else [])

    async def change(self, change: Change, *, led: bool) -> None:
        """What an operator asks for is answered, or refused, in a time that he waits for."""
        work = self._change(change, led)
        await (work if led else self._membership.within_limit(work))

    async def _change(self, change: Change, led: bool) -> None:
        await self._membership_wait()
        for _ in range(TRIES):
            before = self.book
            after = change(before)
            values = self._items.difference(before, after)
            self._keep_configurations(after)
            try:
                for some in _portions(values):
                    await self._commit(some, led)
            except CommitConflict:
                continue
            return
        raise Unavailable("other swarmds change the same again and again: ask once more")

    async def _membership_wait(self) -> None:
        try:
            await self._membership.wait()
        except StoreLost as error:
            raise Unavailable(str(error)) from None

    async def _commit(self, values: Mapping[str, bytes], led: bool) -> None:
        conditions = [self._mirror.condition(key) for key in values]
        if led:
            conditions.append(self._election.condition())
        writes: list[Write] = [
            Put(key, value) if value else Delete(key) for key, value in values.items()
        ]
        await self._write(conditions, writes)

    async def _write(self, conditions: Sequence[Condition], writes: Sequence[Write]) -> None:
        try:
            revision = await self._membership.commit(conditions, writes)
        except CommitConflict as conflict:
            self._take_standing(conditions, conflict)
            raise
        self._mirror.receive(revision, [_written(each, revision) for each in writes])

    def _take_standing(self, asked: Sequence[Condition], conflict: CommitConflict) -> None:
        """What is gone may have come again: only what was asked about is known to be gone."""
        revisions = {one.key: one.revision for one in asked if isinstance(one, Unchanged)}
        for key, entry in conflict.standing:
            known = self._mirror.entries.get(key)
            if entry is not None and key.startswith(BOOK):
                self._mirror.receive(entry.revision, [KeyChange(key, entry)])
            elif known is not None and known.revision == revisions.get(key):
                self._mirror.receive(known.revision, [KeyChange(key, None)])

    def _keep_configurations(self, book: Book) -> None:
        """What was lost here is known in full, also what may not stand in the store."""
        for loss in book.losses.values():
            if loss.inspect:
                self._configurations[loss.id] = loss.inspect

    # News

    def _heard(self, entries: Mapping[str, KeyValue], changes: Sequence[KeyChange]) -> None:
        if any(change.key == MARK and change.entry is None for change in changes):
            self._emptied(entries)
            return
        before = self.book
        for change in changes:
            self._bad.pop(change.key, None)
            try:
                self.book = self._put(change)
            except BadItemError as error:
                self._bad[change.key] = str(error)
                text = "{key} in the store is left out: {error}"
                self._log.warn(text, key=change.key, error=error)
        if self.book != before:
            self.on_change(before, self.book)

    def _put(self, change: KeyChange) -> Book:
        if change.entry is None:
            self._configurations.pop(change.key.removeprefix(LOSSES), None)
        book = self._items.put(self.book, change.key, change.entry.value if change.entry else None)
        loss = book.losses.get(change.key.removeprefix(LOSSES))
        if loss is None or loss.inspect:
            return book
        known = self._configurations.get(loss.id, {})
        return replace(book, losses={**book.losses, loss.id: replace(loss, inspect=known)})

    # The book's beginning

    async def _join(self) -> None:
        await self._mirror.read()
        if MARK not in self._mirror.entries:
            await self._begin_book()
        if self._inherited is not None:
            await self._inherit(self._inherited)
        if not self.book.key:
            await self._write_missing({KEY: self._encoded_key()})

    async def _begin_book(self) -> None:
        """The first of all; or the store was emptied while nobody looked."""
        known = self._items.encoded(self.book)
        await self._write_missing({MARK: THIS_FORMAT, **known})

    async def _inherit(self, old: Book) -> None:
        await self._write_missing(self._items.encoded(old))
        self._inherited = None
        self._on_inherited()

    def _encoded_key(self) -> bytes:
        return self._items.encoded(Book(key=secrets.token_hex(32)))[KEY]

    async def _write_missing(self, values: Mapping[str, bytes]) -> None:
        """What another has written meanwhile stands."""
        for some in _portions(values):
            missing = {key: v for key, v in some.items() if key not in self._mirror.entries}
            while missing:
                conditions = [self._mirror.condition(key) for key in missing]
                writes = [Put(key, value) for key, value in missing.items()]
                with suppress(CommitConflict):
                    await self._write(conditions, writes)
                missing = {k: v for k, v in missing.items() if k not in self._mirror.entries}

    def _emptied(self, entries: Mapping[str, KeyValue]) -> None:
        """Nobody takes the mark away: the store was emptied, and what is known is put back."""
        self._log.warn("the store was emptied: the operators' book is written there anew")
        values = {entry.key: entry.value for entry in entries.values()}
        work = Deferred.fromCoroutine(self._write_missing(values))
        work.addErrback(self._not_restored)

    def _not_restored(self, failure: Failure) -> None:
        if failure.check(Unavailable):
            self._log.warn("the operators' book: {error}", error=failure.value)
        else:
            self._log.failure("the operators' book", failure)


def _portions(values: Mapping[str, bytes]) -> Iterator[dict[str, bytes]]:
    """As much as one commit can be of."""
    left = iter(values.items())
    while some := dict(islice(left, AT_ONCE)):
        yield some


def _written(write: Write, revision: int) -> KeyChange:
    if isinstance(write, Put):
        return KeyChange(write.key, KeyValue(write.key, write.value, revision))
    return KeyChange(write.key, None)
