from __future__ import annotations

from typing import Any

import pytest

from swarmd.api.routing.naming import Naming
from swarmd.core.errors import NoSuchContainer
from tests.authz.rig import ML, GuardedRig


def test_names_become_whole_ids_and_nothing_else_changes() -> None:
    body: dict[str, Any] = {
        "HostConfig": {
            "VolumesFrom": ["mine:ro", 1],
            "Links": ["node-1/mine", "mine:db"],
            "NetworkMode": "mine-net",
            "IpcMode": f"container:{ML[:9]}",
        },
        "NetworkingConfig": {
            "EndpointsConfig": {"mine-net": {"Links": ["mine"], "NetworkID": "x"}, "other": None}
        },
    }
    Naming(GuardedRig().fleet.state).create(body)
    assert body == {
        "HostConfig": {
            "VolumesFrom": [f"{ML}:ro"],
            "Links": [f"{ML}:mine", f"{ML}:db"],
            "NetworkMode": "mine-net",
            "IpcMode": f"container:{ML}",
        },
        "NetworkingConfig": {
            "EndpointsConfig": {"mine-net": {"Links": [f"{ML}:mine"]}, "other": None}
        },
    }


def test_what_is_not_seen_is_not_there() -> None:
    with pytest.raises(NoSuchContainer):
        Naming(GuardedRig().fleet.state).create({"HostConfig": {"Links": ["nowhere"]}})
    for odd in ({}, {"HostConfig": None}, {"NetworkingConfig": {"EndpointsConfig": []}}):
        Naming(GuardedRig().fleet.state).create(odd)
