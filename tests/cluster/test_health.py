from __future__ import annotations

from swarmd.cluster.actions import EngineAnswered, EngineFailed, EngineListed
from swarmd.cluster.state import State
from swarmd.core.model import Health
from tests.cluster.fleet import NOW, join


def test_validated_is_not_yet_healthy() -> None:
    state = State()
    engine = join(state, healthy=False)
    assert (engine.name, engine.health, engine.updated) == ("node-1", Health.PENDING, NOW)
    state.dispatch(EngineAnswered(engine.key, NOW + 1))
    assert (engine.health, engine.since, engine.error) == (Health.HEALTHY, NOW + 1, "")


def test_an_answer_of_an_engine_that_was_never_validated_means_nothing() -> None:
    state = State()
    state.dispatch(EngineListed("k", "host:2375"))
    state.dispatch(EngineAnswered("k", NOW))
    assert state.engines["k"].health is Health.PENDING


def test_failures_add_up_until_the_limit() -> None:
    state = State()
    engine = join(state)
    for _ in range(2):
        state.dispatch(EngineFailed(engine.key, "timeout", NOW + 5))
    assert engine.healthy and engine.error == "timeout"
    state.dispatch(EngineFailed(engine.key, "timeout", NOW + 6))
    assert (engine.health, engine.since, engine.failures) == (Health.UNHEALTHY, NOW + 6, 3)
    state.dispatch(EngineFailed(engine.key, "refused", NOW + 7))
    assert (engine.error, engine.since) == ("refused", NOW + 6)
    state.dispatch(EngineAnswered(engine.key, NOW + 8))
    assert (engine.healthy, engine.failures, engine.since) == (True, 0, NOW + 8)


def test_a_fatal_failure_counts_at_once() -> None:
    state = State()
    engine = join(state)
    state.dispatch(EngineFailed(engine.key, "gone", NOW, fatal=True))
    assert engine.health is Health.UNHEALTHY


def test_a_failure_before_validation_leaves_it_pending() -> None:
    state = State()
    state.dispatch(EngineListed("k", "host:2375"))
    state.dispatch(EngineFailed("k", "refused", NOW, fatal=True))
    assert (state.engines["k"].health, state.engines["k"].error) == (Health.PENDING, "refused")
