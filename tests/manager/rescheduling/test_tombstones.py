from __future__ import annotations

import pytest

from swarmd.cluster import actions as news
from swarmd.core.container.personal_labels import PROOF, REPLACES
from swarmd.core.errors import Conflict
from swarmd.manager.moving.replacement_label import labels_of_replacement
from swarmd.manager.moving.set_aside import aside_name
from tests.cluster.fleet import key_of
from tests.manager.rescheduling.rig import GRACE, ON, Rig
from tests.manager.rig import result_of


def test_the_old_one_is_hidden_and_removed_when_it_is_back() -> None:
    rig = Rig()
    rig.lose()
    rig.fleet.obey()
    rig.fleet.bring_back(1)
    assert rig.old not in rig.fleet.state.containers
    assert rig.fleet.obey() == [f"DELETE 1 {rig.old}"]
    assert rig.everywhere() == ["web"] and rig.operator_state.book.tombstones == {}


def test_forgotten_ones_are_removed_when_they_are_back() -> None:
    rig = Rig()
    engine = rig.fleet.state.engines[key_of(1)]
    container = rig.fleet.state.containers[rig.old]
    with pytest.raises(Conflict):
        result_of(rig.rescheduler.forget(container, engine))
    rig.lose(wait=1.0)
    result_of(rig.rescheduler.forget(container, engine))
    assert not rig.fleet.state.name_taken("web")
    rig.fleet.clock.advance(GRACE)
    assert rig.fleet.calls == []
    rig.fleet.bring_back(1)
    assert rig.fleet.obey() == [f"DELETE 1 {rig.old}"]


def test_without_a_tombstone_people_decide() -> None:
    """As after a restart without a state file: a label alone is no proof, whoever wrote it."""
    rig = Rig()
    new = rig.run("web", {**ON, REPLACES: rig.old}, 2)
    for number in (1, 2):
        rig.fleet.lose(number)
    rig.fleet.bring_back(1)
    rig.fleet.bring_back(2)
    assert rig.fleet.calls == [] and rig.fleet.names(1) == {"web": "running"}
    node = rig.fleet.state.engines[key_of(1)]
    assert node.warnings == (
        "container web is on node-1 and on node-2, where a label says that it replaces the other, "
        "but there is no record of that: remove node-1/web or node-2/web",
    )
    (event,) = rig.events
    assert event["Action"] == "reschedule"
    assert event["Actor"]["Attributes"]["error"] == node.warnings[0]
    rig.fleet.dispatch(news.ContainerGone(key_of(2), new))
    assert node.warnings == ()


@pytest.mark.parametrize(("name", "replaces"), [("other", True), ("web", False)])
def test_no_doubt_no_word(name: str, replaces: bool) -> None:
    rig = Rig()
    rig.run(name, {**ON, **({REPLACES: rig.old} if replaces else {})}, 2)
    for number in (1, 2):
        rig.fleet.lose(number)
    rig.fleet.bring_back(1)
    rig.fleet.bring_back(2)
    assert rig.fleet.calls == [] and rig.events == []
    assert rig.fleet.state.engines[key_of(1)].warnings == ()


@pytest.mark.parametrize("ours", [True, False])
def test_half_a_move_of_which_nothing_is_known_is_told_too(ours: bool) -> None:
    """As after a restart, without a state file, in the middle of a drain."""
    rig = Rig()
    old = rig.fleet.state.containers[rig.old]
    rig.fleet.there[1][rig.old]["Name"] = "/" + aside_name(old)
    rig.fleet.listing(1)
    labels = (
        labels_of_replacement(rig.operator_state.key(), rig.old) if ours else {REPLACES: rig.old}
    )
    rig.run("web", labels, 2)
    rig.fleet.lose(2)
    rig.fleet.bring_back(2)
    warnings = rig.fleet.state.engines[key_of(1)].warnings
    assert bool(warnings) is not ours and rig.fleet.calls == []
    assert ours or f"remove node-1/{aside_name(old)} or node-2/web" in warnings[0]


@pytest.mark.parametrize("ours", [True, False])
def test_only_what_swarmd_made_is_taken_for_a_stray(ours: bool) -> None:
    """Of two replacements, the one that never started goes: but not one with a written label."""
    rig = Rig()
    rig.lose()
    rig.fleet.obey()
    labels = (
        labels_of_replacement(rig.operator_state.key(), rig.old) if ours else {REPLACES: rig.old}
    )
    stray = rig.fleet.make(3, {"Image": "busybox", "Labels": labels}, "web-2")
    rig.fleet.listing(3)
    rig.fleet.lose(3)
    rig.fleet.bring_back(3)
    assert rig.fleet.obey() == ([f"DELETE 3 {stray}"] if ours else [])


def test_a_forged_replacement_is_not_taken_for_done() -> None:
    """An engine says that it has the new one already, and would have the old one removed."""
    rig = Rig()
    forged = rig.run("fake", {REPLACES: rig.old, PROOF: "0" * 64}, 3)
    rig.lose()
    assert rig.fleet.obey() == ["POST 2 create", "POST 2 start"]
    assert rig.operator_state.book.tombstones[rig.old].replacement not in ("", forged)


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
@pytest.mark.parametrize("ours", [True, False])
def test_one_that_was_just_made_when_swarmd_was_killed_goes(
    ours: bool, order: tuple[int, int]
) -> None:
    """There was no time to bury the old one, and it is back."""
    rig = Rig()
    labels = (
        labels_of_replacement(rig.operator_state.key(), rig.old) if ours else {REPLACES: rig.old}
    )
    new = rig.run("web", labels, 2)
    rig.fleet.there[2][new]["State"] = {"Status": "created"}
    rig.fleet.listing(2)
    for number in (1, 2):
        rig.fleet.lose(number)
    for number in order:
        rig.fleet.bring_back(number)
    assert rig.fleet.obey() == ([f"DELETE 2 {new}"] if ours else [])
    assert rig.fleet.names(1) == {"web": "running"}
