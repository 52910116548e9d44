"""This swarmd as one of several: its way to the store, its session there, and what follows from it.

Whoever needs agreement joins: at each joining, the first and those after a loss, everything that is
shared is read anew before anything else is done. Reads of clients never wait for it.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from time import perf_counter
from typing import Any

from twisted.application.service import Service
from twisted.internet.defer import CancelledError, Deferred, TimeoutError
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from swarmd.core.backoff import backoff
from swarmd.core.errors import Unavailable
from swarmd.core.index.histogram import Histogram
from swarmd.manager.membership.keys import FORMAT, THIS_FORMAT
from swarmd.store.interfaces import (
    Absent,
    CommitConflict,
    Condition,
    Put,
    Store,
    StoreLost,
    StoreSession,
    StoreUnsure,
    Write,
)

TTL = 10.0  # seconds that a session outlives its swarmd's last sign of life
WAIT = 5.0  # seconds for which a request waits for the store
RETRY, RETRY_CEILING = 0.25, 2.0  # seconds
_BOUNDS = (0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)  # seconds
_LONGEST_FORMAT = 32  # bytes that are shown of what stands there

Join = Callable[[], Coroutine[Any, Any, None]]


class ForeignFormatError(Exception):
    """What stands in the store was written by another version; the text says so."""


class Membership(Service):
    """The membership of this swarmd.

    Attributes:
        id: Of this process, and of no other.
        store: Which all share; only for who is joined.
        joining: What is done at each joining, in this order, before anybody may claim.
        on_join: Called when all of that is done.
        on_leave: Called as soon as the session is not certainly held any more.
        problem: Why it is not joined, in words; "" while it is.
        since: When that began, as seconds since 1970.
    """

    _log = Logger()

    def __init__(
        self,
        store: Store,
        clock: IReactorTime,
        now: Callable[[], float],
        jitter: Callable[[], float],
        member_id: str,
        ttl: float = TTL,
    ) -> None:
        self.id = member_id
        self.store = store
        self.ttl = ttl
        self.joining: list[Join] = []
        self.on_join: list[Callable[[], None]] = []
        self.on_leave: list[Callable[[], None]] = []
        self.problem = f"{store.name} was not reached yet"
        self.since = now()
        self.sessions = self.commits = self.conflicts = self.failures = 0
        self.times = Histogram(_BOUNDS)
        self._clock = clock
        self._now = now
        self._jitter = jitter
        self._session: StoreSession | None = None
        self._joined = False
        self._waiting: list[Deferred[None]] = []
        self._work: Deferred[None] | None = None
        self._pause: IDelayedCall | None = None

    # Whether it is one

    @property
    def joined(self) -> bool:
        """Whether its session is certainly held, and all that is shared was read."""
        return self._joined and self._session is not None and self._session.held()

    @property
    def session_id(self) -> str:
        return self._session.id if self._session is not None else ""

    async def wait(self) -> None:
        """Until it is joined, for some seconds.

        Raises:
            StoreLost: It is not, with the reason and since when.
        """
        if self.joined:
            return
        joined: Deferred[None] = Deferred()
        self._waiting.append(joined)
        timer = self._clock.callLater(WAIT, self._give_up, joined)
        try:
            await joined
        finally:
            if timer.active():
                timer.cancel()
            if joined in self._waiting:
                self._waiting.remove(joined)

    def _give_up(self, joined: Deferred[None]) -> None:
        self._waiting.remove(joined)
        joined.errback(StoreLost(self.complaint()))

    async def within_limit(self, work: Coroutine[Any, Any, None]) -> None:
        """What a client waits for, who is not left waiting for a store that is slow.

        Raises:
            Unavailable: It was not done in time; what was on its way may come to be.
        """
        try:
            await Deferred.fromCoroutine(work).addTimeout(WAIT, self._clock)
        except TimeoutError:
            name = self.store.name
            late = f"{name} did not agree within {WAIT:g} s, and may do so yet: look again"
            raise Unavailable(self.complaint() or late) from None

    def complaint(self) -> str:
        """What keeps swarmds from agreeing, and since when; "" if nothing does."""
        if self.joined:
            return ""
        outage = self.store.outage
        since, why = (outage.since, outage.reason) if outage else (self.since, self.problem)
        for_so_long = max(0, round(self._now() - since))
        return f"swarmds cannot agree for {for_so_long} s: {why or 'the session has ended'}"

    def notices(self) -> list[str]:
        """For ``docker info``."""
        text, outage = self.complaint(), self.store.outage
        if not text and outage is not None:
            for_so_long = max(0, round(self._now() - outage.since))
            text = f"the store does not answer as it should for {for_so_long} s: {outage.reason}"
        return [text] if text else []

    # Commits

    async def commit(self, conditions: Sequence[Condition], writes: Sequence[Write]) -> int:
        """As of ``Store``, but counted, and only while the session is certainly held.

        Raises:
            CommitConflict: Something else stands there.
            Unavailable: It was not done, or nobody knows.
        """
        if self._session is None or not self._session.held():
            raise Unavailable(self.complaint())
        began = perf_counter()
        self.commits += 1
        try:
            return await self.store.commit(conditions, writes)
        except CommitConflict:
            self.conflicts += 1
            raise
        except (StoreLost, StoreUnsure) as error:
            self.failures += 1
            raise Unavailable(str(error)) from None
        finally:
            self.times.observe(perf_counter() - began)

    # Joining

    def startService(self) -> None:
        super().startService()
        self._work = Deferred.fromCoroutine(self._run())
        self._work.addErrback(self._broke)

    def stopService(self) -> Deferred[None]:
        super().stopService()
        if self._work is not None:
            self._work.cancel()
        self._leave()
        return Deferred.fromCoroutine(self._close())

    async def _close(self) -> None:
        """Its keys go at once, so that others need not wait for the end of the session."""
        await self.store.close()

    def _broke(self, failure: Failure) -> None:
        if not failure.check(CancelledError):
            self._log.failure("this swarmd cannot join the others any more", failure)

    async def _run(self) -> None:
        attempt = 0
        while self.running:
            attempt += 1
            try:
                await self._join()
            except (
                StoreLost,
                StoreUnsure,
                ForeignFormatError,
                CommitConflict,
                Unavailable,
            ) as error:
                self._fail(str(error))
                wait = backoff(attempt, base=RETRY, ceiling=RETRY_CEILING, jitter=self._jitter)
                await self._rest(wait)
                continue
            attempt = 0
            await self._end_of_session()

    async def _join(self) -> None:
        session = await self.store.session(self.ttl)
        self._session = session
        self.sessions += 1
        await self._check_format()
        for join in self.joining:
            await join()
        if not session.held():
            raise StoreLost(f"{self.store.name}: the session ended before everything was read")
        self._joined = True
        if self.problem:
            self._log.info("joined the other swarmds by {store}", store=self.store.name)
        self.problem = ""
        for call in self.on_join:
            call()
        waiting, self._waiting = self._waiting, []
        for each in waiting:
            each.callback(None)

    async def _check_format(self) -> None:
        found = [each for each in (await self.store.read(FORMAT)).entries if each.key == FORMAT]
        if not found:
            await self.store.commit([Absent(FORMAT)], [Put(FORMAT, THIS_FORMAT)])
        elif found[0].value != THIS_FORMAT:
            shown = found[0].value[:_LONGEST_FORMAT].decode("ascii", "replace")
            raise ForeignFormatError(
                f"{self.store.name} has keys of format {shown!r}, and this swarmd knows "
                f"{THIS_FORMAT.decode()}: upgrade it, or use another prefix"
            )

    async def _end_of_session(self) -> None:
        ended: Deferred[None] = Deferred()
        assert self._session is not None
        self._session.on_end(lambda: None if ended.called else ended.callback(None))
        await ended
        self._fail("")
        self._leave()

    def _leave(self) -> None:
        if not self._joined:
            return
        self._joined = False
        for call in self.on_leave:
            call()

    def _fail(self, why: str) -> None:
        """Told when it begins, and when the reason is another."""
        outage = self.store.outage
        text = why or (outage.reason if outage else f"{self.store.name}: the session has ended")
        if text == self.problem:
            return
        if not self.problem or self.sessions == 0:
            self.since = self._now() if not self.problem else self.since
        self.problem = text
        self._log.warn(
            "swarmds cannot agree: {why}; creates and what operators change wait for that, "
            "everything else goes on",
            why=text,
        )

    async def _rest(self, seconds: float) -> None:
        rested: Deferred[None] = Deferred()
        self._pause = self._clock.callLater(seconds, rested.callback, None)
        try:
            await rested
        finally:
            if self._pause.active():
                self._pause.cancel()
