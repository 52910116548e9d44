from typing import Any

import pytest

from swarmd.core.errors import BadParameter
from swarmd.core.names import DRIVER_LABEL
from swarmd.manager.networks.driver import with_cure, with_driver
from swarmd.streams.link import Answer

OVERLAID = {DRIVER_LABEL: "overlay"}


@pytest.mark.parametrize(
    ("asked", "default", "driver", "attachable"),
    [
        ({}, "bridge", "bridge", None),
        ({"Driver": ""}, "overlay", "overlay", True),
        ({"Driver": "bridge"}, "overlay", "bridge", None),
        ({"Driver": "bridge", "Labels": OVERLAID}, "bridge", "overlay", True),
        ({"Labels": OVERLAID, "Attachable": False}, "bridge", "overlay", True),
        ({"Driver": "overlay", "Labels": OVERLAID}, "bridge", "overlay", None),
        ({"Driver": "overlay", "Attachable": True}, "bridge", "overlay", True),
        ({"Driver": "macvlan", "Labels": None}, "overlay", "macvlan", None),
    ],
)
def test_the_label_goes_before_the_option(
    asked: dict[str, Any], default: str, driver: str, attachable: bool | None
) -> None:
    made = with_driver(asked, default)
    assert (made["Driver"], made.get("Attachable")) == (driver, attachable)


@pytest.mark.parametrize("driver", ["macvlan", "host", "", 7])
def test_no_other_driver_is_had_by_a_label(driver: object) -> None:
    with pytest.raises(BadParameter, match="can only be overlay"):
        with_driver({"Labels": {DRIVER_LABEL: driver}}, "bridge")


def test_a_label_that_contradicts_is_refused() -> None:
    with pytest.raises(BadParameter, match="macvlan is not overlay"):
        with_driver({"Driver": "macvlan", "Labels": OVERLAID}, "bridge")


def test_where_no_engine_is_a_manager_the_cure_is_ours() -> None:
    words = b'{"message":"This node is not a swarm manager. Use \\"docker swarm init\\" ..."}'
    said = with_cure(Answer(503, [], words))
    assert said.status == 503 and b"swarmd overlay up" in said.body and b"init" not in said.body
    for other in (Answer(201, [], b"{}"), Answer(500, [], b'{"message":"no"}')):
        assert with_cure(other) is other
