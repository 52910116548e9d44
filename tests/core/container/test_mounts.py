"""Volumes and images that a container takes by name."""

from __future__ import annotations

from typing import Any

import pytest

from swarmd.core.container.mounts import mounted_images, named_volumes
from swarmd.core.errors import BadParameter

MOUNTS = [
    {"Type": "volume", "Source": "data", "Target": "/d"},
    {"Type": "volume", "Target": "/anonymous"},
    {"Type": "bind", "Source": "/etc", "Target": "/e"},
    {"Type": "image", "Source": "files:1", "Target": "/f"},
    {"Type": "image", "Source": "files:1", "Target": "/g"},
    {"Type": "image", "Target": "/h"},
]
BINDS = ["/etc:/etc", "logs:/logs:ro", "node-1/data:/d", "/anonymous", "./here:/h", "~:/i"]


def test_volumes() -> None:
    assert named_volumes({"Binds": BINDS, "Mounts": MOUNTS}) == ("logs", "node-1/data", "data")
    assert named_volumes({"Binds": None, "Mounts": None}) == ()


def test_images() -> None:
    assert mounted_images({"Mounts": MOUNTS}) == ("files:1",)
    with pytest.raises(BadParameter):
        mounted_images({"Mounts": [{"Type": "image", "Source": "Not a name"}]})


@pytest.mark.parametrize("mount", [7, "text", None, {"Type": 7}, {"Source": []}])
def test_what_is_no_mount(mount: Any) -> None:
    for read in (named_volumes, mounted_images):
        with pytest.raises(BadParameter, match="cannot unmarshal"):
            read({"Mounts": [mount]})
