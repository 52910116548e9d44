from __future__ import annotations

from typing import Any

import pytest

from swarmd.cluster.actions import ImagesListed
from swarmd.cluster.scoped.sight import Sight
from swarmd.core.model import Engine
from swarmd.core.request.scope import Scope
from swarmd.manager.fleet.scoped_fleet import ScopedFleet
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


DIGEST = "app@sha256:" + "d" * 64


@pytest.mark.parametrize("named", [False, True])
def test_a_digest_is_no_name_that_moves(named: bool) -> None:
    """Of two platforms both have the digest of their index; ``app:latest`` is another image."""
    rig = Rig(2)
    rig.has_image(1, NEW, "app:1", digests=[DIGEST])
    rig.has_image(2, OLD, digests=[DIGEST])
    for number, image, made in ((1, NEW, 200), (2, OLD, 100)):
        entry = {"Id": image, "RepoDigests": [DIGEST], "Created": made}
        rig.fleet.dispatch(ImagesListed(rig.engine(number).key, [entry]))
    rig.on_all("POST", "/images/prune", (200, {"ImagesDeleted": None, "SpaceReclaimed": 0}))
    prune(rig, named=named)
    for number in (1, 2):
        assert calls(rig, number) == ["POST /images/prune"]


def test_a_name_that_means_something_there_is_not_moved() -> None:
    """As on a node of another architecture."""
    rig = Rig(1)
    rig.add(2, architecture="aarch64")
    rig.has_image(1, OLD, "app:1")
    entries = [{"Id": OLD}, {"Id": NEW, "RepoTags": ["app:1"]}]
    rig.fleet.dispatch(ImagesListed(rig.engine(2).key, entries))
    rig.has_container(2, "2" * 64, "two", ImageID=OLD, State="exited")
    rig.on_all("POST", "/images/prune", (200, {"ImagesDeleted": None, "SpaceReclaimed": 0}))
    prune(rig, named=True)
    assert calls(rig, 2) == ["POST /images/prune"]


@pytest.mark.parametrize(
    ("label", "foreign", "kept"),
    [
        ({"team": "ml"}, False, True),
        ({"team": "ml"}, True, False),
        ({}, False, False),
        ({}, True, False),
    ],
)
def test_within_a_scope_no_foreign_image_loses_a_name(
    label: dict[str, str], foreign: bool, kept: bool
) -> None:
    """Nor is one changed that is nobody's: it is not pruned there, so it keeps its names."""
    rig = Rig(2)
    mine = {"Id": OLD, "Labels": label}
    rig.fleet.dispatch(ImagesListed(rig.engine(1).key, [{**mine, "RepoTags": ["app:1"]}]))
    theirs = [{"Id": NEW, "RepoTags": ["app:1"], "Labels": {"team": "web"}}]
    rig.fleet.dispatch(ImagesListed(rig.engine(2).key, [mine, *(theirs if foreign else [])]))
    rig.has_container(2, "2" * 64, "two", ImageID=OLD, Labels={"team": "ml"}, State="exited")
    rig.on_all("POST", "/images/prune", (200, {"ImagesDeleted": None, "SpaceReclaimed": 0}))
    rig.wire(2).on("POST", f"/images/{OLD}/tag", (201, b""))
    scoped = ScopedFleet(rig.fleet, Sight(Scope("team", "ml")))
    result_of(prune_images(scoped, target, named=True))
    assert (len(calls(rig, 2)) == 2) is kept
    assert calls(rig, 1) == ["POST /images/prune"]
