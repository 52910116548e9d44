from __future__ import annotations

from swarmd.core.container.kept_identity import KeptIdentity
from swarmd.manager.moving.interim_copies import ABANDONED, InterimCopies
from tests.cluster.fleet import full_id
from tests.manager.scripted import ScriptedFleet

OLD = full_id(1)
KEPT = KeptIdentity(OLD, "f00d", "ENGINE-1", "web")


class Rig:
    """A copy on the second engine; the original may be on the first."""

    def __init__(self, *, original: bool) -> None:
        self.fleet = ScriptedFleet()
        self.copies = InterimCopies(self.fleet)
        self.copies.startService()
        made = self.fleet.make(1, {"Image": "busybox"}, "web")
        assert made == OLD
        if not original:
            del self.fleet.there[1][OLD]
        self.own = self.fleet.make(
            2, {"Image": "busybox", "Labels": KEPT.labels()}, KEPT.interim_name
        )

    def meet(self) -> list[str]:
        self.fleet.listing(1)
        self.fleet.listing(2)
        return self.fleet.obey()

    @property
    def shown(self) -> dict[str, str]:
        state = self.fleet.state
        return {one.id: state.engines[one.engine].name for one in state.containers.values()}


def test_without_the_old_one_it_is_the_container() -> None:
    rig = Rig(original=False)
    assert rig.meet() == ["GET 1 json", "POST 2 rename", "GET 2 json"]
    assert rig.shown == {OLD: "node-2"} and rig.fleet.names(2) == {"web": "created"}
    assert rig.fleet.state.containers[OLD].name == "web"


def test_beside_the_old_one_it_is_removed_in_time() -> None:
    """Another swarmd may just be at it."""
    rig = Rig(original=True)
    assert rig.meet() == ["GET 1 json"]
    assert rig.shown == {OLD: "node-1"}
    rig.fleet.clock.advance(ABANDONED)
    assert rig.fleet.obey() == ["GET 1 json", f"DELETE 2 {rig.own}"]
    assert rig.fleet.names(2) == {} and rig.fleet.names(1) == {"web": "created"}
    assert not rig.fleet.state.catalogue.interim


def test_nothing_is_done_as_long_as_nobody_knows() -> None:
    rig = Rig(original=False)
    rig.fleet.lose(1)
    rig.fleet.listing(2)
    assert rig.fleet.obey() == [] and rig.shown == {}
    rig.fleet.bring_back(1)
    rig.fleet.listing(2)
    rig.fleet.obey()
    assert rig.shown == {OLD: "node-2"}


def test_a_name_that_is_taken_there_is_tried_again() -> None:
    rig = Rig(original=False)
    rig.fleet.make(2, {"Image": "busybox"}, "web")
    assert rig.meet() == ["GET 1 json", "POST 2 rename"]
    assert OLD not in rig.shown
    rig.fleet.there[2] = {rig.own: rig.fleet.there[2][rig.own]}
    rig.fleet.clock.advance(ABANDONED)
    rig.fleet.obey()
    assert rig.shown.get(OLD) == "node-2"


def test_the_end_of_the_service() -> None:
    rig = Rig(original=True)
    rig.fleet.listing(2)
    rig.copies.stopService()
    rig.fleet.listing(2)
    rig.fleet.clock.advance(2 * ABANDONED)
