from __future__ import annotations

import orjson
import pytest

from swarmd.cluster.actions import ImagesListed
from swarmd.cluster.images.image_lookup import engines_with_image
from swarmd.core.errors import ApiError, Conflict
from swarmd.core.model import Engine
from swarmd.manager.images.remove import Removal, by_risk
from tests.manager.rig import Rig, result_of

GONE = [{"Untagged": "app:1"}, {"Deleted": "sha256:a"}]
OLD, NEW = "sha256:" + "a" * 64, "sha256:" + "b" * 64
PLACEHOLDER_ID = "sha256:" + "e" * 64


def target(engine: Engine) -> bytes:
    return b"/v1.41/images/app"


def remove(rig: Rig, ref: str = "app:1", *, force: bool = False) -> list:
    engines = engines_with_image(rig.state, ref) or rig.fleet.healthy()
    removing = Removal(rig.fleet, ref, target).run(engines, force=force)
    return orjson.loads(result_of(removing))


def takes_names(rig: Rig, number: int) -> None:
    rig.wire(number).on("POST", "/images/create", (200, {"status": PLACEHOLDER_ID}))
    rig.wire(number).on("DELETE", f"/images/{PLACEHOLDER_ID}", (200, []))


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


def test_by_its_id_only_what_has_one_name_anywhere() -> None:
    rig = Rig(2)
    rig.has_image(1, OLD, "one:1")
    rig.has_image(2, OLD, "one:1")
    rig.on_all("DELETE", "/images/app", (200, []))
    remove(rig, OLD)
    rig.has_image(1, OLD, "one:1")
    rig.has_image(2, OLD, "one:1", "two:1")
    remove(rig, "aaaa", force=True)
    with pytest.raises(Conflict, match=r"unable to delete a{12} \(must be forced\)"):
        remove(rig, "aaaa")


def test_nothing_is_removed_where_one_refuses() -> None:
    """Who has a container of it is asked first, who runs one before."""
    rig = Rig(4)
    for number in (1, 2, 3, 4):
        rig.has_image(number, OLD, "app:1")
    rig.has_container(3, "3" * 64, "three", ImageID=OLD)
    rig.has_container(2, "2" * 64, "two", ImageID=OLD, State="exited")
    assert by_risk(rig.fleet.healthy(), OLD) == [
        [rig.engine(3)], [rig.engine(2)], [rig.engine(1), rig.engine(4)],
    ]  # fmt: skip
    rig.on_all("DELETE", "/images/app", (200, GONE))
    rig.wire(3).on("DELETE", "/images/app", (409, {"message": "in use"}))
    with pytest.raises(ApiError, match=r"^node-3: in use$") as error:
        remove(rig, "app:1")
    assert error.value.status == 409
    assert not any(rig.wire(number).asked for number in (1, 2, 4))


def test_what_the_name_meant_before_only_loses_it() -> None:
    rig = Rig(2)
    rig.has_image(1, NEW, "app:1")
    rig.has_image(2, OLD, "app:1")
    rig.fleet.state.image_named(rig.engine(1).key, "app:1", NEW, rig.now)
    rig.wire(1).on("DELETE", "/images/app", (200, GONE))
    takes_names(rig, 2)
    assert remove(rig, "app:1") == GONE
    assert [method for method, _ in rig.wire(2).asked] == ["POST", "DELETE"]
    assert rig.engine(2).images[OLD].tags == ()


def test_a_digest_means_the_same_everywhere() -> None:
    """Of two platforms both have the digest of their index; ``app:latest`` is another image."""
    rig, digest = Rig(2), "app@sha256:" + "d" * 64
    for number, image, made in ((1, NEW, 200), (2, OLD, 100)):
        entry = {"Id": image, "RepoDigests": [digest], "Created": made}
        rig.fleet.dispatch(ImagesListed(rig.engine(number).key, [entry]))
    rig.on_all("DELETE", "/images/app", (200, GONE))
    remove(rig, digest)
    for number in (1, 2):
        assert [method for method, _ in rig.wire(number).asked] == ["DELETE"]


def test_a_name_of_several_is_taken_from_what_is_used() -> None:
    rig = Rig(3)
    rig.has_image(1, OLD, "app:1", "app:2")
    rig.has_image(2, OLD, "app:1")
    rig.has_image(3, OLD, "app:1")
    rig.has_container(2, "2" * 64, "two", ImageID=OLD, State="exited")
    rig.wire(1).on("DELETE", "/images/app", (200, GONE[:1]))
    rig.wire(3).on("DELETE", "/images/app", (200, [GONE[0], {"Deleted": OLD}]))
    takes_names(rig, 2)
    assert remove(rig, "app:1") == GONE[:1]
    assert [target for _, target in rig.wire(2).asked][1] == f"/v1.41/images/{PLACEHOLDER_ID}"
    assert rig.engine(2).images[OLD].tags == () and not rig.engine(3).images


def test_an_outdated_name_keeps_no_id() -> None:
    rig = Rig(2)
    rig.has_image(1, NEW, "app:1")
    rig.has_image(2, OLD, "app:1", "app:2")
    rig.fleet.state.image_named(rig.engine(1).key, "app:1", NEW, rig.now)
    takes_names(rig, 2)
    rig.wire(2).on("DELETE", "/images/app", (200, GONE))
    assert remove(rig, OLD) == GONE
    assert "tag=1" in rig.wire(2).asked[0][1] and len(rig.wire(2).asked) == 3


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
