from __future__ import annotations

from typing import Any

import pytest

from swarmd.core.model import Engine
from swarmd.manager.images.prune import prune_images
from tests.manager.rig import Rig, result_of

OLD, NEW, EMPTY = ("sha256:" + digit * 64 for digit in "abe")


def target(engine: Engine) -> str:
    return "/v1.41/images/prune"


def prune(rig: Rig, *, named: bool = False) -> dict[str, Any]:
    return result_of(prune_images(rig.fleet, target, named=named))


def calls(rig: Rig, number: int) -> list[str]:
    return [f"{method} {line.split('?')[0][6:]}" for method, line in rig.wire(number).asked]


@pytest.mark.parametrize("named", [False, True])
def test_by_what_names_mean_now(named: bool) -> None:
    rig = Rig(2)
    rig.has_image(1, NEW, "app:1")
    rig.has_image(2, OLD, "app:1")
    rig.fleet.state.image_named(rig.engine(1).key, "app:1", NEW, rig.now)
    rig.on_all("POST", "/images/create", (200, {"status": EMPTY}))
    rig.on_all("DELETE", f"/images/{EMPTY}", (200, []))
    deleted = {"ImagesDeleted": [{"Deleted": OLD}], "SpaceReclaimed": 7}
    rig.wire(1).on("POST", "/images/prune", (200, {"ImagesDeleted": None, "SpaceReclaimed": 0}))
    rig.wire(2).on("POST", "/images/prune", (200, deleted))
    assert prune(rig, named=named) == deleted
    assert calls(rig, 1) == ["POST /images/prune"]
    assert calls(rig, 2) == ["POST /images/create", f"DELETE /images/{EMPTY}", "POST /images/prune"]
    assert not rig.engine(2).images


def test_a_node_that_keeps_an_outdated_name_is_pruned_all_the_same() -> None:
    rig = Rig(2)
    rig.has_image(1, NEW, "app:1")
    rig.has_image(2, OLD, "app:1")
    rig.fleet.state.image_named(rig.engine(1).key, "app:1", NEW, rig.now)
    rig.on_all("POST", "/images/prune", (200, {"ImagesDeleted": [], "SpaceReclaimed": 1}))
    assert prune(rig) == {"ImagesDeleted": None, "SpaceReclaimed": 2}


def test_what_is_used_elsewhere_keeps_its_names() -> None:
    rig = Rig(3)
    rig.has_image(1, OLD, "app:1")
    rig.has_image(2, OLD)
    rig.has_image(3, OLD)
    rig.has_container(2, "2" * 64, "two", ImageID=OLD, State="exited")
    gone = [{"Untagged": "app:1"}, {"Deleted": OLD}]
    rig.on_all("POST", "/images/prune", (200, {"ImagesDeleted": None, "SpaceReclaimed": 0}))
    rig.wire(1).on("POST", "/images/prune", (200, {"ImagesDeleted": gone, "SpaceReclaimed": 5}))
    rig.wire(2).on("POST", f"/images/{OLD}/tag", (201, b""))
    assert prune(rig, named=True) == {"ImagesDeleted": None, "SpaceReclaimed": 5}
    assert calls(rig, 2) == [f"POST /images/{OLD}/tag", "POST /images/prune"]
    assert calls(rig, 3) == ["POST /images/prune"]
