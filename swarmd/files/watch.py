"""File watching: read again once they have changed and come to rest.

A change counts once a file has looked the same twice in a row, so that one caught while an editor
writes it, or missing for the moment between two renames, changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from swarmd.files.in_thread import Executor, at_once
from swarmd.files.reader import Look, look_at
from swarmd.timers.periodic import Periodic

INTERVAL = 1.0  # seconds between two looks; a change is served after at most twice that
PATIENCE = 10.0  # seconds after which a look that has not come back is told
_FAILED = "files could not be followed"

T = TypeVar("T")


@dataclass(slots=True)
class _Followed:
    paths: Sequence[str]
    handled: tuple[Look, ...] | None  # how they looked when they were read
    last: tuple[Look, ...] = field(default=())


class Watch(Periodic, Generic[T]):
    """A file watcher: follows sets of files for as long as somebody keeps what they are for.

    Args:
        changed: Reads the files of the one that it is given; what it raises is logged.
        executor: Where the file system is asked.
    """

    _log = Logger()

    def __init__(
        self,
        clock: IReactorTime,
        changed: Callable[[T], Coroutine[Any, Any, None]],
        executor: Executor = at_once,
    ) -> None:
        super().__init__(clock, INTERVAL, self._turn, failed=_FAILED)
        self._clock = clock
        self._changed = changed
        self._executor = executor
        self._followed: WeakKeyDictionary[T, _Followed] = WeakKeyDictionary()
        self._asked: float | None = None  # since when a turn is under way
        self._again = False

    def follow(self, what: T, paths: Sequence[str]) -> None:
        """``what`` is just about to be read."""
        look = look_at(paths)
        self._followed[what] = _Followed(paths, look, look)

    def followed(self) -> list[T]:
        """In the order in which they came."""
        return list(self._followed)

    def reread(self) -> None:
        """Reads everything now, whether it changed or not."""
        for each in self._followed.values():
            each.handled = None
        self._again = True
        self._turn()

    def notices(self) -> list[str]:
        """A file system that does not answer cannot be helped, but it can be told."""
        waited = 0.0 if self._asked is None else self._clock.seconds() - self._asked
        if waited < PATIENCE:
            return []
        paths = sorted({path for each in self._followed.values() for path in each.paths})
        more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
        return [
            f"{paths[0] if paths else 'a file'}{more} cannot be looked at: its file system has "
            f"not answered for {waited:.0f} s; what was read before is still used"
        ]

    def _turn(self) -> None:
        if self._asked is None:
            self._asked = self._clock.seconds()
            Deferred.fromCoroutine(self._look()).addErrback(
                lambda failure: self._log.failure(_FAILED, failure)
            ).addBoth(self._over)

    def _over(self, _: object) -> None:
        self._asked = None
        if self._again:
            self._turn()

    async def _look(self) -> None:
        self._again = False
        followed = list(self._followed.items())
        looks = await self._executor(lambda: [look_at(each.paths) for _, each in followed])
        for (what, each), look in zip(followed, looks, strict=True):
            forced, rests = each.handled is None, look == each.last
            each.last = look
            if forced or (rests and look != each.handled):
                each.handled = look
                await self._read(what, each)

    async def _read(self, what: T, each: _Followed) -> None:
        try:
            await self._changed(what)
        except Exception:  # noqa: BLE001 - the others are followed all the same
            self._log.failure("{paths} could not be followed", paths=", ".join(each.paths))
