from __future__ import annotations

import orjson
import pytest

from swarmd.core.errors import ApiError, Conflict
from swarmd.core.model import Engine
from swarmd.manager.images.tag_and_remove import check_single, removed, tagged, to_untag, unreached
from tests.manager.rig import Rig, result_of

GONE = [{"Untagged": "app:1"}, {"Deleted": "sha256:a"}]


def target(engine: Engine) -> bytes:
    return b"/v1.41/images/app"


def remove(rig: Rig) -> list:
    return orjson.loads(result_of(removed(rig.fleet, rig.fleet.healthy(), target)))


def test_what_all_removed_is_told_once() -> None:
    rig = Rig(3)
    rig.on_all("DELETE", "/images/app", (200, GONE))
    rig.wire(2).on("DELETE", "/images/app", (200, [*GONE, {"Deleted": "sha256:b"}]))
    assert remove(rig) == [*GONE, {"Deleted": "sha256:b"}]
    assert "images" in rig.engine(1).stale


def test_a_node_that_lost_it_meanwhile_is_no_failure() -> None:
    rig = Rig(2)
    rig.wire(1).on("DELETE", "/images/app", (200, GONE))
    rig.wire(2).on("DELETE", "/images/app", (404, {"message": "No such image"}))
    assert remove(rig) == GONE


def test_partial_failure_says_where_it_was_done() -> None:
    rig = Rig(3)
    rig.on_all("DELETE", "/images/app", (200, GONE))
    rig.wire(2).on("DELETE", "/images/app", (409, {"message": "in use"}))
    with pytest.raises(ApiError) as error:
        remove(rig)
    assert error.value.status == 409
    assert error.value.message == "node-2: in use (removed on node-1, node-3)"


@pytest.mark.parametrize("status", [404, 409])
def test_all_refuse(status: int) -> None:
    rig = Rig(2)
    rig.on_all("POST", "/images/app", (status, {"message": "no"}))
    with pytest.raises(ApiError) as error:
        result_of(tagged(rig.fleet, rig.fleet.healthy(), target, "b:1"))
    assert (error.value.status, error.value.message) == (status, "node-1, node-2: no")


def test_unreached_holders_are_named() -> None:
    rig = Rig(2)
    rig.has_image(2, "sha256:" + "a" * 64, "app:latest")
    assert unreached(rig.fleet, "app") == []
    rig.lose(2)
    assert unreached(rig.fleet, "app") == ["node-2: not done there, no answer"]


def test_by_its_id_only_what_has_one_name_anywhere() -> None:
    rig = Rig(2)
    image = "sha256:" + "a" * 64
    rig.has_image(1, image, "one:1")
    rig.has_image(2, image, "one:1")
    check_single(rig.fleet, image)
    rig.has_image(2, image, "two:1")
    check_single(rig.fleet, "one:1")
    with pytest.raises(Conflict, match=r"unable to delete a{12} \(must be forced\)"):
        check_single(rig.fleet, "aaaa")


def test_a_copy_of_what_the_name_meant_before_is_untagged_while_it_runs() -> None:
    rig = Rig(3)
    old, new = "sha256:" + "a" * 64, "sha256:" + "b" * 64
    for number, image in ((1, new), (2, old), (3, old)):
        rig.has_image(number, image, "app:1")
    rig.fleet.state.image_named(rig.engine(1).key, "app:1", new, rig.now)
    everyone = rig.fleet.healthy()
    assert to_untag(rig.fleet, everyone, "app:1") == [], "an engine removes what nobody uses"
    rig.has_container(1, "1" * 64, "one", ImageID=new)
    rig.has_container(2, "2" * 64, "two", ImageID=old)
    rig.has_container(3, "3" * 64, "three", ImageID=old, State="exited")
    assert to_untag(rig.fleet, everyone, "app:1") == [rig.engine(2)]
    assert to_untag(rig.fleet, everyone, old) == []


def test_what_was_removed_is_in_no_list_anymore() -> None:
    """Although the engine's own list may take long."""
    rig = Rig(2)
    image = "sha256:" + "a" * 64
    rig.has_image(1, image, "app:1")
    rig.has_image(2, image, "app:1", "kept:1")
    gone = [{"Untagged": "app:1"}]
    rig.wire(1).on("DELETE", "/images/app", (200, [*gone, {"Deleted": image}]))
    rig.wire(2).on("DELETE", "/images/app", (200, gone))
    remove(rig)
    assert not rig.engine(1).images
    assert rig.engine(2).image_refs == {"kept:1": image}
