from hypothesis import given
from hypothesis import strategies as st

from swarmd.core.index.bits import Holders, bits_of, flagged, slots

SETS = st.sets(st.integers(0, 200))


@given(SETS)
def test_there_and_back(chosen: set[int]) -> None:
    bits = bits_of(chosen, 201)
    assert bits == sum(1 << slot for slot in chosen)
    assert list(slots(bits)) == sorted(chosen)


def test_nothing_of_nothing() -> None:
    assert list(slots(0)) == []
    assert bits_of([], 0) == flagged([]) == 0


@given(st.lists(st.tuples(st.integers(0, 6), st.sampled_from("abc")), max_size=40))
def test_holders_are_those_that_have_it_whatever_came_before(flips: list[tuple[int, str]]) -> None:
    holders: Holders[str] = Holders()
    expected: dict[str, set[int]] = {"a": set(), "b": set(), "c": set()}
    for slot, value in flips:
        holders.flip(slot, [value])
        expected[value] ^= {slot}
    kept = {value: having for value, having in expected.items() if having}
    assert {value: set(slots(bits)) for value, bits in holders.items()} == kept
    assert len(holders) == len(kept)
    for value, having in expected.items():
        assert set(slots(holders.of(value))) == having
    assert set(slots(holders.where(lambda value: value != "b"))) == expected["a"] | expected["c"]


def test_a_lone_holder_far_up_costs_a_small_number() -> None:
    holders: Holders[str] = Holders()
    holders.flip(9_999, ["id"])
    assert holders.of("id") == 1 << 9_999
    assert holders._found["id"].bit_length() < 64


@given(
    st.lists(st.tuples(st.integers(0, 6), st.sampled_from(["a", "ab", "abc", "b"])), max_size=30),
    st.sampled_from(["", "a", "ab", "abcd", "b", "c"]),
)
def test_those_that_have_a_text_that_begins_so(flips: list[tuple[int, str]], prefix: str) -> None:
    holders: Holders[str] = Holders()
    for slot, value in flips:
        holders.flip(slot, [value])
        expected = holders.where(lambda value: value.startswith(prefix))
        assert holders.starting(prefix) == expected


def test_which_of_some_values_anybody_has() -> None:
    holders: Holders[str] = Holders()
    holders.flip(3, ["a", "b"])
    assert holders.held(frozenset({"b", "c"})) == {"b"}
