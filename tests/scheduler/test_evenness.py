from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarmd.scheduler.evenness import (
    NOTIONS,
    Bearer,
    Burden,
    fullness,
    improves,
    improves_zones,
)

CPU = 10**9
ONE = Burden(1)


def node(containers: int = 0, cpus: float = 0, weight: float = 1.0, zone: str = "") -> Bearer:
    """Of 4 CPUs and 4 bytes."""
    return Bearer("", 4 * CPU, 4, weight, zone, Burden(containers, cpus * CPU))


@pytest.mark.parametrize(
    ("giver", "taker", "burden", "better"),
    [
        (node(3), node(1), ONE, True),
        (node(2), node(1), ONE, False),  # they would but change roles
        (node(4), node(2), ONE, True),
        (node(4), node(1), Burden(4), False),
        (node(2, weight=1), node(3, weight=2), ONE, False),
        (node(4, weight=1), node(3, weight=2), ONE, True),
        (node(1, cpus=3), node(5, cpus=1), Burden(1, 1 * CPU), True),  # the load counts first
        (node(5, cpus=1), node(1, cpus=3), Burden(1, 1 * CPU), False),
        (node(2, cpus=0.02), node(0), Burden(1, 0.01 * CPU), True),  # a little load is none
        (node(5, cpus=2), node(1, cpus=3.5), ONE, True),  # who asks for nothing is no load
    ],
)
def test_spread(giver: Bearer, taker: Bearer, burden: Burden, better: bool) -> None:
    assert improves(NOTIONS["spread"], giver, taker, burden) is better


@pytest.mark.parametrize(
    ("giver", "taker", "better"), [(1, 3, True), (2, 2, True), (3, 1, False), (1, 0, False)]
)
def test_binpack_fills_what_is_full(giver: int, taker: int, better: bool) -> None:
    assert improves(NOTIONS["binpack"], node(giver), node(taker), ONE) is better
    order = sorted([node(1), node(3)], key=lambda one: fullness(NOTIONS["binpack"], one))
    assert [one.bears.containers for one in order] == [1, 3]


def test_usage_that_differs_a_little_moves_nothing() -> None:
    giver = Bearer("", 4 * CPU, 4, bears=Burden(9, used_cpus=3 * CPU))
    assert not improves(NOTIONS["spread:usage"], giver, node(), Burden(1, used_cpus=0.3 * CPU))
    assert improves(NOTIONS["spread:usage"], giver, node(), Burden(1, used_cpus=1 * CPU))


def test_zones() -> None:
    a, b = node(zone="a"), node(zone="b")
    assert improves_zones({"a": 5, "b": 1}, a, b, 1) == 1
    assert improves_zones({"a": 2, "b": 1}, a, b, 1) == 0
    assert improves_zones({"a": 1, "b": 1}, a, b, 1) == -1
    assert improves_zones({"a": 9}, a, a, 1) == 0


CPUS, WEIGHTS = st.sampled_from([0.0, 0.5, 1.0]), st.sampled_from([1.0, 2.0, 0.5])
NODES = st.lists(st.tuples(st.integers(0, 6), CPUS, WEIGHTS), min_size=2, max_size=5)


@given(NODES, st.sampled_from(sorted(NOTIONS)), st.randoms(use_true_random=False))
def test_any_row_of_improvements_ends(nodes: list, strategy: str, chance: object) -> None:
    """Whichever container goes wherever it is better: after so many moves nothing is better."""
    notion = NOTIONS[strategy]
    there = [[Burden(1, cpus * CPU, 0, cpus * CPU)] * count for count, cpus, _ in nodes]
    weights = [weight for _, _, weight in nodes]

    def bearer(number: int) -> Bearer:
        borne = Burden()
        for one in there[number]:
            borne = borne.plus(one)
        return Bearer(str(number), 4 * CPU, 4, weights[number], "", borne)

    def possible() -> list[tuple[int, int, Burden]]:
        return [
            (a, b, one)
            for a in range(len(nodes))
            for b in range(len(nodes))
            for one in set(there[a])
            if a != b and improves(notion, bearer(a), bearer(b), one)
        ]

    for _ in range(500):
        moves = possible()
        if not moves:
            return
        a, b, one = chance.choice(moves)  # type: ignore[attr-defined]
        there[a].remove(one)
        there[b].append(one)
    raise AssertionError(f"no end: {there}")
