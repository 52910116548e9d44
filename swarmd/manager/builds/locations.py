"""Locations of builds and sessions, for others that must follow them and may ask too early."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime

MOST = 10_000  # places kept; the oldest goes first


class Locations:
    """A table of engines by the ID of what is there: a build, a BuildKit session.

    Attributes:
        on_row: Hears of what is put here: ID, key of the engine.
    """

    def __init__(self, clock: IReactorTime) -> None:
        self.on_row: Callable[[str, str], None] | None = None
        self._clock = clock
        self._places: OrderedDict[str, str] = OrderedDict()
        self._waiting: dict[str, list[Deferred[None]]] = {}

    def put(self, what: str, engine_key: str) -> None:
        """Nothing happens for an empty ID."""
        if not what:
            return
        self.take_in(what, engine_key)
        if self.on_row is not None:
            self.on_row(what, engine_key)

    def take_in(self, what: str, engine_key: str) -> None:
        """Where something was put elsewhere, or here."""
        self._places[what] = engine_key
        self._places.move_to_end(what)
        if len(self._places) > MOST:
            self._places.popitem(last=False)
        for waiter in self._waiting.pop(what, ()):
            waiter.callback(None)

    def all(self) -> list[tuple[str, str]]:
        """As ``take_in`` has them."""
        return list(self._places.items())

    def find(self, what: str) -> str | None:
        return self._places.get(what)

    async def wait(self, what: str, limit: float) -> str | None:
        """The same, waiting up to ``limit`` seconds for it to be put somewhere."""
        if what and what not in self._places:
            waiter: Deferred[None] = Deferred()
            self._waiting.setdefault(what, []).append(waiter)
            try:
                await waiter.addTimeout(limit, self._clock, lambda value, _: None)
            finally:
                self._leave(what, waiter)
        return self._places.get(what)

    def _leave(self, what: str, waiter: Deferred[None]) -> None:
        waiters = self._waiting.get(what, [])
        if waiter in waiters:
            waiters.remove(waiter)
        if not waiters:
            self._waiting.pop(what, None)
