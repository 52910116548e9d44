"""An engine that answers by script, over a link that needs no network and no real time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import orjson
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import Clock
from twisted.python.failure import Failure

from swarmd.cluster.actions import Action, EngineListed
from swarmd.cluster.state import State
from swarmd.core.container.id_map import IdMap
from swarmd.core.errors import EngineUnreachable
from swarmd.core.model import Engine
from swarmd.engine.limits import Gates, Timing
from swarmd.engine.sync import DRIVERS
from swarmd.engine.tracker import EngineTracker
from swarmd.engine.tracking_context import TrackingContext
from tests.fakes.machine import stamp

Json = dict[str, Any]

# Wall-clock time at the clock's zero.
EPOCH = 1_700_000_000.0
ENGINE_ID = "AAAA:BBBB"


@dataclass
class Reply:
    status: int
    body: bytes


def container_item(container_id: str, **more: Any) -> Json:
    name = more.pop("name", container_id[:6])
    return {
        "Id": container_id,
        "Names": ["/" + name],
        "Image": "busybox",
        "ImageID": "sha256:1",
        "Created": int(EPOCH),
        "State": "running",
        "Status": "Up 5 minutes",
        **more,
    }


def inspect_body(container_id: str) -> Json:
    return {
        "Id": container_id,
        "Created": stamp(EPOCH),
        "Name": "/" + container_id[:6],
        "Image": "sha256:1",
        "State": {"Status": "running", "StartedAt": stamp(EPOCH), "FinishedAt": stamp(0)},
        "HostConfig": {},
        "Config": {"Image": "busybox"},
    }


def event(action: str, actor: str, *, nano: int, kind: str = "container") -> Json:
    return {
        "Type": kind,
        "Action": action,
        "Actor": {"ID": actor, "Attributes": {"name": actor[:6]}},
        "time": nano // 10**9,
        "timeNano": nano,
    }


@dataclass(eq=False)
class Stream:
    """A subscription that the engine has taken."""

    target: str
    receive: Callable[[bytes], None]
    result: Deferred[Reply]

    def send(self, *events: Json) -> None:
        self.receive(b"".join(orjson.dumps(each) + b"\n" for each in events))

    def end(self) -> None:
        self.result.callback(Reply(200, b""))

    @property
    def open(self) -> bool:
        return not self.result.called


@dataclass
class Script:
    """What the engine says, and a ``Link`` to it.

    Attributes:
        down: Connections are refused.
        hung: No call is answered.
        held: Calls to paths with these ends wait until ``let_go``.
        failing: Path ends that are answered with a status.
        calls: Targets asked for, in order, without version and query.
        targets: The same with them.
    """

    clock: Clock
    node: str = "e1"
    peer: str = ""
    ids: IdMap = field(default_factory=IdMap)
    info: Json = field(default_factory=dict)
    about: Json = field(default_factory=dict)
    lists: dict[str, Any] = field(default_factory=dict)
    down: bool = False
    hung: bool = False
    held: dict[str, list[Deferred[Reply]]] = field(default_factory=dict)
    failing: dict[str, int] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    targets: list[str] = field(default_factory=list)
    streams: list[Stream] = field(default_factory=list)
    clock_error: float = 0.0
    _waiting: set[Deferred[Reply]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.info = {"ID": ENGINE_ID, "Name": "node-1", "NCPU": 4, "MemTotal": 1 << 30} | self.info
        self.about = {
            "Version": "20.10",
            "ApiVersion": "1.41",
            "MinAPIVersion": "1.12",
        } | self.about
        self.lists = {
            "/containers/json": [],
            "/images/json": [],
            "/networks": [],
            "/volumes": {"Volumes": None, "Warnings": None},
        } | self.lists

    @property
    def under_way(self) -> int:
        """How many calls wait for their answer."""
        return len(self._waiting)

    @property
    def subscription(self) -> Stream:
        """The latest subscription."""
        return self.streams[-1]

    def now(self) -> float:
        return EPOCH + self.clock.seconds() + self.clock_error

    def let_go(self, path: str) -> None:
        for waiting in self.held.pop(path):
            waiting.callback(Reply(200, self._body(path)))

    def die(self) -> None:
        """Its process ends: nothing listens, connections break."""
        self.down = True
        for stream in self.streams:
            if stream.open:
                stream.result.errback(EngineUnreachable(self.node, "connection lost", sent=True))

    # Link

    async def call(
        self, method: str, target: str, *, timeout: float | None = 10.0, limit: int = 0, **_: Any
    ) -> Reply:
        path = self._record(target)
        if self.down:
            raise EngineUnreachable(self.node, "connection refused", silent=True)
        waiting: Deferred[Reply] = Deferred()
        if timeout is not None:
            waiting.addTimeout(timeout, self.clock, self._too_late)
        self._waiting.add(waiting)
        try:
            return await self._answer(path, waiting)
        finally:
            self._waiting.remove(waiting)

    def _answer(self, path: str, waiting: Deferred[Reply]) -> Deferred[Reply]:
        held = next((ends for end, ends in self.held.items() if path.endswith(end)), None)
        failing = next((code for end, code in self.failing.items() if path.endswith(end)), None)
        if held is not None:
            held.append(waiting)
        elif failing is not None:
            waiting.callback(Reply(failing, b'{"message": "as scripted"}'))
        elif not self.hung:
            waiting.callback(Reply(200, self._body(path)))
        return waiting

    def ask(self, target: str, on_answer: Callable[[Any], None]) -> Deferred[Any]:
        def failed(failure: Failure) -> None:
            if not failure.check(CancelledError):
                on_answer(failure.value)

        asked = Deferred.fromCoroutine(self.call("GET", target, timeout=None))
        asked.addCallbacks(on_answer, failed)
        return asked

    async def stream(
        self,
        method: str,
        target: str,
        receive: Callable[[bytes], None],
        *,
        on_head: Callable[[Any], None] | None = None,
        **_: Any,
    ) -> Reply:
        path = self._record(target)
        if self.down:
            raise EngineUnreachable(self.node, "connection refused", silent=True)
        if path in self.failing:
            return Reply(self.failing[path], b'{"message": "as scripted"}')
        stream = Stream(target, receive, Deferred())
        self.streams.append(stream)
        if not self.hung and on_head is not None:
            on_head(Reply(200, b""))
        return await stream.result

    def _record(self, target: str) -> str:
        self.targets.append(target)
        path = target.partition("?")[0]
        path = path[path.index("/", 1) :] if path.startswith("/v1.") else path
        self.calls.append(path)
        return path

    def _body(self, path: str) -> bytes:
        if path == "/_ping":
            return b"OK"
        if path == "/info":
            return orjson.dumps({"SystemTime": stamp(self.now()), **self.info})
        if path == "/version":
            return orjson.dumps(self.about)
        if path.startswith("/containers/") and path != "/containers/json":
            return orjson.dumps(inspect_body(path.split("/")[2]))
        return orjson.dumps(self.lists[path])

    def _too_late(self, _: Any, timeout: float) -> Reply:
        cause = f"no answer within {timeout:g} s"
        raise EngineUnreachable(self.node, cause, sent=True, silent=True)


class Rig:
    """Trackers over scripted engines, and the state that they feed.

    Attributes:
        actions: All that was dispatched.
        events: What the hub was told.
    """

    _all: ClassVar[list[Rig]] = []

    def __init__(self, jitter: float = 0.5, gates: Gates | None = None, **timing: Any) -> None:
        self._all.append(self)
        self._tracked: list[tuple[EngineTracker, Script]] = []
        self.clock = Clock()
        self.state = State(self.clock.seconds)
        self.actions: list[Action] = []
        self.events: list[tuple[str, Mapping[str, Any]]] = []
        self.context = TrackingContext(
            clock=self.clock,
            now=lambda: EPOCH + self.clock.seconds(),
            jitter=lambda: jitter,
            dispatch=self._dispatch,
            on_event=self._on_event,
            engines=self.state.engines,
            timing=Timing(**timing),
            gates=gates or Gates(),
        )

    def track(self, script: Script, key: str = "10.0.0.1:2375") -> EngineTracker:
        self.state.dispatch(EngineListed(key, key))
        tracker = EngineTracker(key, script, self.context)
        tracker.startService()
        self._tracked.append((tracker, script))
        return tracker

    @classmethod
    def stop_all(cls) -> None:
        """Stops every tracker, and makes sure that nothing of it is left."""
        while cls._all:
            cls._all.pop().stop()

    def stop(self) -> None:
        """What readers have asked for ends by its time limit, all else at once."""
        tracked, self._tracked = self._tracked, []
        for tracker, script in tracked:
            tracker.stopService()
            assert not any(stream.open for stream in script.streams)
        self.clock.advance(max(self.context.timing.call, DRIVERS))
        assert not any(script.under_way for _, script in tracked)
        assert self.clock.getDelayedCalls() == []

    def engine(self, key: str = "10.0.0.1:2375") -> Engine:
        return self.state.engines[key]

    def pass_time(self, seconds: float, step: float = 1 / 16) -> None:
        """In small steps, so that what follows from one thing happens at its time."""
        for _ in range(round(seconds / step)):
            self.clock.advance(step)

    def of(self, kind: type[Action]) -> list[Any]:
        return [action for action in self.actions if isinstance(action, kind)]

    def _dispatch(self, action: Action) -> None:
        self.actions.append(action)
        self.state.dispatch(action)

    def _on_event(self, key: str, record: Mapping[str, Any]) -> None:
        self.events.append((key, record))
