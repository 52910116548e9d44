import pytest

from swarmd.core.errors import ApiError
from swarmd.manager.system.prune import prune
from tests.manager.rig import Rig, result_of


def pruned(rig: Rig) -> dict:
    return result_of(prune(rig.fleet, lambda engine: "/v1.41/things/prune", "ThingsDeleted"))


def test_the_union_and_the_sum() -> None:
    rig = Rig(3)
    answers = [["a"], None, ["b", "c"]]
    for number, deleted in enumerate(answers, start=1):
        body = {"ThingsDeleted": deleted, "SpaceReclaimed": number}
        rig.wire(number).on("POST", "/things/prune", (200, body))
    assert pruned(rig) == {"ThingsDeleted": ["a", "b", "c"], "SpaceReclaimed": 6}


@pytest.mark.parametrize("nothing", [None, []])
def test_nothing_is_said_as_the_engines_say_it(nothing: list | None) -> None:
    rig = Rig(2)
    rig.on_all("POST", "/things/prune", (200, {"ThingsDeleted": nothing, "SpaceReclaimed": 0}))
    assert pruned(rig) == {"ThingsDeleted": nothing, "SpaceReclaimed": 0}


def test_a_node_that_failed_is_told() -> None:
    rig = Rig(2)
    rig.wire(1).on("POST", "/things/prune", (500, {"message": "busy"}))
    rig.wire(2).on("POST", "/things/prune", (200, {"SpaceReclaimed": 1}))
    assert pruned(rig) == {
        "ThingsDeleted": None,
        "SpaceReclaimed": 1,
        "Warnings": ["node-1: busy"],
    }


def test_failure_everywhere_is_an_error() -> None:
    rig = Rig(2)
    rig.on_all("POST", "/things/prune", (409, {"message": "busy"}))
    with pytest.raises(ApiError) as failed:
        pruned(rig)
    assert (failed.value.status, failed.value.message) == (409, "node-1: busy\nnode-2: busy")


def test_no_engine_at_all_deletes_nothing() -> None:
    assert pruned(Rig(0)) == {"ThingsDeleted": None, "SpaceReclaimed": 0}
