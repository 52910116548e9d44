from typing import Any

import pytest

from swarmd.core.container.features import features


def mount(**options: Any) -> dict[str, Any]:
    return {"HostConfig": {"Mounts": [{"Type": "bind", "Source": "/x", **options}]}}


def endpoint(**settings: Any) -> dict[str, Any]:
    return {"NetworkingConfig": {"EndpointsConfig": {"a": settings}}}


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
        (mount(BindOptions={"ReadOnlyForceRecursive": True, "NonRecursive": True}), "", [(1, 44)]),
        (mount(TmpfsOptions={"Options": [["noexec"]]}), "", [(1, 46)]),
        (mount(BindOptions=None, TmpfsOptions={"SizeBytes": 1}, VolumeOptions=None), "", []),
        (endpoint(MacAddress="02:42:ac:11:00:04"), "", [(1, 44)]),
        (endpoint(DriverOpts={"com.docker.network.endpoint.sysctls": "a=b"}), "", [(1, 46)]),
        (endpoint(GwPriority=1), "", [(1, 48)]),
        (endpoint(MacAddress="", GwPriority=0, DriverOpts=None, Aliases=["a"]), "", []),
    ],
)
def test_what_an_older_api_would_drop(
    body: dict[str, Any], platform: str, since: list[tuple[int, int]]
) -> None:
    assert [feature.since for feature in features(body, platform)] == since
