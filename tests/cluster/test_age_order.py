from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from swarmd.cluster import age_order
from swarmd.cluster.age_order import AgeOrder

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["add", "remove", "read", "spoil"]), st.integers(0, 30), st.floats(0, 9)
    ),
    max_size=60,
)


@given(STEPS)
def test_in_order_whatever_comes_and_goes(steps: list[tuple[str, int, float]]) -> None:
    order, there = AgeOrder(), dict[str, float]()

    def check() -> None:
        read = order.newest_first(there.items)
        assert sorted(read) == sorted(there)
        seconds = [there[one] for one in read]
        assert seconds == sorted(seconds, reverse=True)

    for step, number, second in steps:
        one = f"c{number}"
        if step == "add" and one not in there:
            order.add(one, second)
            there[one] = second
        elif step == "remove" and one in there:
            order.remove(one, there.pop(one))
        elif step == "spoil":
            order.spoil()
        elif step == "read":
            check()
    check()


def test_many_changes_are_sorted_at_once() -> None:
    order, there = AgeOrder(), dict[str, float]()
    for number in range(age_order._MANY + 5):
        there[f"c{number}"] = float(number)
        order.add(f"c{number}", float(number))
    assert order.newest_first(there.items)[0] == f"c{age_order._MANY + 4}"


def test_what_did_not_change_is_not_made_again() -> None:
    order = AgeOrder()
    order.add("a", 1.0)
    first = order.newest_first(list)
    assert order.newest_first(list) is first == ["a"]
