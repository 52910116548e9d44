from __future__ import annotations

import pytest

from swarmd.core.errors import ApiError
from swarmd.core.model import Engine
from swarmd.manager.images.tag import tagged, unreached
from tests.manager.rig import Rig, result_of


def target(engine: Engine) -> bytes:
    return b"/v1.41/images/app"


def test_a_name_means_what_it_was_given_to() -> None:
    rig = Rig(2)
    image = "sha256:" + "a" * 64
    rig.has_image(1, image, "app:1")
    rig.on_all("POST", "/images/app", (201, b""))
    result_of(tagged(rig.fleet, "app:1", [rig.engine(1)], target, "b:1"))
    assert rig.engine(1).named == {"b:1": (image, rig.now)}
    assert "b:1" in rig.engine(1).changed_images


@pytest.mark.parametrize("status", [404, 409])
def test_all_refuse(status: int) -> None:
    rig = Rig(2)
    rig.on_all("POST", "/images/app", (status, {"message": "no"}))
    with pytest.raises(ApiError) as error:
        result_of(tagged(rig.fleet, "app", rig.fleet.healthy(), target, "b:1"))
    assert (error.value.status, error.value.message) == (status, "node-1, node-2: no")


def test_unreached_holders_are_named() -> None:
    rig = Rig(2)
    rig.has_image(2, "sha256:" + "a" * 64, "app:latest")
    assert unreached(rig.fleet, "app") == []
    rig.lose(2)
    assert unreached(rig.fleet, "app") == ["node-2: not done there, no answer"]
