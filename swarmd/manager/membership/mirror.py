"""What stands below a prefix of the store, as far as this swarmd has heard."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from swarmd.store.interfaces import Absent, Change, Condition, KeyValue, KeyWatch, Store, Unchanged

Heard = Callable[[Mapping[str, KeyValue], Sequence[Change]], None]


class Mirror:
    """A mirror of one prefix: read anew at each joining, and followed from then on.

    Args:
        heard: Gets the entries as they were before, and what is different now.

    Attributes:
        entries: By their keys.
    """

    def __init__(self, store: Store, prefix: str, heard: Heard) -> None:
        self.entries: dict[str, KeyValue] = {}
        self._store = store
        self._prefix = prefix
        self._heard = heard
        self._watch: KeyWatch | None = None

    async def read(self) -> None:
        """Raises StoreLost."""
        now = await self._store.read(self._prefix)
        there = {entry.key: entry for entry in now.entries}
        gone = [Change(key, None) for key in self.entries if key not in there]
        self.receive(now.revision, [*gone, *(Change(key, one) for key, one in there.items())])
        if self._watch is not None:
            self._watch.stop()
        self._watch = self._store.watch(now, self.receive)

    def stop(self) -> None:
        if self._watch is not None:
            self._watch.stop()
            self._watch = None

    def receive(self, revision: int, changes: Sequence[Change]) -> None:
        """News of the watch, of a read, or of one's own commit, in any order."""
        fresh = [change for change in changes if self._is_news(change, revision)]
        if not fresh:
            return
        before = dict(self.entries)
        for change in fresh:
            self.entries.pop(change.key, None)
            if change.entry is not None:
                self.entries[change.key] = change.entry
        self._heard(before, fresh)

    def _is_news(self, change: Change, revision: int) -> bool:
        known = self.entries.get(change.key)
        if change.entry is None:
            return known is not None and known.revision <= revision
        return known is None or known.revision < change.entry.revision

    def condition(self, key: str) -> Condition:
        """That nothing has changed there since it was heard of."""
        known = self.entries.get(key)
        return Absent(key) if known is None else Unchanged(key, known.revision)
