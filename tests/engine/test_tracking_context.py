from __future__ import annotations

from tests.engine.scripted import Rig


def test_its_wheel_turns_with_the_heartbeat() -> None:
    rig = Rig(heartbeat=50.0)
    made: list[float] = []
    rig.context.wheel.after(0.2, lambda: made.append(rig.clock.seconds()))
    rig.pass_time(2.0)
    assert made == [1.0]


def test_other_pauses_count_in_all_that_has_it() -> None:
    rig = Rig(heartbeat=50.0)
    rig.context.retime(1.0, 7, 10.0, 20.0)
    timing = rig.context.timing
    assert (timing.heartbeat, timing.failure_retry) == (1.0, 7)
    assert (timing.refresh_min, timing.refresh_max) == (10.0, 20.0)
    made: list[float] = []
    rig.context.wheel.after(0.2, lambda: made.append(rig.clock.seconds()))
    rig.pass_time(0.3)
    assert len(made) == 1
