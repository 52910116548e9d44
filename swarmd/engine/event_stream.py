"""The event stream of one engine: followed, cut into records, and taken up where it broke off."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.python.failure import Failure

from swarmd.codec.json_stream import DocumentTooLong, JsonLines
from swarmd.core.errors import EngineRefused, EngineUnreachable
from swarmd.core.event import Event, read_event
from swarmd.engine.client import EngineClient, error_text
from swarmd.engine.interfaces import Answer, Head

# An event carries all labels of its container, or the command of an exec: what is longer is not
# read, and is nobody's reason to begin anew.
LINE_LIMIT = 4 << 20
# Events of one and the same nanosecond that are told apart.
MOST_AT_ONCE = 1000


class Position:
    """How far an engine's events were seen, by the engine's own clock."""

    def __init__(self) -> None:
        self._last = 0
        self._at_last: set[int] = set()

    def reset(self) -> None:
        self._last = 0
        self._at_last.clear()

    def since(self, clock: float) -> str:
        """Where to begin, as ``SECONDS.NANOSECONDS``; ``clock`` is the engine's time now.

        A clock that was set back makes the last event one of the future: from there, nothing
        would come for as long as it was set back.
        """
        now = int(clock * 1e6) * 1000
        if not 0 < self._last <= now:
            self.reset()
        start = self._last or now
        return f"{start // 10**9}.{start % 10**9:09d}"

    def passes(self, event: Event) -> bool:
        """Whether it is new: ``since`` is inclusive, so the last events come again."""
        time = event.record.get("timeNano")
        if not isinstance(time, int) or time < self._last:
            return True
        if time > self._last or len(self._at_last) >= MOST_AT_ONCE:
            self._last = time
            self._at_last.clear()
        identity = _identity(event)
        known = identity in self._at_last
        self._at_last.add(identity)
        return not known


def _identity(event: Event) -> int:
    return hash((event.kind, event.verb, event.detail, event.id))


class EngineEventStream:
    """One subscription to an engine's events.

    Args:
        handle: Gets each new event, and must not raise.
        unread: Gets beginning and end of one that is too long to be read.
    """

    def __init__(
        self,
        client: EngineClient,
        position: Position,
        handle: Callable[[Event], None],
        unread: Callable[[bytes], None],
        clock: IReactorTime,
    ) -> None:
        self._client = client
        self._position = position
        self._handle = handle
        self._clock = clock
        self._lines = JsonLines(LINE_LIMIT, unread)
        self._begun: Deferred[None] = Deferred()
        self._over: Deferred[None] = Deferred()
        self._stream: Deferred[Answer] | None = None
        self._cause: Exception | None = None

    async def open(self, clock: float, timeout: float) -> None:
        """Returns when the engine has taken the subscription: nothing is missed from now on."""
        target = self._client.target(f"/events?since={self._position.since(clock)}")
        call = self._client.link.stream("GET", target, self._received, on_head=self._on_head)
        self._stream = Deferred.fromCoroutine(call)
        self._stream.addBoth(self._ended)
        self._begun.addTimeout(timeout, self._clock, self._too_late)
        await self._begun
        if self._cause is not None:
            raise self._cause

    async def ended(self) -> None:
        """Never returns: raises why the stream ended."""
        if self._cause is None:
            await self._over
        raise self._cause or self._broken("it ended")

    def close(self) -> None:
        if self._stream is not None:
            self._stream.cancel()

    def _on_head(self, head: Head) -> None:
        if head.status == 200:
            self._begin()

    def _begin(self) -> None:
        if not self._begun.called:
            self._begun.callback(None)

    def _received(self, data: bytes) -> None:
        try:
            for line in self._lines.feed(data):
                self._one(orjson.loads(self._client.link.ids.shown_in(line)))
        except DocumentTooLong as error:
            # It would come again: begin behind it, at the engine's time of the next session.
            self._position.reset()
            self._break_off(str(error))
        except ValueError:
            self._break_off("what it sends is no JSON")

    def _one(self, record: object) -> None:
        event = read_event(record)
        if event is not None and self._cause is None and self._position.passes(event):
            self._handle(event)

    def _break_off(self, text: str) -> None:
        if self._cause is None:
            self._cause = self._broken(text)
            self.close()

    def _ended(self, result: Answer | Failure) -> None:
        if self._cause is None:
            self._cause = self._reason(result)
        self._begin()
        if not self._over.called:
            self._over.callback(None)

    def _reason(self, result: Answer | Failure) -> Exception:
        if isinstance(result, Failure):
            return (
                result.value if isinstance(result.value, Exception) else RuntimeError(str(result))
            )
        if result.status != 200:
            return EngineRefused(self._client.link.node, result.status, error_text(result))
        return self._broken("it ended")

    def _broken(self, text: str, *, silent: bool = False) -> EngineUnreachable:
        return EngineUnreachable(self._client.link.node, f"event stream: {text}", silent=silent)

    def _too_late(self, _result: Any, timeout: float) -> Any:
        raise self._broken(f"no answer within {timeout:g} s", silent=True)
