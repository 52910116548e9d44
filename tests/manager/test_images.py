from __future__ import annotations

import orjson
import pytest

from swarmd.core.errors import ApiError, EngineUnreachable, NotFound, Unavailable
from swarmd.core.model import Engine
from swarmd.manager.doubts import outdated, unanswered, unasked
from swarmd.manager.fanout import Outcome
from swarmd.manager.images import removed, tagged, unreached
from swarmd.manager.in_turn import ask_in_turn, by_load
from swarmd.manager.narrow import engines_for
from swarmd.manager.plans import KEPT, Plans
from tests.manager.rig import Rig, result_of

GONE = [{"Untagged": "app:1"}, {"Deleted": "sha256:a"}]


def target(engine: Engine) -> bytes:
    return b"/v1.41/images/app"


def remove(rig: Rig) -> list:
    return orjson.loads(result_of(removed(rig.fleet, rig.fleet.healthy(), target)))


def test_what_all_removed_is_told_once() -> None:
    rig = Rig(3)
    rig.on_all("DELETE", "/images/app", (200, GONE))
    rig.wire(2).on("DELETE", "/images/app", (200, [*GONE, {"Deleted": "sha256:b"}]))
    assert remove(rig) == [*GONE, {"Deleted": "sha256:b"}]
    assert "images" in rig.engine(1).stale


def test_a_node_that_lost_it_meanwhile_is_no_failure() -> None:
    rig = Rig(2)
    rig.wire(1).on("DELETE", "/images/app", (200, GONE))
    rig.wire(2).on("DELETE", "/images/app", (404, {"message": "No such image"}))
    assert remove(rig) == GONE


def test_partial_failure_says_where_it_was_done() -> None:
    rig = Rig(3)
    rig.on_all("DELETE", "/images/app", (200, GONE))
    rig.wire(2).on("DELETE", "/images/app", (409, {"message": "in use"}))
    with pytest.raises(ApiError) as error:
        remove(rig)
    assert error.value.status == 409
    assert error.value.message == "node-2: in use (removed on node-1, node-3)"


@pytest.mark.parametrize("status", [404, 409])
def test_all_refuse(status: int) -> None:
    rig = Rig(2)
    rig.on_all("POST", "/images/app", (status, {"message": "no"}))
    with pytest.raises(ApiError) as error:
        result_of(tagged(rig.fleet, rig.fleet.healthy(), target))
    assert (error.value.status, error.value.message) == (status, "node-1, node-2: no")


def test_unreached_holders_are_named() -> None:
    rig = Rig(2)
    rig.has_image(2, "sha256:" + "a" * 64, "app:latest")
    assert unreached(rig.fleet, "app") == []
    rig.lose(2)
    assert unreached(rig.fleet, "app") == ["node-2: not done there, no answer"]


# One after the other


def ask(rig: Rig, **options: bool) -> tuple[int, bytes]:
    answer = result_of(ask_in_turn(rig.fleet, rig.fleet.healthy(), "GET", target, **options))
    return answer.status, answer.body


def test_the_next_one_is_asked_if_one_is_lost_or_in_trouble() -> None:
    rig = Rig(3)
    rig.wire(2).on("GET", "/images/app", (500, {"message": "disk"}))
    rig.wire(3).on("GET", "/images/app", (200, {"Id": "a"}))
    assert ask(rig) == (200, b'{"Id":"a"}')


def test_a_refusal_counts_unless_it_is_about_absence() -> None:
    rig = Rig(2)
    rig.wire(1).on("GET", "/images/app", (404, {"message": "no"}))
    rig.wire(2).on("GET", "/images/app", (200, {}))
    assert ask(rig)[0] == 404
    assert ask(rig, absent=True)[0] == 200


def test_nobody_answers() -> None:
    rig = Rig(2)
    with pytest.raises(EngineUnreachable, match="node-2"):
        ask(rig)
    rig.wire(1).on("GET", "/images/app", (500, {"message": "disk"}))
    assert ask(rig)[0] == 500
    with pytest.raises(Unavailable):
        ask(Rig(0))


def test_the_least_busy_is_asked_first() -> None:
    rig = Rig(2)
    rig.has_container(1, "a" * 64, "web")
    assert [engine.name for engine in by_load(rig.fleet)] == ["node-2", "node-1"]


# Which nodes


def test_constraints() -> None:
    rig = Rig(3)
    chosen = engines_for(rig.fleet, ["node!=node-2"])
    assert [engine.name for engine in chosen] == ["node-1", "node-3"]
    assert len(engines_for(rig.fleet, [])) == 3
    assert len(engines_for(rig.fleet, ["node==~nowhere"])) == 3, "soft"
    with pytest.raises(ApiError, match="node==nowhere"):
        engines_for(rig.fleet, ["node==nowhere"])
    with pytest.raises(Unavailable):
        engines_for(Rig(0).fleet, [])


# What is missing


def test_doubts() -> None:
    rig = Rig(3)
    assert outdated(rig.fleet, "images") == unasked(rig.fleet) == []
    rig.state.mark_stale(rig.engine(1).key, "images")
    rig.lose(2)
    assert outdated(rig.fleet, "images") == [
        "node-1: did not answer in time, so this may be out of date",
        "node-2: no answer",
    ]
    assert unasked(rig.fleet) == ["node-2: no answer"]
    outcomes = [Outcome(rig.engine(1), error=NotFound("no")), Outcome(rig.engine(3))]
    assert unanswered(outcomes) == ["node-1: no"]


# Pulls after creates


def test_the_pull_after_a_create_is_for_one_node_a_later_one_for_all() -> None:
    now = [0.0]
    plans = Plans(lambda: now[0])
    plans.note("me", "app:1", "key")
    assert plans.take_pull("you", "app:1") is None
    assert plans.take_pull("me", "app:1") == "key"
    assert plans.take_pull("me", "app:1") is None
    assert plans.find("me", "app:1") == "key", "the create still has to land there"
    plans.note("me", "app:1", "key")
    now[0] = KEPT + 1
    assert plans.take_pull("me", "app:1") is None
