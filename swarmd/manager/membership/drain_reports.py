"""What the leader reports of drains, for those who follow one at another swarmd, or go on with it.

Lines that come while a commit is under way go together in the next, so that a large drain costs
few of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import orjson
from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from swarmd.core.errors import Unavailable
from swarmd.manager.membership.keys import DRAINS, text_of, word
from swarmd.manager.membership.membership import Membership
from swarmd.manager.membership.mirror import Mirror
from swarmd.store.interfaces import Change, CommitConflict, Delete, KeyValue, Put, Write

Line = dict[str, Any]
AT_ONCE = 16  # keys of one commit
TOGETHER = 200  # lines of one key
_LARGEST = 256 << 10  # bytes of one key
_DIGITS = 8


class DrainReports:
    """The reports of all drains, in the store: ``drains/NODE/NUMBER``, some lines each.

    Attributes:
        on_lines: Gets the key of an engine, and further lines of its drain, as they are heard.
    """

    _log = Logger()

    def __init__(self, membership: Membership) -> None:
        self.on_lines: Callable[[str, list[Line]], None] = lambda key, lines: None
        self._membership = membership
        self._mirror = Mirror(membership.store, DRAINS, self._heard)
        self._waiting: dict[str, list[Line]] = {}  # by engine key
        self._writing = False
        membership.joining.append(self._mirror.read)

    def of(self, key: str) -> list[Line]:
        """All lines of the last drain of an engine."""
        prefix = self._prefix(key)
        numbers = sorted(each for each in self._mirror.entries if each.startswith(prefix))
        return [line for each in numbers for line in _lines(self._mirror.entries[each].value)]

    def report(self, key: str, line: Line) -> None:
        """A line of the leader's."""
        self._waiting.setdefault(key, []).append(line)
        if not self._writing:
            self._writing = True
            Deferred.fromCoroutine(self._write()).addErrback(self._failed)

    def _prefix(self, key: str) -> str:
        return f"{DRAINS}{word(key)}/"

    async def _write(self) -> None:
        try:
            while self._waiting:
                key, lines = next(iter(self._waiting.items()))
                some, left = lines[:TOGETHER], lines[TOGETHER:]
                self._waiting.pop(key)
                if left:
                    self._waiting[key] = left
                await self._append(key, some)
        finally:
            self._writing = False

    async def _append(self, key: str, lines: list[Line]) -> None:
        """A drain that begins takes the place of the one before."""
        prefix = self._prefix(key)
        numbers = sorted(each for each in self._mirror.entries if each.startswith(prefix))
        over = numbers and any(line.get("Done") for line in self.of(key)[-1:])
        if over and lines[0].get("Status") == "begun":
            for some in _portions(numbers):
                await self._commit([Delete(each) for each in some])
            numbers = []
        last = numbers[-1].removeprefix(prefix) if numbers else "0"
        number = int(last) + 1 if last.isdigit() else 1
        await self._commit([Put(f"{prefix}{number:0{_DIGITS}}", orjson.dumps(lines))])

    async def _commit(self, writes: Sequence[Write]) -> None:
        revision = await self._membership.commit([], writes)
        written = [
            Change(
                one.key, KeyValue(one.key, one.value, revision) if isinstance(one, Put) else None
            )
            for one in writes
        ]
        self._mirror.receive(revision, written)

    def _failed(self, failure: Failure) -> None:
        """Who follows elsewhere misses lines; the drain goes on, or is another's by now."""
        self._waiting.clear()
        if failure.check(Unavailable, CommitConflict):
            self._log.warn("reports of drains: {error}", error=failure.value)
        else:
            self._log.failure("reports of drains", failure)

    def _heard(self, before: Mapping[str, KeyValue], changes: Sequence[Change]) -> None:
        for change in sorted(changes, key=lambda one: one.key):
            key = text_of(change.key.removeprefix(DRAINS).partition("/")[0])
            if key and change.entry is not None and change.key not in before:
                self.on_lines(key, _lines(change.entry.value))


def _lines(value: bytes) -> list[Line]:
    """What stands there, as far as it is lines."""
    try:
        found = orjson.loads(value) if len(value) <= _LARGEST else []
    except orjson.JSONDecodeError:
        return []
    lines = found if isinstance(found, list) else []
    return [line for line in lines if isinstance(line, dict) and isinstance(line.get("Node"), str)]


def _portions(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(keys), AT_ONCE):
        yield keys[start : start + AT_ONCE]
