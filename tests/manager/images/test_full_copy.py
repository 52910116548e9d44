"""Which nodes have all of an image."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from swarmd.core.errors import Conflict
from swarmd.manager.images.copying.gather import Gatherer
from swarmd.manager.images.copying.supply import Supply
from swarmd.manager.images.full_copy import whole
from tests.manager.images.test_platforms import manifest
from tests.manager.rig import Rig, result_of

IDS = [f"sha256:{number:064}" for number in range(4)]
AMD, ARM = "linux/amd64", "linux/arm64"


class Case:
    """Nodes with containerd stores that have both:1, as far as each is said to have it."""

    def __init__(self, *has: Sequence[str], classic: str = "") -> None:
        self.rig = Rig(len(has) + bool(classic), api_max=(1, 51))
        for number, each in enumerate(has, 1):
            self.index(number, IDS[1], each)
        if classic:
            self.rig.has_image(len(has) + 1, IDS[2], "both:1")
            platform = dict(zip(("Os", "Architecture"), classic.split("/"), strict=True))
            self.rig.wire(len(has) + 1).on("GET", "/images/both:1/json", (200, platform))

    def index(self, number: int, image: str, has: Sequence[str]) -> None:
        digest = f"both@{image}"
        self.rig.has_image(number, image, "both:1", digests=[digest])
        parts = [manifest(one, available=one in has) for one in ("amd64", "arm64", "s390x")]
        self.rig.wire(number).on("GET", "/images/both:1/json", (200, {"Manifests": parts}))

    def gather(self, *platforms: str) -> str:
        gatherer = Gatherer(self.rig.fleet, Supply(self.rig.fleet))
        return result_of(gatherer.on_one(["both:1"], platforms)).name


@pytest.mark.parametrize(
    ("has", "platforms", "node"),
    [
        ((["amd64"], ["amd64", "arm64"]), (), "node-2"),
        ((["amd64", "arm64"], ["amd64"]), (), "node-1"),
        ((["amd64"], ["amd64"]), (), "node-1"),
        (([], ["amd64"]), (), "node-2"),
        ((["amd64"], ["arm64"]), (ARM,), "node-2"),
        ((["amd64"], ["arm64"]), (AMD,), "node-1"),
        ((["amd64"], ["arm64"], ["amd64", "arm64"]), (ARM, AMD), "node-3"),
        ((["amd64"], ["arm64"]), ("linux/s390x",), "node-1"),  # the engine refuses
    ],
)
def test_who_has_all(has: Any, platforms: Sequence[str], node: str) -> None:
    assert Case(*has).gather(*platforms) == node


@pytest.mark.parametrize("platforms", [(), (AMD, ARM)])
def test_nobody_has_all(platforms: Sequence[str]) -> None:
    with pytest.raises(Conflict, match="node-1 has linux/amd64; node-2 has linux/arm64"):
        Case(["amd64"], ["arm64"]).gather(*platforms)


def test_a_store_of_one_platform() -> None:
    """It has no part in an index, but has its platform."""
    case = Case(["amd64"], classic=ARM)
    assert case.gather() == "node-1"
    assert case.gather(ARM) == "node-2"


def test_what_nodes_of_two_kinds_call_alike_is_no_index() -> None:
    case = Case(["amd64"], ["arm64"])
    case.index(2, IDS[3], ["arm64"])
    assert case.gather() == "node-1"


def test_nothing_is_asked_of_stores_of_one_platform_each() -> None:
    rig = Rig(2)
    rig.has_image(1, IDS[1], "one:1")
    assert not result_of(whole(rig.fleet, "one:1", ())).needs
    assert not rig.wire(1).asked
