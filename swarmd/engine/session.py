"""A session with one engine: from the first question to the loss of its event stream."""

from __future__ import annotations

from twisted.logger import Logger

from swarmd.cluster import actions
from swarmd.core.errors import ApiError
from swarmd.core.event import Event, event_of_edges
from swarmd.engine.client import EngineClient, cause, is_silent
from swarmd.engine.details import Details
from swarmd.engine.event_stream import EngineEventStream, Position
from swarmd.engine.health import HealthCheck
from swarmd.engine.identify import EngineIdentity, identify
from swarmd.engine.refresh import Refresh
from swarmd.engine.sync import Sync
from swarmd.engine.task_group import TaskGroup
from swarmd.engine.tracking_context import TrackingContext


class RefusedError(Exception):
    """The cluster does not take the engine, and has said why."""


class SessionOverError(Exception):
    """The end of a session: the engine is well, but what is known must be asked anew."""


class Session:
    """A session with one engine, from its first answer until it is lost.

    Validates, subscribes, lists, and then keeps all of that up, until it cannot.

    Events are subscribed to before anything is listed: what happens in between is told twice
    rather than never. A session does not mend itself: whatever breaks ends all of it, and the next
    one asks everything anew, since a broken stream does not tell what it has swallowed.
    """

    _log = Logger()

    def __init__(
        self,
        key: str,
        client: EngineClient,
        sync: Sync,
        position: Position,
        context: TrackingContext,
    ) -> None:
        self._key = key
        self._position = position
        self._context = context
        self._client = client
        self._sync = sync
        self._task_group = TaskGroup(context.clock)
        self._details = Details(key, sync, self._task_group, context)
        self._stream = EngineEventStream(client, position, self._event, self._unread, context.clock)
        self._health = HealthCheck(
            client.ask_ping, self._answered, self._suspected, client.late, context
        )
        self._refresh = Refresh(sync, self._reread_in_time, self._details.want_all, context)
        self._read_at = 0.0

    async def run(self) -> None:
        """Returns never.

        Raises:
            ApiError: The engine is lost.
            NotManageableError, RefusedError: It must not be used.
            SessionOverError: Begin anew.
        """
        try:
            await self._open()
            await self._task_group.watch()
        finally:
            self._task_group.cancel()
            self._stream.close()

    async def _open(self) -> None:
        context = self._context
        self._sync.forget()
        identity = await self._validate()
        await self._stream.open(identity.clock, context.timing.call)
        async with context.gates.lists:
            await self._sync.everything()
        context.dispatch(actions.EngineAnswered(self._key, context.now()))
        self._details.want_all()
        for work in (self._follow(), self._health.run(), self._refresh.run()):
            self._task_group.start(work)

    async def _validate(self) -> EngineIdentity:
        context = self._context
        engine = context.engines[self._key]
        before = engine.spec
        identity = await identify(self._client, context.now, before.clock_offset)
        await context.time_slices.turn()
        spec = identity.spec
        if spec.id != before.id:
            self._position.reset()
        self._client.speak(spec.api_min, spec.api_max)
        peer = self._client.link.peer
        context.dispatch(actions.EngineValidated(self._key, spec, context.now(), peer))
        if not spec.id or engine.spec.id != spec.id:
            raise RefusedError(engine.error)
        self._client.link.node = engine.name
        self._read_at = context.clock.seconds()
        return identity

    # Steady state

    async def _follow(self) -> None:
        """The stream breaks in the moment in which an engine dies; a ping tells whether it did."""
        try:
            await self._stream.ended()
        except ApiError as error:
            await self._client.ping(self._context.timing.ping)
            raise SessionOverError(error.message) from error

    async def _reread_in_time(self) -> None:
        if self._context.clock.seconds() - self._read_at >= self._context.timing.spec:
            await self._reread()

    async def _reread(self) -> None:
        """Its name, labels or size may have changed."""
        before = self._context.engines[self._key].spec.id
        if (await self._validate()).spec.id != before:
            raise SessionOverError("another engine answers there now")

    async def _reload(self) -> None:
        try:
            await self._reread()
        except ApiError as error:
            self._log.warn("{key}: not read again: {error}", key=self._key, error=error)

    # Events

    def _event(self, event: Event) -> None:
        self._health.sign_of_life()
        self._refresh.event()
        try:
            self._notify(event)
            self._act(event)
        except Exception:  # noqa: BLE001 - one bad record must not end the stream
            # Not the record: an exec's event has its whole command, with whatever is secret in it.
            self._log.failure("{key}: event of {type}", key=self._key, type=event.kind)

    def _unread(self, edges: bytes) -> None:
        """Listeners hear nothing of it; what it may have changed is asked for."""
        self._health.sign_of_life()
        event = event_of_edges(edges)
        if event is None:
            self._refresh.missed()
        else:
            self._log.info("{key}: an event is too long: {verb}", key=self._key, verb=event.verb)
            self._change(event)
            self._act(event)

    def _notify(self, event: Event) -> None:
        """Listeners first: nothing that is done about an event may delay it."""
        self._context.on_event(self._key, event.record)
        self._change(event)

    def _change(self, event: Event) -> None:
        context = self._context
        at, now = context.clock.seconds(), context.now()
        context.dispatch(actions.EventSeen(self._key, event, at, now))

    def _act(self, event: Event) -> None:
        engine = self._context.engines.get(self._key)
        if engine is None:
            return
        if _changes_itself(event):
            self._task_group.start(self._reload())
        elif event.kind == "container" and event.verb == "update":
            self._details.want([event.id])
        elif event.id in engine.dirty and event.id not in engine.containers:
            self._details.meet(event.id)

    # Health

    def _answered(self) -> None:
        engine = self._context.engines[self._key]
        if not engine.healthy:
            raise SessionOverError("it answers again")
        self._context.dispatch(actions.EngineAnswered(self._key, self._context.now()))

    def _suspected(self, error: ApiError) -> None:
        limit, now = self._context.timing.failure_retry, self._context.now()
        silent = is_silent(error)
        failed = actions.EngineFailed(self._key, cause(error), now, limit, silent=silent)
        self._context.dispatch(failed)


def _changes_itself(event: Event) -> bool:
    """Its configuration was read again, or it has just joined a swarm."""
    if event.kind == "daemon":
        return event.verb == "reload"
    joined = event.verb == "create" and event.attributes.get("name") == "ingress"
    return event.kind == "network" and joined
