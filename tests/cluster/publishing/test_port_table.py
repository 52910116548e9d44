from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from swarmd.cluster.publishing.claims import BALANCE, PUBLISH_LABEL, claims
from swarmd.cluster.publishing.frontend import Port
from swarmd.core.container.container_state import Container, Published
from swarmd.core.ports.port_wish import PortWish
from tests.cluster.publishing.rig import (
    FIRST,
    LAST,
    Doors,
    chosen,
    container,
    engine,
    table,
)

SHARED = {PUBLISH_LABEL: BALANCE}


def numbers(made: Any, name: str) -> list[int]:
    return sorted(made.numbers(name).values())


def test_a_fixed_port_is_that_port_here() -> None:
    made = table()
    made.put(engine(), container("a", (80, 8080)))
    assert made.numbers("a") == {(80, "tcp", 8080): 8080}
    assert made.frontends[Port(8080, "tcp")].choose().host == "10.0.0.1"


def test_ports_that_engines_choose_alike_are_different_ones_here() -> None:
    doors = Doors()
    made = table(doors)
    for number in range(1, 5):
        made.put(engine(number), chosen(f"c{number}", (80, 32768)))
    given = {numbers(made, f"c{number}")[0] for number in range(1, 5)}
    assert len(given) == 4 and all(FIRST <= each <= LAST for each in given)
    assert {port.number for port in doors.listening} == given


def test_a_chosen_port_is_the_same_in_a_new_process() -> None:
    first, second = table(), table()
    for made in (first, second):
        made.put(engine(), chosen("a", (80, 32768)))
    assert first.numbers("a") == second.numbers("a")


def test_it_is_the_same_after_a_restart_that_moved_it_on_its_node() -> None:
    made = table()
    made.put(engine(), chosen("a", (80, 32768)))
    before = numbers(made, "a")
    made.put(engine(), chosen("a", (80, 40000)))
    assert numbers(made, "a") == before
    assert made.frontends[Port(before[0], "tcp")].choose().port == 40000


def test_who_comes_later_does_not_get_it_and_gets_it_when_it_is_free() -> None:
    made = table()
    made.put(engine(1), container("a", (80, 8080)))
    made.put(engine(2), container("b", (80, 8080)))
    assert made.numbers("b") == {}
    assert made.unmet["b"].taken.holder == "a"
    assert made.refusal(engine(3), container("c", (80, 8080), state="exited")).holder == "a"
    made.drop("a")
    assert numbers(made, "b") == [8080] and made.unmet == {}


def test_a_strangers_port_is_refused_and_of_ones_own_range_passed_over() -> None:
    doors = Doors(Port(8080, "tcp"), *(Port(n, "tcp") for n in range(FIRST, LAST)))
    made = table(doors)
    taken = made.refusal(engine(), container("a", (80, 8080), state="created"))
    assert (taken.holder, taken.reason) == ("", "somebody has it")
    made.put(engine(), chosen("b", (80, 32768)))
    assert numbers(made, "b") == [LAST]
    made.put(engine(), chosen("c", (80, 32769)))  # nothing is left
    assert made.numbers("c") == {} and "c" in made.unmet


def test_what_can_be_opened_is_not_refused_and_not_left_open() -> None:
    doors = Doors()
    made = table(doors)
    assert made.refusal(engine(), container("a", (80, 8080), state="created")) is None
    assert doors.listening == set()


def test_of_a_range_each_gets_another() -> None:
    made, wishes = table(), (PortWish(80, "tcp", 8000, 8002),)
    for number in (1, 2, 3, 4):
        made.put(engine(number), container(f"c{number}", (80, 8000), wishes=wishes))
    assert [numbers(made, f"c{n}") for n in (1, 2, 3, 4)] == [[8000], [8001], [8002], []]


def test_a_start_is_refused_when_nothing_of_its_range_is_left() -> None:
    doors = Doors(Port(8002, "tcp"))
    made, span = table(doors), (PortWish(80, "tcp", 8000, 8002),)
    late = container("late", state="created", published=(), wishes=span)
    made.put(engine(1), container("a", (80, 8000), wishes=span))
    assert made.refusal(engine(3), late) is None
    made.put(engine(2), container("b", (80, 8001)))
    taken = made.refusal(engine(3), late)
    assert (taken.port, taken.last, taken.holder) == (Port(8000, "tcp"), 8002, "a")
    made.drop("a")
    assert made.refusal(engine(3), late) is None
    twice = late._replace(wishes=(*span, PortWish(81, "tcp", 8000, 8002)))
    assert made.refusal(engine(3), twice).last == 8002
    assert doors.listening == {Port(8001, "tcp")}


def test_two_starts_at_the_last_of_a_range_do_not_both_get_it() -> None:
    made, span = table(), (PortWish(80, "tcp", 8000, 8001),)
    made.put(engine(1), container("a", (80, 8000), wishes=span))
    late = container("b", state="created", published=(), wishes=span)
    made.put(engine(2), late._replace(starting=True))
    assert made.refusal(engine(3), late._replace(id="c")).last == 8001


def test_of_a_range_the_engines_choice_is_taken_once_it_is_told() -> None:
    doors = Doors()
    made, span = table(doors), (PortWish(80, "tcp", 8000, 8002),)
    one = container("a", published=(), wishes=span)
    made.put(engine(), one._replace(state="created", starting=True))
    assert made.frontends.keys() == {Port(8000, "tcp")}
    made.put(engine(), one._replace(published=(Published(80, 8002, "tcp"),)))
    assert numbers(made, "a") == [8002] and doors.listening == {Port(8002, "tcp")}
    made.put(engine(), one._replace(published=(Published(80, 8001, "tcp"),)))
    assert numbers(made, "a") == [8002], "clients know it by now"


def test_balanced_ones_share_a_port_with_their_like_alone() -> None:
    made = table()
    made.put(engine(1), container("a", (80, 8080), labels=SHARED))
    made.put(engine(2), container("b", (80, 8080), labels=SHARED))
    made.put(engine(3), container("c", (80, 8080)))
    assert numbers(made, "a") == numbers(made, "b") == [8080]
    assert made.numbers("c") == {}
    assert (
        made.refusal(engine(3), container("d", (80, 8080), state="created", labels=SHARED)) is None
    )
    made.drop("a")
    assert [one.key.container for one in made.frontends[Port(8080, "tcp")].backends.values()] == [
        "b"
    ]


def test_a_start_holds_its_ports_until_it_has_failed() -> None:
    made = table()
    one = container("a", state="created", starting=True, wishes=(PortWish(80, "tcp", 80, 80),))
    made.put(engine(), one)
    assert made.frontends.keys() == {Port(80, "tcp")}
    made.put(engine(), one._replace(starting=False, refused=True))
    assert made.frontends == {}


def test_one_that_was_told_to_stop_is_not_chosen_until_it_runs_again() -> None:
    made = table()
    one = container("a", (80, 8080), labels=SHARED)
    made.put(engine(), one)
    made.leave("a")
    (backend,) = made.frontends[Port(8080, "tcp")].backends.values()
    made.put(engine(), one)
    assert backend.leaving
    made.put(engine(), one._replace(starting=True))
    assert not backend.leaving
    made.leave("unknown")


def test_a_lost_node_gives_its_ports_up_and_has_them_again() -> None:
    doors = Doors()
    made, one = table(doors), container("a", (80, 8080))
    made.put(engine(), one)
    made.put(engine(healthy=False), one)
    assert doors.listening == set() and not made.holds("a")
    made.put(engine(), one)
    assert doors.listening == {Port(8080, "tcp")}


NUMBERS = st.integers(8000, 8003)


@st.composite
def containers(draw: st.DrawFn) -> Container:
    private, public = 80, draw(NUMBERS)
    wish = draw(st.sampled_from(["fixed", "range", "any", "unknown"]))
    first, last = {"fixed": (public, public), "range": (8000, 8003)}.get(wish, (0, 0))
    wishes = (PortWish(private, "tcp", first, last),) if first else ()
    ip = draw(st.sampled_from(["", "", "", "127.0.0.1"]))
    return container(
        draw(st.sampled_from("abcd")),
        published=draw(st.sampled_from([(), (Published(private, public, "tcp", ip),)])),
        wishes=None if wish == "unknown" else wishes,
        state=draw(st.sampled_from(["running", "running", "exited", "created", "paused"])),
        starting=draw(st.booleans()),
        labels=draw(st.sampled_from([{}, SHARED])),
    )


@given(st.lists(st.tuples(containers(), st.booleans(), st.booleans()), max_size=20))
def test_whatever_happens_every_port_is_ones_or_of_those_who_share(
    history: list[tuple[Container, bool, bool]],
) -> None:
    doors = Doors(Port(8003, "tcp"), Port(FIRST, "tcp"))
    made = table(doors)
    known: dict[str, tuple[Any, Container]] = {}
    for one, healthy, gone in history:
        before = {name: made.numbers(name) for name in known if name != one.id}
        if gone:
            made.drop(one.id)
            known.pop(one.id, None)
        else:
            known[one.id] = engine(healthy=healthy), one
            made.put(*known[one.id])
        for name, had in before.items():  # nobody loses what it has
            assert had.items() <= made.numbers(name).items()
        check(made, doors, known)


def check(made: Any, doors: Doors, known: dict[str, tuple[Any, Container]]) -> None:
    assert doors.listening == made.frontends.keys()
    for port, frontend in made.frontends.items():
        owners = {key.container for key in frontend.backends}
        assert owners and (len(owners) == 1 or frontend.balanced)
        for key in frontend.backends:
            first, last = (key.first, key.last) if key.first else (FIRST, LAST)
            assert first <= port.number <= last
    for name, (where, one) in known.items():
        wanted = {claim.key for claim in claims(where, one)}
        has = {key for each in made.frontends.values() for key in each.backends if key[0] == name}
        assert has <= wanted
        assert has == wanted or name in made.unmet
