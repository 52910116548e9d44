from __future__ import annotations

from swarmd.cluster import actions as news
from swarmd.cluster.history import INTERVAL, SLOTS, SPAN, History, Sample, SampleRing, sample
from swarmd.core.model import Health
from tests.cluster.fleet import NOW, fleet, key_of


def at(moment: float, health: Health = Health.HEALTHY) -> Sample:
    return Sample(moment, 1.5e9, 256.0, 1.0, 2.0, health)


def test_a_ring_keeps_what_it_got_in_order() -> None:
    ring = SampleRing()
    assert (list(ring), ring.last, len(ring)) == ([], None, 0)
    ring.add(at(1))
    ring.add(at(2, Health.UNHEALTHY))
    assert list(ring) == [at(1), at(2, Health.UNHEALTHY)]
    assert ring.last == at(2, Health.UNHEALTHY)


def test_a_ring_never_grows() -> None:
    ring = SampleRing()
    for number in range(3 * SLOTS + 7):
        ring.add(at(number))
    assert len(ring) == SLOTS
    assert [one.moment for one in ring] == [*range(2 * SLOTS + 7, 3 * SLOTS + 7)]


def test_the_last_hour_ends_now_and_leaves_out_what_is_older() -> None:
    state, history = fleet(1), History()
    engine = state.engines[key_of(1)]
    for number in range(SLOTS):
        history.record([engine], NOW + number * INTERVAL)
    now = NOW + SPAN + 10 * INTERVAL
    found = history.of(engine, now)
    assert found[0].moment >= now - SPAN and found[-1].moment == now
    assert len(found) < SLOTS


def test_an_engine_that_is_not_there_any_more_is_forgotten() -> None:
    state, history = fleet(2), History()
    one, two = (state.engines[key_of(number)] for number in (1, 2))
    history.record([one, two], NOW)
    history.record([one], NOW + 1)
    assert len(history.of(one, NOW + 2)) == 3
    assert len(history.of(two, NOW + 2)) == 1


def test_a_fall_between_two_samples_is_seen() -> None:
    state = fleet(1)
    engine = state.engines[key_of(1)]
    before = sample(engine, None, NOW + 1)
    state.dispatch(news.EngineFailed(key_of(1), "gone", NOW + 2, fatal=True))
    assert sample(engine, before, NOW + 3).health is Health.UNHEALTHY
    state.dispatch(news.EngineAnswered(key_of(1), NOW + 4))
    after = sample(engine, before, NOW + 5)
    assert engine.healthy and after.health is Health.UNHEALTHY
    assert sample(engine, after, NOW + 6).health is Health.HEALTHY
