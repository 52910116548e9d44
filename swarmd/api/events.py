"""``/events``: the past from the engines, then the present from the hub, ended at ``until``."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from twisted.internet.interfaces import IPushProducer, IReactorTime
from twisted.internet.task import deferLater
from zope.interface import implementer

from swarmd.codec.accept import negotiated
from swarmd.core.request.version import Version
from swarmd.front.request import DockerRequest
from swarmd.manager.fleet.event_hub import FleetEvent
from swarmd.manager.interfaces import FleetView
from swarmd.manager.system.event_history import past_events
from swarmd.manager.system.event_query import NANOS, EventQuery

# What a client that stopped reading may leave unread; then it is cut off, with a message.
BACKLOG = 4 << 20
# How long an event may take from an engine, in nanoseconds; longer ones could be told twice.
LATE = 60 * NANOS
# The first API that tells the making of images, and the first without the keys of old.
IMAGE_CREATE_SINCE: Version = (1, 46)
LEGACY_UNTIL: Version = (1, 52)

_JSON, _JSON_SEQ = "application/json", "application/json-seq"
_STREAMS = ("application/jsonl", "application/x-ndjson", _JSON_SEQ)
_REPLAY_SLICE = 64  # past events in one turn: each passes all values of the filters
_RECORD_SEPARATOR = b"\x1e"  # RFC 7464
_CUT_OFF = b'{"error":"cut off: %d bytes were not read"}\n'


@implementer(IPushProducer)
class EventsResponse:
    """One client's stream of events; a slow client costs nobody else anything.

    Attributes:
        closers: Called once when the stream ends, whoever ends it.
    """

    def __init__(
        self, request: DockerRequest, query: EventQuery, version: Version, separator: bytes
    ) -> None:
        self.closers: list[Callable[[], None]] = []
        self._request = request
        self._query = query
        self._version = version
        self._separator = separator
        self._unread: deque[bytes] = deque()
        self._size = 0
        self._paused = False
        self._open = True
        request.registerProducer(self, True)

    def send(self, event: FleetEvent) -> None:
        query = self._query
        if not (self._open and query.in_window(event.moment) and query.accepts(event.record)):
            return
        if self._version >= IMAGE_CREATE_SINCE or not _is_image_create(event):
            line = event.line(legacy=self._version < LEGACY_UNTIL)
            self._put(self._separator + line)

    def end(self) -> None:
        if self._open:
            self._open = False
            for line in self._unread:
                self._request.send(line)
            self._request.unregisterProducer()
            self._request.finish()
            self.close()

    def close(self) -> None:
        """Nothing more comes: lets go of whatever feeds the stream."""
        self._open = False
        closers, self.closers = self.closers, []
        for closer in closers:
            closer()

    def _put(self, line: bytes) -> None:
        if not self._paused:
            self._request.send(line)
            return
        self._unread.append(line)
        self._size += len(line)
        if self._size > BACKLOG:
            self._unread = deque([self._separator + _CUT_OFF % self._size])
            self.end()

    def pauseProducing(self) -> None:
        self._paused = True

    def resumeProducing(self) -> None:
        self._paused = False
        while self._unread and not self._paused:
            line = self._unread.popleft()
            self._size -= len(line)
            self._request.send(line)

    def stopProducing(self) -> None:
        self._unread.clear()
        self.close()


class Events:
    """The route ``GET /events``."""

    def __init__(self, fleet: FleetView, clock: IReactorTime) -> None:
        self._fleet = fleet
        self._clock = clock

    async def events(self, request: DockerRequest) -> None:
        query = EventQuery.of(request.arg)
        now = int(self._fleet.now() * NANOS)
        version = request.version or self._fleet.api_version
        kind = self._content_type(request)
        request.start(200, kind.encode())
        separator = _RECORD_SEPARATOR if kind == _JSON_SEQ else b""
        stream = EventsResponse(request, query, version, separator)
        request.on_gone(stream.close)
        if query.until is not None and query.until <= now:
            await self._replay(stream, query, query.until)
            stream.end()
        else:
            await self._follow(stream, query, now)

    def _content_type(self, request: DockerRequest) -> str:
        """Older engines call it JSON, whatever is asked for; there only a name is heard."""
        accepted = (request.header(b"accept") or b"").decode("latin-1")
        old = (_JSON,) if self._fleet.api_version < LEGACY_UNTIL else ()
        return negotiated(accepted, (*old, *_STREAMS), _JSON)

    async def _follow(self, stream: EventsResponse, query: EventQuery, now: int) -> None:
        """Listens before it looks back, so that nothing falls in between."""
        meanwhile: list[FleetEvent] = []
        collecting = self._fleet.hub.subscribe(meanwhile.append)
        stream.closers.append(collecting)
        deliver = _once(stream, await self._replay(stream, query, now))
        collecting()
        stream.closers.append(self._fleet.hub.subscribe(deliver))
        for event in meanwhile:
            deliver(event)
        if query.until is not None:
            left = max(0.0, query.until / NANOS - self._fleet.now())
            end = self._clock.callLater(left, stream.end)
            stream.closers.append(lambda: end.cancel() if end.active() else None)

    async def _replay(
        self, stream: EventsResponse, query: EventQuery, until: int
    ) -> set[tuple[int, str, str]]:
        """Like engines, all that is remembered if only ``until`` is given.

        Returns:
            Of what was told, the events that an engine's stream could still bring.
        """
        if query.since is None and query.until is None:
            return set()
        past = await past_events(self._fleet, query.since or 0, until)
        for number, event in enumerate(past, 1):
            stream.send(event)
            if number % _REPLAY_SLICE == 0:
                await deferLater(self._clock, 0)
        return {event.identity for event in past if event.time > until - LATE}


def _is_image_create(event: FleetEvent) -> bool:
    return (event.record.get("Type"), event.record.get("Action")) == ("image", "create")


def _once(
    stream: EventsResponse, replayed: set[tuple[int, str, str]]
) -> Callable[[FleetEvent], None]:
    """Tells but what was ``replayed``: an engine may remember what its stream has yet to bring."""

    def deliver(event: FleetEvent) -> None:
        if replayed and event.identity in replayed:
            replayed.discard(event.identity)
        else:
            stream.send(event)

    return deliver
