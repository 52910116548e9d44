from typing import Any

import pytest

from swarmd.core.features import features


@pytest.mark.parametrize(
    ("body", "platform", "since"),
    [
        ({}, "", []),
        ({}, "linux/arm64", [(1, 41)]),
        ({"HostConfig": {"Annotations": {"a": "b"}}}, "", [(1, 43)]),
        ({"NetworkingConfig": {"EndpointsConfig": {"a": {}}}}, "", []),
        ({"NetworkingConfig": {"EndpointsConfig": {"a": {}, "b": None}}}, "", []),
        ({"Healthcheck": {"StartInterval": 5}}, "", [(1, 44)]),
        ({"Healthcheck": None, "HostConfig": None, "NetworkingConfig": None}, "", []),
        (
            {"HostConfig": {"Mounts": [{"Type": "volume", "VolumeOptions": {"Subpath": "a"}}]}},
            "",
            [(1, 45)],
        ),
        ({"HostConfig": {"Mounts": [{"Type": "image"}, {"Type": "bind"}]}}, "", [(1, 48)]),
    ],
)
def test_what_an_older_api_would_drop(
    body: dict[str, Any], platform: str, since: list[tuple[int, int]]
) -> None:
    assert [feature.since for feature in features(body, platform)] == since
