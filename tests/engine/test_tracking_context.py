from __future__ import annotations

from tests.engine.scripted import Rig


def test_its_wheel_turns_with_the_heartbeat() -> None:
    rig = Rig(heartbeat=50.0)
    made: list[float] = []
    rig.context.wheel.after(0.2, lambda: made.append(rig.clock.seconds()))
    rig.pass_time(2.0)
    assert made == [1.0]
