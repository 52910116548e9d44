from swarmd.cluster.publishing.claims import ClaimKey
from swarmd.cluster.publishing.frontend import Backend, Frontend, Port


def backend(name: str, port: int = 80, **changes: object) -> Backend:
    key = ClaimKey(name, 80, "tcp", 80, 80, 0)
    one = Backend(key, "10.0.0.1", port, port, balanced=True)
    for field, value in changes.items():
        setattr(one, field, value)
    return one


def frontend(*backends: Backend) -> Frontend:
    return Frontend(Port(80, "tcp"), {one.key: one for one in backends})


def test_the_least_loaded_is_chosen() -> None:
    busy, idle = backend("a", connections=2), backend("b", connections=1)
    assert frontend(busy, idle).choose() is idle
    assert frontend(busy, idle).choose([idle]) is busy
    assert frontend(busy, idle).connections == 3


def test_equals_take_turns() -> None:
    one, two = backend("a"), backend("b")
    made, taken = frontend(one, two), []
    for _ in range(4):
        chosen = made.choose()
        assert chosen is not None
        made.take(chosen)
        chosen.connections -= 1
        taken.append(chosen)
    assert taken == [one, two, one, two]


def test_one_that_is_not_ready_is_chosen_only_if_there_is_no_other() -> None:
    sick, well = backend("a", ready=False), backend("b", connections=9)
    assert frontend(sick, well).choose() is well
    assert frontend(sick).choose() is sick


def test_one_that_was_told_to_stop_comes_last() -> None:
    going, sick = backend("a", leaving=True), backend("b", ready=False)
    assert frontend(going, sick).choose() is sick


def test_there_is_none_before_an_engine_has_told() -> None:
    assert frontend(backend("a", port=0)).choose() is None


def test_it_is_balanced_if_all_want_that() -> None:
    assert frontend(backend("a"), backend("b")).balanced
    assert not frontend(backend("a"), backend("b", balanced=False)).balanced
    assert str(Port(53, "udp")) == "53/udp"
