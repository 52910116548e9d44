"""From a table of how engines stand to what is to be done next."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import pytest

from swarmd.manager.overlay.plan import SwarmStep, Verb, is_seen, next_steps
from swarmd.manager.overlay.standing import NodeStanding
from tests.manager.overlay.rig import lost, manager, outside, swarm, worker

FOREIGN = swarm((2,), id="F", ours=False)
ONE = swarm((1,))
THREE = swarm((1, 2, 3))
REPLACED = swarm((1, 2, 3, 4), down=(3,))


def steps(table: Sequence[NodeStanding], failed: Collection[str] = ()) -> list[str]:
    return [f"{one.verb} {one.name}" for one in next_steps(table, failed).steps]


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ([], []),
        ([outside(1)], ["init node-1"]),
        ([outside(10), outside(2)], ["init node-2"]),
        ([outside(1, closed=("2377/tcp is closed",)), outside(2)], ["init node-2"]),
        ([outside(1, wanted=False), lost(2, state="inactive"), outside(3)], ["init node-3"]),
        ([manager(1, ONE), outside(2)], ["join node-2"]),
        (
            [manager(1, ONE), outside(2), outside(3), outside(4)],
            ["join as manager node-2", "join as manager node-3", "join node-4"],
        ),
        ([manager(number, THREE) for number in (1, 2, 3)], []),
        (
            [*(manager(number, THREE) for number in (1, 2, 3)), outside(4)],
            ["join node-4"],
        ),
        (
            [
                *(manager(one, swarm((1, 2, 3), (4,), down=(3,))) for one in (1, 2)),
                lost(3),
                worker(4),
            ],
            ["promote node-4"],
        ),
        ([*(manager(one, REPLACED) for one in (1, 2, 4)), lost(3)], ["demote node-3"]),
        ([*(manager(one, swarm((1, 2, 3), down=(3,))) for one in (1, 2)), lost(3)], []),
        ([manager(1, ONE), lost(2, state="inactive")], []),
        ([manager(2, FOREIGN), outside(1)], ["init node-1"]),
        ([manager(1, ONE), outside(2), outside(3), manager(4, FOREIGN)],
         ["join as manager node-2", "join as manager node-3"]),
    ],
)  # fmt: skip
def test_what_comes_next(table: list[NodeStanding], expected: list[str]) -> None:
    assert steps(table) == expected
    assert steps(table[::-1]) == expected, "in whatever order engines are listed"


def test_what_failed_is_not_tried_again() -> None:
    assert steps([outside(1), outside(2)], ["k1"]) == ["init node-2"]
    assert steps([manager(1, ONE), outside(2)], ["k2"]) == []


def test_an_engine_that_came_again_by_itself_leaves_no_entry_behind() -> None:
    home = swarm((1,), (2,), down=(2,))
    assert steps([manager(1, home), outside(2)]) == ["remove node-2", "join node-2"]
    assert steps([manager(1, home), lost(2)]) == [], "it is only away"


def test_a_node_whose_managers_are_none_any_more_joins_anew() -> None:
    orphan = worker(2, remotes=("10.0.0.1",))
    assert steps([outside(1), orphan]) == ["init node-1"]
    moved = manager(1, swarm((1,), id="N"))
    assert steps([moved, orphan]) == [], "its old manager may know it yet"
    assert steps([manager(3, swarm((3,), id="N")), outside(1), orphan])[-2:] == [
        "leave node-2",
        "join as manager node-2",
    ]


def test_so_does_a_manager_whose_fellows_all_have_left() -> None:
    alone = manager(2, None, remotes=("10.0.0.1", "10.0.0.2"))
    assert steps([outside(1), alone]) == ["init node-1"]
    assert next_steps([lost(1), alone]).problem, "its fellow may come back"


def test_a_step_is_seen_when_managers_tell_of_it() -> None:
    joined, promoted = (SwarmStep(v, "k2", "node-2") for v in (Verb.JOIN, Verb.PROMOTE))
    for home, expected in (
        (swarm((1,)), (False, False)),
        (swarm((1,), (2,), down=(2,)), (False, False)),
        (swarm((1,), (2,)), (True, False)),
        (swarm((1, 2), down=(2,)), (False, False)),
        (swarm((1, 2)), (True, True)),
    ):
        table = [manager(1, home), worker(2)]
        assert (is_seen(joined, table), is_seen(promoted, table)) == expected


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (lost(2), "does not answer: timeout"),
        (manager(2, swarm((2,), id="F", ours=False, services=2)),
         "runs 2 services in a swarm of its own"),
        (manager(2, FOREIGN), "is in a swarm that swarmd has not made"),
        (worker(2), "is in a swarm that swarmd has not made"),
        (worker(2, state="error", error="no\xa0disk"), "its swarm mode is in state error"),
        (worker(2, state="locked"), "no reason given"),
        (outside(2, wanted=False), "the constraints leave it out"),
        (outside(2, address=""), "give it the label overlay-address=ADDRESS"),
        (outside(2, closed=("7946/tcp is closed",)), "cannot be reached: 7946/tcp is closed"),
    ],
)  # fmt: skip
def test_who_is_left_alone_is_told_why(one: NodeStanding, why: str) -> None:
    plan = next_steps([manager(1, ONE), one])
    assert not plan.steps and why in plan.left["k2"]


def test_of_two_swarms_of_ours_the_larger_stays() -> None:
    other = swarm((3,), id="T")
    plan = next_steps([manager(1, THREE), manager(2, THREE), manager(3, other, node_id="x")])
    assert plan.home is THREE and "another swarm that a swarmd has made" in plan.left["k3"]


def test_no_second_swarm_is_made_while_the_managers_of_one_are_away() -> None:
    headless = next_steps([manager(1, None), outside(2)])
    assert not headless.steps and "has no leader" in headless.problem
    away = next_steps([lost(1), worker(2, remotes=("10.0.0.1",)), outside(3)])
    assert not away.steps
    assert away.problem == "node-1 does not answer, and is a manager of the swarm of node-2"
