"""The nodes that an image draws its containers to."""

from __future__ import annotations

from typing import Any

import pytest

from swarmd.manager.containers.image_locality import ImageLocality
from swarmd.manager.containers.pull_plans import PullPlans
from tests.manager.containers.test_create import order
from tests.manager.rig import Rig

ID = "sha256:" + "e" * 64
DIGEST = "app@sha256:" + "d" * 64


class Case:
    def __init__(self, digests: tuple[str, ...] = ()) -> None:
        self.rig = Rig(2)
        self.rig.has_image(2, ID, "app:1", digests=digests)
        self.plans = PullPlans(lambda: self.rig.now)
        self.homes = ImageLocality(self.rig.state, self.plans)

    def drawn(self, last_resort: bool = False, **body: Any) -> list[str]:
        wish = order(**body)
        pins = self.homes.draw(wish, self.rig.engine(1), last_resort=last_resort)
        return [key for pin in pins for key in pin.engines]


NODE = ["10.0.0.2:2375"]


def test_what_no_registry_has() -> None:
    case = Case()
    assert case.drawn(Image="app:1") == NODE
    assert case.drawn(Image="other:1") == []


@pytest.mark.parametrize("digest", [DIGEST, f"app@{ID}"])
def test_what_can_be_brought_elsewhere(digest: str) -> None:
    case = Case((digest,))
    assert case.drawn(Image="library/app:1") == []
    assert case.drawn(Image="app:1", last_resort=True) == NODE


@pytest.mark.parametrize("ref", [ID, "eeee", "sha256:eee"])
def test_by_its_id_no_registry_has_it(ref: str) -> None:
    assert Case((DIGEST,)).drawn(Image=ref) == NODE


def test_where_it_was_pulled() -> None:
    case = Case((DIGEST,))
    case.plans.note(order().client, "app:1", "somewhere")
    assert case.drawn(Image="app:1") == ["somewhere"]


def test_images_that_are_mounted() -> None:
    case = Case()
    case.rig.has_image(1, "sha256:" + "f" * 64, "base:1")
    mounts = {"Mounts": [{"Type": "image", "Source": "app:1", "Target": "/a"}]}
    assert case.drawn(Image="base:1", HostConfig=mounts) == NODE
    assert case.drawn(Image="base:1") == []


def test_all_that_any_node_has() -> None:
    case = Case((DIGEST,))
    mounts = {"Mounts": [{"Type": "image", "Source": "nowhere:1", "Target": "/a"}]}
    (pin,) = case.homes.of(order(Image="app:1", HostConfig=mounts))
    assert list(pin.engines) == NODE
