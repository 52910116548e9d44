"""Asks engines what their containers use: a call now and then, and only as long as it is wanted.

It is wanted by ``--strategy spread:usage``, and for some minutes by who has just asked. An engine
gets one call at a time, and so many a minute at most; so does the fleet in each turn. Who was asked
longest ago comes first.
"""

from __future__ import annotations

from itertools import islice

from twisted.application.service import Service
from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater
from twisted.logger import Logger
from twisted.python.failure import Failure

from swarmd.cluster import actions as news
from swarmd.core.container.container_state import Container
from swarmd.core.container.resources import ONE_CPU
from swarmd.core.container.stats import read_stats
from swarmd.core.errors import ApiError
from swarmd.core.index.usage import assumed
from swarmd.core.model import Engine, NodeUsage
from swarmd.manager.fleet.answers import accepted, read_answer
from swarmd.manager.fleet.fleet import Fleet
from swarmd.manager.fleet.placer import Placer
from swarmd.manager.usage.book import UsageBook
from swarmd.timers.periodic import Periodic

STRATEGY = "spread:usage"
PER_MINUTE = 40  # calls to one engine
AT_ONCE = 32  # calls of the fleet that are begun in one turn
TURN = 0.25  # seconds
AGAIN = 60.0  # seconds after which a container is measured again
_WANTED = 300.0  # seconds for which an asker keeps it going
_PATIENCE = 10.0  # seconds that who asks first waits for numbers
_ASK = 10.0  # seconds for an answer
_LARGEST = 256 << 10  # bytes of one


class UsageSampler(Service):
    """The sampler of the whole fleet.

    Attributes:
        book: What was measured.
        calls: How many calls were made.
    """

    _log = Logger()

    def __init__(self, fleet: Fleet, placer: Placer) -> None:
        self.book = UsageBook()
        self.calls = 0
        self._fleet = fleet
        self._placer = placer
        self._wanted_until = float("-inf")
        self._rights: dict[str, tuple[float, float]] = {}  # calls that are left, and since when
        self._busy: dict[str, Deferred[None]] = {}  # by the engine's key
        self._tried: dict[str, float] = {}  # when each container was asked for last
        self._turns = 0
        self._periodic = Periodic(fleet.clock, TURN, self.turn, failed="measuring usage")

    def startService(self) -> None:
        super().startService()
        self._periodic.startService()

    def stopService(self) -> None:
        super().stopService()
        self._periodic.stopService()
        for call in list(self._busy.values()):
            call.cancel()

    def use_of(self, container: Container) -> tuple[float, float]:
        """Nano-CPUs and bytes."""
        return self.book.use_of(container, self._now())

    async def want(self) -> None:
        """Keeps it going for a while; returns when there are numbers, or after some seconds."""
        self._wanted_until = self._now() + _WANTED
        end = self._now() + _PATIENCE
        while self._now() < end and self._missing():
            await deferLater(self._fleet.clock, TURN)

    def _missing(self) -> bool:
        """Whether one was never asked for, or is just being."""
        due = (self._due(engine, all_of_them=False) for engine in self._fleet.healthy())
        return bool(self._busy) or any(due)

    @property
    def _wanted(self) -> bool:
        return self._placer.policy.strategy == STRATEGY or self._now() < self._wanted_until

    # Turns

    def turn(self) -> None:
        engines = self._fleet.healthy()
        if not self._wanted:
            self._forget()
            return
        self._turns += 1
        start = self._turns * AT_ONCE % max(1, len(engines))
        order = (*engines[start:], *engines[:start])
        able = ((engine, due) for engine in order if (due := self._next(engine)) is not None)
        for engine, container in islice(able, AT_ONCE):
            self._begin(engine, container)
        if self._turns % int(AGAIN / TURN) == 0:
            there = self._fleet.state.containers.keys()
            self.book.keep(there)
            self._tried = {key: at for key, at in self._tried.items() if key in there}

    def _forget(self) -> None:
        """Nobody wants to know: old numbers must not count."""
        if self._tried:
            self.book.keep(())
            self._tried.clear()
            self._rights.clear()
            for engine in self._fleet.state.engines.values():
                if engine.usage is not None:
                    self._fleet.state.dispatch(news.EngineMeasured(engine.key, None))

    def _next(self, engine: Engine) -> Container | None:
        if engine.key in self._busy or not self._has_right(engine.key):
            return None
        return self._due(engine, all_of_them=True)

    def _due(self, engine: Engine, *, all_of_them: bool) -> Container | None:
        """The running one that was measured longest ago, or never, if that is long enough."""
        running = (one for one in engine.containers.values() if one.running)
        oldest = min(running, key=self._at, default=None)
        if oldest is None:
            return None
        at = self._tried.get(oldest.id)
        due = at is None or (all_of_them and self._now() - at >= AGAIN)
        return oldest if due else None

    def _at(self, one: Container) -> float:
        return self._tried.get(one.id, float("-inf"))

    def _has_right(self, key: str) -> bool:
        """Takes one of the calls that an engine gets in a minute, if one is left."""
        now = self._now()
        left, since = self._rights.get(key, (PER_MINUTE / 2, now))
        left = min(PER_MINUTE / 2, left + (now - since) * PER_MINUTE / 2 / 60)
        self._rights[key] = left, now
        return left >= 1

    # Calls

    def _begin(self, engine: Engine, container: Container) -> None:
        left, since = self._rights[engine.key]
        self._rights[engine.key] = left - 1, since
        self.calls += 1
        self._tried[container.id] = self._now()
        work = Deferred.fromCoroutine(self._measure(engine, container))
        self._busy[engine.key] = work
        work.addErrback(self._failed, container)
        work.addBoth(lambda _: self._busy.pop(engine.key, None))

    async def _measure(self, engine: Engine, container: Container) -> None:
        answer = await self._fleet.call(
            engine, "GET", "containers", container.id, "stats",
            query=[("stream", "false"), ("one-shot", "true")], timeout=_ASK, limit=_LARGEST,
        )  # fmt: skip
        found = read_answer(engine.name, accepted(engine.name, answer).body, dict)
        stats = read_stats(found)
        stats = stats._replace(memory=min(stats.memory, engine.spec.memory))
        engine_now = self._fleet.now() - engine.spec.clock_offset
        age = engine_now - container.started_at if container.started_at else AGAIN
        self.book.put(container.id, stats, self._now(), age, engine.spec.cpus * ONE_CPU)
        self._sum_up(engine)

    def _sum_up(self, engine: Engine) -> None:
        containers = engine.containers.values()
        used = self.book.sums(containers, self._now())
        counted = [assumed(one.demand) for one in containers if one.holds]
        taken = sum(cpus for cpus, _ in counted), sum(memory for _, memory in counted)
        measured = NodeUsage(*map(int, (*used, *taken)))
        self._fleet.state.dispatch(news.EngineMeasured(engine.key, measured))

    def _failed(self, failure: Failure, container: Container) -> None:
        """One that has just ended, an engine that is lost, or numbers that are none."""
        if failure.check(ApiError, ValueError) is None:
            self._log.failure("measuring {name}", failure, name=container.name)

    def _now(self) -> float:
        return self._fleet.clock.seconds()
