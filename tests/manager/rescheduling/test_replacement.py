from __future__ import annotations

import pytest

from swarmd.cluster import actions as news
from tests.cluster.fleet import key_of
from tests.manager.rescheduling.rig import ON, Rig


def test_one_that_comes_back_during_the_create_keeps_its_container() -> None:
    rig = Rig()
    rig.lose()
    assert len(rig.fleet.calls) == 1
    rig.fleet.bring_back(1)
    rig.fleet.obey()
    assert rig.fleet.names(1) == {"web": "running"} and rig.everywhere() == ["web"]
    assert rig.operator_state.book.losses == rig.operator_state.book.tombstones == {}


def test_one_that_comes_back_during_the_start_loses_it() -> None:
    rig = Rig()
    rig.lose()
    rig.fleet.act(rig.fleet.calls.pop())
    (start,) = rig.fleet.calls
    rig.fleet.bring_back(1)
    assert rig.fleet.calls == [start]
    assert rig.fleet.obey() == ["POST 2 start", f"DELETE 1 {rig.old}"]
    assert rig.everywhere() == ["web"] and rig.operator_state.book.tombstones == {}


@pytest.mark.parametrize("back", [False, True])
def test_what_has_its_tombstone_is_started_by_whoever_goes_on(back: bool) -> None:
    """One swarmd stops between the tombstone and the start: the old one may not win any more."""
    rig = Rig()
    rig.lose()
    rig.fleet.act(rig.fleet.calls.pop())
    rig.rescheduler.stand_by()
    rig.fleet.calls.clear()
    if back:
        rig.fleet.bring_back(1)
    rig.rescheduler.take_up()
    old = [f"DELETE 1 {rig.old}"] if back else []
    assert sorted(rig.fleet.obey()) == [*old, "POST 2 start"]
    assert rig.fleet.names(2) == {"web": "running"}
    assert rig.operator_state.book.losses == {}


def test_a_refused_start_is_undone_and_the_old_one_may_live() -> None:
    rig = Rig()
    rig.lose()
    rig.fleet.act(rig.fleet.calls.pop())
    rig.fleet.calls.pop().answer(500)
    assert [call.method for call in rig.fleet.calls] == ["DELETE"]
    rig.fleet.bring_back(1)
    rig.fleet.obey()
    assert rig.fleet.names(1) == {"web": "running"} and rig.everywhere() == ["web"]
    assert "error" in rig.events[0]["Actor"]["Attributes"]


def test_without_room_it_waits_for_room() -> None:
    rig = Rig()
    full = [rig.run(f"full{n}", {}, n, Memory=900) for n in (2, 3)]
    big = rig.run("big", ON, 1, Memory=500)
    rig.lose()
    rig.fleet.obey()
    assert rig.everywhere().count("big") == 1
    assert [e["Actor"]["Attributes"]["name"] for e in rig.events if "error" in str(e)] == ["big"]
    del rig.fleet.there[3][full[1]]
    rig.fleet.dispatch(news.ContainerGone(key_of(3), full[1]))
    rig.fleet.clock.advance(1.0)
    rig.fleet.obey()
    assert rig.fleet.names(3).get("big") == "running" and big in rig.operator_state.book.tombstones


def test_volumes_stop_it_with_a_reason() -> None:
    rig = Rig()
    rig.fleet.there[1][rig.old]["Mounts"] = [
        {"Type": "volume", "Name": "data", "Destination": "/d"}
    ]
    rig.fleet.listing(1)
    rig.lose()
    assert rig.fleet.calls == [] and rig.operator_state.book.losses == {}
    assert "volume data" in rig.events[0]["Actor"]["Attributes"]["error"]
