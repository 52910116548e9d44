from swarmd.publishing import limits


def test_one_port_cannot_take_all_connections() -> None:
    assert limits.OF_A_PORT < limits.OF_ALL


def test_a_listener_is_tried_for_as_long_as_a_dial_may_take() -> None:
    assert limits.RETRY * limits.TRIES >= limits.DIAL
