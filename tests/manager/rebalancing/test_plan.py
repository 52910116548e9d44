from __future__ import annotations

import pytest

from swarmd.cluster import actions as news
from swarmd.core.container.personal_labels import MOVE
from swarmd.core.errors import BadParameter
from tests.cluster.fleet import key_of
from tests.manager.rebalancing.rig import RebalanceRig, moves


def full(count: int = 6, policy: str = "spread") -> RebalanceRig:
    """All of them on node-1."""
    rig = RebalanceRig(policy)
    for number in range(count):
        rig.run(f"web{number}")
    return rig


def test_what_is_even_costs_no_call() -> None:
    rig = RebalanceRig()
    for number in (1, 2, 3):
        rig.run(f"web{number}", number)
    rig.run("web4", 1)
    plan = rig.plan()
    assert plan["Moves"] == [] and not plan["More"] and rig.fleet.calls == []


def test_the_full_one_gives_to_each_in_turn() -> None:
    plan = full().plan()
    assert sorted(to for _, _, to in moves(plan)) == ["node-2", "node-2", "node-3", "node-3"]
    after = {one["Name"]: one["After"]["Containers"] for one in plan["Nodes"]}
    assert after == {"node-1": 2, "node-2": 2, "node-3": 2}
    assert plan["Nodes"][0]["Before"]["Containers"] == 6


def test_no_more_than_was_asked_for() -> None:
    plan = full().plan(most=1)
    assert len(plan["Moves"]) == 1 and plan["More"]


def test_what_must_stay_stays() -> None:
    rig = RebalanceRig()
    for number in range(4):
        rig.run(f"web{number}", **{MOVE.replace(".", "_"): "never"})
    rig.run("ended", state="exited")
    assert rig.plan()["Moves"] == []


def test_constraints_are_heeded() -> None:
    rig = RebalanceRig()
    for number in range(6):
        made = rig.run(f"web{number}")
        wish = {"com.docker.swarm.constraints": '["node!=node-2"]'}
        rig.fleet.there[1][made]["Config"]["Labels"] = wish
    assert {to for _, _, to in moves(rig.plan())} == {"node-3"}


@pytest.mark.parametrize("cordoned", [1, 2])
def test_a_cordoned_node_neither_gives_nor_takes(cordoned: int) -> None:
    rig = full()
    rig.fleet.dispatch(news.EngineCordoned(key_of(cordoned), True))
    expected = {"node-3"} if cordoned == 2 else set()
    assert {to for _, _, to in moves(rig.plan())} == expected


def test_a_lost_node_takes_nothing() -> None:
    rig = full()
    rig.fleet.lose(3)
    plan = rig.plan()
    assert {to for _, _, to in moves(plan)} == {"node-2"}
    assert [one["Name"] for one in plan["Nodes"]] == ["node-1", "node-2"]


def test_a_strategy_that_draws_lots_has_no_notion() -> None:
    with pytest.raises(BadParameter, match="random"):
        full(policy="random").plan()


def test_binpack_empties_the_emptiest() -> None:
    rig = RebalanceRig("binpack")
    for number, name in ((1, "a"), (1, "b"), (2, "c"), (3, "d"), (3, "e")):
        rig.run(name, number)
    plan = rig.plan()
    after = sorted(one["After"]["Containers"] for one in plan["Nodes"])
    assert moves(plan)[0][:2] == ("c", "node-2") and after == [0, 0, 5]


def test_reservations_are_evened_out_first_and_kept_to() -> None:
    """Each takes 400 of a node's 1000 bytes: two have room on one node."""
    rig = RebalanceRig()
    for number in (1, 2):
        made = rig.run(f"big{number}")
        rig.fleet.there[1][made]["HostConfig"] = {"Memory": 400}
    rig.run("other", 2)
    rig.run("more", 2)
    rig.fleet.listing(1)
    assert moves(rig.plan()) == [("big1", "node-1", "node-3")]
