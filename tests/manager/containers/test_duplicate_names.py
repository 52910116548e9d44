from __future__ import annotations

from swarmd.cluster.actions import ContainerGone
from swarmd.manager.containers.duplicate_names import INTERVAL, DuplicateNames
from tests.hostile.rig import logged
from tests.manager.rig import Rig

ONE, TWO, THREE = "a" * 64, "b" * 64, "c" * 64


def rig_of_twins() -> tuple[Rig, DuplicateNames]:
    rig = Rig(2)
    rig.has_container(1, ONE, "web")
    rig.has_container(2, TWO, "web")
    rig.has_container(2, THREE, "db")
    return rig, DuplicateNames(rig.state, rig.clock)


def test_docker_info_tells_which_and_where() -> None:
    rig, duplicates = rig_of_twins()
    (notice,) = duplicates.notices()
    assert notice.startswith("several containers have the name web (node-1, node-2): ")
    rig.fleet.dispatch(ContainerGone(rig.engine(2).key, TWO))
    assert duplicates.notices() == []


def test_the_log_tells_once_of_what_stays() -> None:
    rig, duplicates = rig_of_twins()
    duplicates.startService()
    with logged() as log:
        rig.clock.advance(INTERVAL)
        assert log == []  # it may be a move that is under way
        rig.clock.pump([INTERVAL] * 3)
        assert log == ["several containers have the name web (node-1, node-2)"]
        rig.fleet.dispatch(ContainerGone(rig.engine(2).key, TWO))
        rig.clock.pump([INTERVAL] * 2)
        rig.has_container(2, "d" * 64, "web")
        rig.clock.pump([INTERVAL] * 2)
    assert len(log) == 2
    duplicates.stopService()
    assert rig.clock.getDelayedCalls() == []


def test_many_are_one_line() -> None:
    rig, duplicates = rig_of_twins()
    for number in range(20):
        rig.has_container(1, f"{number:064}", f"n{number:02}")
        rig.has_container(2, f"{number + 100:064}", f"n{number:02}")
    (notice,) = duplicates.notices()
    assert "n04 (node-1, node-2) and 16 more: " in notice
