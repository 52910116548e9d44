from tests.manager.overlay.rig import lost, outside, worker


def test_only_who_answers_and_is_in_no_swarm_is_outside() -> None:
    assert outside(1).outside
    assert not worker(1).outside and not lost(1, state="inactive").outside
