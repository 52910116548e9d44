from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from swarmd.core.container.container_state import Container, Demand, HostPort, Mount
from swarmd.core.index.tally import Tally

STATES = ("created", "running", "paused", "restarting", "removing", "exited", "dead")


def container(**fields: object) -> Container:
    return Container(**{"id": "a", "engine": "e1", **fields})


def test_what_has_ended_holds_nothing() -> None:
    demand = Demand(10**9, 64, (HostPort(80),), (("gpu", "0"),))
    tally = Tally()
    tally.add(container(state="exited", demand=demand))
    assert (tally.total, tally.cpus, tally.memory, tally.ports) == (1, 0, 0, {})
    tally.add(container(id="b", state="created", demand=demand))
    assert (tally.cpus, tally.memory) == (10**9, 64)
    assert tally.ports[80, "tcp"] == {"": 1} and tally.devices["gpu", "0"] == 1


def test_counts_are_those_of_an_engine() -> None:
    tally = Tally()
    for number, state in enumerate(STATES):
        tally.add(container(id=str(number), state=state))
    assert (tally.running, tally.paused, tally.total) == (2, 1, 7)
    assert tally.ids == set("0123456")


containers = st.builds(
    Container,
    id=st.text("ab", min_size=1, max_size=3),
    engine=st.just("e1"),
    names=st.lists(st.sampled_from(["web", "db"]), max_size=2).map(tuple),
    state=st.sampled_from(STATES),
    labels=st.dictionaries(st.sampled_from("kl"), st.sampled_from("vw"), max_size=2),
    demand=st.builds(
        Demand,
        st.integers(0, 9),
        st.integers(0, 9),
        st.lists(st.builds(HostPort, st.integers(1, 3), st.just("tcp")), max_size=2).map(tuple),
        st.lists(st.tuples(st.just("gpu"), st.sampled_from("01")), max_size=1).map(tuple),
    ),
)


@given(st.lists(containers, max_size=8, unique_by=lambda one: one.id), st.randoms())
def test_what_comes_and_goes_leaves_no_trace(listed: Sequence[Container], chance) -> None:
    tally = Tally()
    for one in listed:
        tally.add(one)
    for one in chance.sample(listed, len(listed)):
        tally.remove(one)
    assert tally == Tally()


def test_what_runs_or_is_being_started_has_its_own() -> None:
    demand = Demand(10**9, 64, (HostPort(80),), (("gpu", "0"),))
    tally = Tally()
    for number, state in enumerate(STATES):
        tally.add(container(id=str(number), state=state, demand=demand))
    assert (tally.memory, tally.up.memory) == (5 * 64, 3 * 64)
    tally.add(container(id="b", state="exited", starting=True, demand=demand))
    assert (tally.memory, tally.up.memory, tally.up.ports[80, "tcp"][""]) == (6 * 64, 4 * 64, 4)


def test_who_is_in_a_network_or_has_a_volume_in_whatever_state() -> None:
    tally = Tally()
    for number, state in enumerate(("running", "exited")):
        one = container(id=str(number), state=state, networks=(("web", "a1"),))
        tally.add(one._replace(mounts=(Mount("data", "/x", "/y"),)))
    assert (tally.networks["web"], tally.networks["a1"], tally.volumes["data"]) == (2, 2, 2)


def test_what_a_pending_one_is_to_have_is_not_used_yet() -> None:
    tally = Tally()
    tally.add(container(id="a", state="created", pending=True, networks=(("web", ""),)))
    assert not tally.networks and tally.total == 1


def test_those_that_leave_count_for_themselves() -> None:
    tally = Tally()
    one, two = container(id="a"), container(id="b")
    for each in (one, two):
        tally.add(each)
        tally.leave(each)
    assert tally.total == 0 and tally.leaving is not None and tally.leaving.ids == {"a", "b"}
    tally.stay(one)
    tally.stay(two)
    assert tally.ids == {"a", "b"} and tally.leaving is None
