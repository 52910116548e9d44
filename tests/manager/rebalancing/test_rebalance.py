from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swarmd.cluster import actions as news
from swarmd.core.errors import BadParameter, Conflict, NotFound, Unavailable
from swarmd.manager.rebalancing.rebalance import KEPT
from tests.cluster.fleet import key_of
from tests.manager.rebalancing.rig import RebalanceRig
from tests.manager.rebalancing.test_plan import full


def test_a_plan_is_carried_out_as_shown_and_the_next_is_empty() -> None:
    rig = full()
    plan = rig.plan()
    done = rig.run_plan(plan)
    assert done.lines[-1] == {
        "Done": True, "Stopped": False, "Moved": 4, "Stays": 0, "Failed": 0,
    }  # fmt: skip
    for move in plan["Moves"]:
        assert rig.fleet.names(int(move["To"][-1]))[move["Name"]] == "running"
    assert rig.counts() == [2, 2, 2] and rig.plan()["Moves"] == []


@settings(deadline=None, max_examples=25)
@given(st.lists(st.integers(1, 3), max_size=9), st.sampled_from(["spread", "binpack"]))
def test_it_converges(places: list[int], strategy: str) -> None:
    rig = RebalanceRig(strategy)
    for number, place in enumerate(places):
        rig.run(f"web{number}", place)
    plan = rig.plan()
    if plan["Moves"]:
        rig.run_plan(plan)
    assert sum(rig.counts()) == len(places) and rig.plan()["Moves"] == []
    if strategy == "spread":
        assert max(rig.counts()) - min(rig.counts()) <= 1


def test_who_leaves_ends_it_behind_the_move_under_way() -> None:
    rig = full()
    plan = rig.plan()
    rebalance = rig.rebalancer.run(plan["ID"])
    heard: list[Any] = []
    rebalance.follow(heard.append)
    while rig.fleet.obey_one() != "POST 1 stop":
        pass
    rebalance.stop()
    rig.fleet.obey()
    assert rebalance.lines[-1]["Stopped"] and rebalance.lines[-1]["Moved"] == 1
    assert [line["Status"] for line in heard] == ["moving"]
    assert sum(rig.counts()) == 6 and rig.counts()[0] == 5


def test_another_process_takes_over_behind_the_move_under_way_and_who_asked_hears_it() -> None:
    rig = full()
    plan, other = rig.plan(), rig.plan()
    rebalance = rig.rebalancer.run(plan["ID"])
    heard: list[Any] = []
    rebalance.follow(heard.append)
    while rig.fleet.obey_one() != "POST 1 stop":
        pass
    ended = rig.rebalancer.pause()
    assert not ended.called
    rig.fleet.obey()
    assert ended.called and heard[-1]["Stopped"] and heard[-1]["Moved"] == 1
    assert rig.rebalancer.pause().called
    with pytest.raises(Unavailable):
        rig.rebalancer.run(other["ID"])
    rig.rebalancer.resume()
    rig.rebalancer.run(other["ID"])
    rig.fleet.obey()


def test_a_plan_is_carried_out_once_and_one_at_a_time() -> None:
    rig = full()
    first, second = rig.plan(), rig.plan()
    rig.rebalancer.run(first["ID"])
    with pytest.raises(Conflict):
        rig.rebalancer.run(second["ID"])
    rig.fleet.obey()
    for plan_id in (first["ID"], "other"):
        with pytest.raises(NotFound):
            rig.rebalancer.run(plan_id)


def test_an_old_plan_is_none() -> None:
    rig = full()
    plan = rig.plan()
    rig.fleet.clock.advance(KEPT)
    with pytest.raises(NotFound):
        rig.rebalancer.run(plan["ID"])


@pytest.mark.parametrize("most", [0, 101])
def test_plans_have_a_bound(most: int) -> None:
    with pytest.raises(BadParameter):
        RebalanceRig().plan(most)


def test_what_has_changed_since_the_plan_is_left_alone() -> None:
    rig = full()
    plan = rig.plan()
    rig.fleet.dispatch(news.EngineCordoned(key_of(2), True))
    gone = next(one for one in plan["Moves"] if one["To"] == "node-3")
    del rig.fleet.there[1][gone["Container"]]
    rig.fleet.listing(1)
    done = rig.run_plan(plan)
    counts = {key: done.lines[-1][key] for key in ("Moved", "Stays", "Failed")}
    assert counts == {"Moved": 1, "Stays": 3, "Failed": 0}
    reasons = {line["Reason"] for line in done.lines if "Reason" in line}
    assert "node-2 does not give or take containers any more" in reasons
    assert f"{gone['Name']} is not there any more" in reasons


def test_a_move_that_fails_goes_back() -> None:
    rig = full(3)
    plan = rig.plan(most=1)
    rebalance = rig.rebalancer.run(plan["ID"])
    while not rig.fleet.calls[0].path.endswith("/start"):
        rig.fleet.obey_one()
    rig.fleet.calls.pop(0).answer(500, {"message": "port is taken"})
    rig.fleet.obey()
    assert rebalance.lines[-1]["Failed"] == 1 and "port is taken" in rebalance.lines[-2]["Reason"]
    assert rig.counts() == [3, 0, 0] and set(rig.fleet.names(1).values()) == {"running"}


def test_the_end_of_swarmd_ends_it() -> None:
    rig = full()
    rig.rebalancer.startService()
    plan = rig.plan()
    rebalance = rig.rebalancer.run(plan["ID"])
    rig.rebalancer.stopService()
    rig.fleet.calls.clear()
    assert "Done" not in rebalance.lines[-1]
