"""Who has which platform of an image."""

from __future__ import annotations

from typing import Any

import pytest

from swarmd.manager.images.platforms import (
    asked_platforms,
    has_platform,
    holders_for,
    is_for,
    parts,
    parts_of,
)
from tests.manager.rig import Rig, result_of

ID = f"sha256:{1:064}"
PROOF = f"sha256:{2:064}"


def manifest(architecture: str, *, available: bool = True, variant: str = "") -> dict[str, Any]:
    platform = {"os": "linux", "architecture": architecture, "variant": variant}
    data = {"Platform": platform, "Containers": []}
    return {"ID": architecture, "Kind": "image", "Available": available, "ImageData": data}


def test_what_an_inspect_tells() -> None:
    several = [manifest("amd64"), manifest("arm", variant="v7"), manifest("s390x", available=False)]
    proof = {"ID": PROOF, "Kind": "attestation", "Available": True}
    inspect = {"Os": "linux", "Architecture": "amd64", "Manifests": [*several, proof]}
    assert parts_of(inspect) == {"linux/amd64", "linux/arm/v7", PROOF}
    assert parts_of({"Os": "linux", "Architecture": "arm64"}) == {"linux/arm64"}
    nothing = [manifest("amd64", available=False)]
    assert parts_of({"Os": "linux", "Architecture": "amd64", "Manifests": nothing}) == frozenset()


@pytest.mark.parametrize("nonsense", [3, "x", {}, [3], [{"Available": True, "ImageData": []}]])
def test_nonsense(nonsense: Any) -> None:
    found = parts_of({"Os": 3, "Manifests": nonsense})
    assert not has_platform(found, "linux/arm64")


@pytest.mark.parametrize(
    ("platform", "has"),
    [
        ("linux/arm64", False),
        ("linux/amd64", True),
        ("linux/386", False),
        ("linux", True),
        ("linux/x86_64", True),
        ("windows/amd64", False),
    ],
)
def test_has_platform(platform: str, has: bool) -> None:
    assert has_platform(frozenset({"linux/amd64", PROOF}), platform) is has
    assert not has_platform(frozenset({PROOF}), platform)


def test_who_has_it() -> None:
    """A store that keeps several, one that has one, and those whom nobody needs to ask."""
    rig = Rig(4, os_type="linux", architecture="x86_64", api_max=(1, 51))
    rig.validate(4, os_type="linux", architecture="aarch64", api_max=(1, 51))
    for number in (1, 2, 4):
        rig.has_image(number, ID, "both:1")
    both = [manifest("amd64"), manifest("arm64")]
    rig.wire(1).on("GET", "/images/both:1/json", (200, {"Manifests": both}))
    rig.wire(2).on("GET", "/images/both:1/json", (200, {"Os": "linux", "Architecture": "amd64"}))
    found = result_of(holders_for(rig.fleet, "both:1", "linux/arm64"))
    assert found == {rig.engine(1).key}
    assert not any(path for _, path in rig.wire(4).asked)
    assert "manifests=1" in rig.wire(1).asked[0][1]
    for platform in ("", "linux/amd64"):
        rig.wire(1).asked.clear()
        assert result_of(holders_for(rig.fleet, "both:1", platform)) == frozenset()
    assert result_of(holders_for(rig.fleet, "none:1", "linux/arm64")) == frozenset()


def test_who_does_not_answer_has_nothing() -> None:
    rig = Rig(2, os_type="linux", architecture="x86_64", api_max=(1, 41))
    rig.has_image(1, ID, "both:1")
    rig.has_image(2, ID, "both:1")
    rig.wire(2).on("GET", "/images/both:1/json", (200, {"Os": "linux", "Architecture": "arm64"}))
    engines = [rig.engine(1), rig.engine(2)]
    assert result_of(parts(rig.fleet, "both:1", engines)) == {engines[1].key: {"linux/arm64"}}
    assert "manifests" not in rig.wire(2).asked[0][1]


@pytest.mark.parametrize(
    ("part", "platform", "same"),
    [
        ("linux/amd64", "linux/amd64", True),
        ("linux/386", "linux/amd64", False),
        ("linux/arm64/v8", "linux/arm64", True),
        ("linux/arm/v6", "linux/arm/v7", False),
        ("linux/arm/v7", "linux/arm/v7", True),
        (PROOF, "linux/arm64", False),
    ],
)
def test_just_the_one(part: str, platform: str, same: bool) -> None:
    assert is_for(part, platform) is same


def test_platforms_as_they_are_asked_for() -> None:
    asked = ['{"os":"linux","architecture":"arm","variant":"v7"}', "linux", "[]", "{}", '{"os":3}']
    assert asked_platforms(asked) == ["linux/arm/v7"]
