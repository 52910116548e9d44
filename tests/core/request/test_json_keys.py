from __future__ import annotations

from typing import Any

import pytest

from swarmd.core.request.json_keys import CONTAINER_CREATE, NETWORK_CONNECT, spelled


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"container": "web", "x": 1}, {"Container": "web", "x": 1}),
        ({"CONTAINER": "a", "Container": "b"}, {"Container": "b"}),
        ({}, {}),
        (None, None),
        ([1, "container"], [1, "container"]),
    ],
)
def test_keys_in_any_case(body: Any, expected: Any) -> None:
    assert spelled(body, NETWORK_CONNECT) == expected


def test_what_a_create_holds() -> None:
    body = {
        "image": "app",
        "labels": {"Image": "a label's own spelling"},
        "hostconfig": {
            "portbindings": {"80/TCP": [{"hostport": "80"}], "81/tcp": None},
            "mounts": [{"type": "volume", "source": "v", "target": "/x"}],
            "unknown": {"type": 1},
        },
        "networkingConfig": {"endpointsconfig": {"Net": {"aliases": ["a"]}}},
    }
    assert spelled(body, CONTAINER_CREATE) == {
        "Image": "app",
        "Labels": {"Image": "a label's own spelling"},
        "HostConfig": {
            "PortBindings": {"80/TCP": [{"HostPort": "80"}], "81/tcp": None},
            "Mounts": [{"Type": "volume", "Source": "v", "target": "/x"}],
            "unknown": {"type": 1},
        },
        "NetworkingConfig": {"EndpointsConfig": {"Net": {"aliases": ["a"]}}},
    }


def test_other_types_are_left_to_the_engine() -> None:
    assert spelled({"HostConfig": [], "Mounts": "x"}, CONTAINER_CREATE) == {
        "HostConfig": [],
        "Mounts": "x",
    }
