from __future__ import annotations

from collections import Counter, deque

import pytest
from twisted.internet.defer import Deferred

from swarmd.core.index.usage import assumed
from swarmd.manager.fleet.placer import Placer
from swarmd.manager.usage.sampler import AGAIN, AT_ONCE, PER_MINUTE, TURN, UsageSampler
from swarmd.scheduler.registry import make_policy
from tests.cluster.fleet import key_of
from tests.manager.scripted import Call, ScriptedFleet

BODY = {"cpu_stats": {"cpu_usage": {"total_usage": 0}}, "memory_stats": {"usage": 100}}


class Rig:
    def __init__(self, engines: int = 3, each: int = 2, strategy: str = "spread:usage") -> None:
        self.fleet = ScriptedFleet(engines)
        for number in range(1, engines + 1):
            for index in range(each):
                made = self.fleet.make(number, {"Image": "busybox"}, f"web{number}-{index}")
                self.fleet.there[number][made]["State"] = {"Status": "running", "Running": True}
            self.fleet.listing(number)
        self.placer = Placer(self.fleet, make_policy(strategy), lambda: 0)
        self.sampler = UsageSampler(self.fleet, self.placer)
        self.sampler.startService()

    def turns(self, seconds: float, answer: bool = True) -> list[Call]:
        asked: list[Call] = []
        for _ in range(int(seconds / TURN)):
            self.fleet.clock.advance(TURN)
            assert len(self.fleet.calls) <= AT_ONCE
            asked += self.fleet.calls
            if answer:
                for call in self.fleet.calls:
                    call.answer(200, BODY)
                self.fleet.calls.clear()
        return asked


def test_nobody_is_asked_as_long_as_nobody_wants_to_know() -> None:
    assert Rig(strategy="spread").turns(120) == []


def test_each_container_once_a_minute() -> None:
    rig = Rig()
    asked = rig.turns(AGAIN)
    assert len(asked) == 6 and len({call.path for call in asked}) == 6
    assert asked[0].query == {"stream": "false", "one-shot": "true"}
    assert len(rig.turns(AGAIN)) == 6
    measured = rig.fleet.state.engines[key_of(1)].usage
    assert measured is not None and (measured.cpus, measured.memory) == (0, 200)


def test_a_hundred_engines_of_twenty_containers() -> None:
    """How often they are asked: no engine more than so often in any minute, all of them in turn."""
    rig = Rig(100, 20)
    asked_at: dict[int, deque[float]] = {number: deque() for number in range(1, 101)}
    most = total = 0
    for _ in range(int(120 / TURN)):
        for call in rig.turns(TURN):
            times = asked_at[call.engine]
            times.append(rig.fleet.clock.seconds())
            while times[0] <= times[-1] - 60:
                times.popleft()
            most, total = max(most, len(times)), total + 1
    assert most <= PER_MINUTE and total == rig.sampler.calls
    assert 2_500 < total <= 4_000  # in two minutes: 33 a second at most
    containers = rig.fleet.state.containers.values()
    assert rig.sampler.book.fresh(containers, rig.fleet.clock.seconds()) == 2000


def test_an_engine_has_one_call_at_a_time() -> None:
    rig = Rig()
    asked = Counter(call.engine for call in rig.turns(2, answer=False)[-3:])
    assert asked == {1: 1, 2: 1, 3: 1}


@pytest.mark.parametrize("answer", [(404, None), (200, {"cpu_stats": []}), (200, []), None])
def test_what_cannot_be_measured_counts_as_it_is_assumed(answer: tuple | None) -> None:
    rig = Rig(1, 1)
    rig.turns(1, answer=False)
    (call,) = rig.fleet.calls
    rig.fleet.calls.clear()
    if answer is None:
        call.break_off()
    else:
        call.answer(*answer)
    (container,) = rig.fleet.state.containers.values()
    assert rig.sampler.use_of(container) == assumed(container.demand)
    assert rig.turns(AGAIN - 10) == [] and len(rig.turns(20)) == 1


def test_hostile_numbers_are_cut() -> None:
    rig = Rig(1, 1)
    rig.turns(1, answer=False)
    numbers = {
        "cpu_stats": {"cpu_usage": {"total_usage": 1 << 62}},
        "memory_stats": {"usage": 1 << 62},
    }
    rig.fleet.calls.pop().answer(200, numbers)
    (container,) = rig.fleet.state.containers.values()
    spec = rig.fleet.state.engines[key_of(1)].spec
    assert rig.sampler.use_of(container) == (spec.cpus * 1e9, spec.memory)


def test_who_asks_gets_numbers_and_keeps_it_going_for_a_while() -> None:
    rig = Rig(strategy="spread")
    done: list[None] = []
    Deferred.fromCoroutine(rig.sampler.want()).addCallback(done.append)
    assert done == []
    rig.turns(5)
    assert done == [None] and rig.sampler.calls == 6
    rig.turns(600)
    calls = rig.sampler.calls
    assert calls <= 6 * 6
    engine = rig.fleet.state.engines[key_of(1)]
    assert engine.usage is None and len(rig.sampler.book) == 0
    rig.turns(120)
    assert rig.sampler.calls == calls


def test_who_asks_does_not_wait_for_an_engine_that_hangs() -> None:
    rig = Rig(strategy="spread")
    done: list[None] = []
    Deferred.fromCoroutine(rig.sampler.want()).addCallback(done.append)
    rig.turns(11, answer=False)
    assert done == [None]


def test_the_end_of_swarmd_leaves_no_call() -> None:
    rig = Rig()
    rig.turns(1, answer=False)
    rig.sampler.stopService()
    rig.fleet.calls.clear()
    assert rig.turns(60) == []
