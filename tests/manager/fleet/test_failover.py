from __future__ import annotations

import pytest

from swarmd.core.errors import EngineUnreachable, Unavailable
from swarmd.core.model import Engine
from swarmd.manager.fleet.failover import ask_with_failover, by_load
from tests.manager.rig import Rig, result_of


def target(engine: Engine) -> bytes:
    return b"/v1.41/images/app"


def ask(rig: Rig, **options: bool) -> tuple[int, bytes]:
    answer = result_of(ask_with_failover(rig.fleet, rig.fleet.healthy(), "GET", target, **options))
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
