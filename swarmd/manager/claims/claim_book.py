"""What stands in the store of claims, as far as this swarmd has heard.

News come from the watch, from reads, and from one's own commits, in any order: what is older than
what is known changes nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from swarmd.manager.claims import keys
from swarmd.store.interfaces import (
    Absent,
    Change,
    Condition,
    KeyValue,
    Put,
    Snapshot,
    Standing,
    Unchanged,
    Write,
)

Heard = Callable[[str, bytes | None], None]


class ClaimBook:
    """The keys of claims, and the conditions that they give.

    Attributes:
        revision: All up to it is known.

    Args:
        owner: Whose entries are one's own: they tell nothing new.
        heard: Gets each change of a head by others, and its new value.
    """

    def __init__(self, owner: str, heard: Heard) -> None:
        self.revision = 0
        self.entries: dict[str, KeyValue] = {}
        self._own = f"{owner}/".encode()
        self._heard = heard
        self._turns: Counter[str] = Counter()

    def turn(self, key: str) -> int:
        """Another number whenever others have written there, or what was there is gone."""
        return self._turns[key]

    def conditions(self, among: Iterable[str]) -> list[Condition]:
        """That nothing has changed there since it was heard of."""
        return [self._condition(key) for key in sorted(among)]

    def _condition(self, key: str) -> Condition:
        known = self.entries.get(key)
        return Absent(key) if known is None else Unchanged(key, known.revision)

    # News

    def receive(self, revision: int, changes: Sequence[Change]) -> None:
        """From the watch."""
        for change in changes:
            if change.entry is not None:
                self._put(change.entry)
            else:
                self._gone(change.key, revision)
        self.revision = max(self.revision, revision)

    def take_in(self, snapshot: Snapshot) -> None:
        """All that stands below a prefix."""
        there = {entry.key for entry in snapshot.entries}
        below = [key for key in self.entries if key.startswith(snapshot.prefix)]
        for key in below:
            if key not in there:
                self._gone(key, snapshot.revision)
        for entry in snapshot.entries:
            self._put(entry)
        if snapshot.prefix == keys.ROOT:
            self.revision = max(self.revision, snapshot.revision)

    def take_gone(self, conditions: Sequence[Condition], standing: Standing) -> int:
        """What a conflict has shown to be gone, of a commit under these conditions.

        Returns:
            The revision up to which all must be heard to know the rest: a register that has changed
            says that something was claimed, and its claim's head, which is not shown, what.
        """
        expected = {each.key: getattr(each, "revision", 0) for each in conditions}
        for key, entry in standing:
            known = self.entries.get(key)
            if entry is None and known is not None and known.revision == expected.get(key):
                self._gone(key, known.revision)
        return max((entry.revision for _, entry in standing if entry is not None), default=0)

    def committed(self, revision: int, writes: Iterable[Write]) -> None:
        """One's own commit was done."""
        for write in writes:
            if not isinstance(write, Put):
                self.entries.pop(write.key, None)
            elif self._revision_of(write.key) < revision:
                old = self.entries.get(write.key)
                self.entries[write.key] = KeyValue(write.key, write.value, revision)
                if old is not None and keys.is_head(old.key) and not self.is_own(old.value):
                    self._heard(write.key, write.value)

    def _revision_of(self, key: str) -> int:
        known = self.entries.get(key)
        return known.revision if known is not None else 0

    def _put(self, entry: KeyValue) -> None:
        """What came and went before the moment up to which all is known is not put back."""
        least = self._revision_of(entry.key) if entry.key in self.entries else self.revision
        if entry.revision <= least:
            return
        self.entries[entry.key] = entry
        if not self.is_own(entry.value):
            self._changed(entry.key, entry.value)

    def _gone(self, key: str, revision: int) -> None:
        known = self.entries.get(key)
        if known is not None and known.revision <= revision:
            del self.entries[key]
            self._changed(key, None)

    def _changed(self, key: str, value: bytes | None) -> None:
        self._turns[key] += 1
        if keys.is_head(key):
            self._heard(key, value)

    def is_own(self, value: bytes) -> bool:
        """Heads and registers both begin with the claim's ID."""
        return value.removeprefix(b'{"id":"').startswith(self._own)
