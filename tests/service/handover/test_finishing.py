from twisted.internet.task import Clock

from swarmd.service.handover.finishing import Finishing


def test_it_ends_when_the_last_connection_is_gone() -> None:
    clock, left, ended = Clock(), [2], list[float]()
    finishing = Finishing(
        clock, lambda: left[0], lambda: 600, lambda: ended.append(clock.seconds())
    )
    finishing.startService()
    clock.pump([0.1] * 20)
    assert ended == []
    left[0] = 0
    clock.advance(0.1)
    assert len(ended) == 1 and clock.getDelayedCalls() == []


def test_it_ends_after_the_drain_time_which_may_change_meanwhile() -> None:
    clock, limit, ended = Clock(), [600.0], list[float]()
    finishing = Finishing(clock, lambda: 1, lambda: limit[0], lambda: ended.append(clock.seconds()))
    finishing.startService()
    clock.pump([1] * 5)
    assert ended == []
    limit[0] = 3
    clock.advance(1)
    assert ended == [6]
