"""The API of release 29, of which there is no engine here: imitated, and held to its definition."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from tests.api.rig import ApiRig
from tests.lab import definition

WEB, NET = "a" * 64, "b" * 64
IMAGE = {
    "Id": "sha256:" + "c" * 64,
    "ParentId": "",
    "RepoTags": ["app:1"],
    "RepoDigests": [],
    "Created": 1,
    "Size": 7,
    "SharedSize": -1,
    "Labels": None,
    "Containers": 1,
}
MANIFEST = {
    "ID": IMAGE["Id"],
    "Descriptor": {},
    "Available": True,
    "Kind": "image",
    "Size": {"Total": 7, "Content": 3},
    "ImageData": {
        "Platform": {"os": "linux", "architecture": "amd64"},
        "Containers": [WEB],
        "Size": {"Unpacked": 4},
    },
}
SUBNET = {"IPsInUse": 3, "DynamicIPsAvailable": 65533}
NETWORK = {
    "Name": "net",
    "Id": NET,
    "Driver": "bridge",
    "Scope": "local",
    "Containers": {},
    "Status": {"IPAM": {"Subnets": {"172.18.0.0/16": SUBNET}}},
}
COUNTS = {"ActiveCount": 1, "TotalCount": 2, "Reclaimable": 3, "TotalSize": 4}
USAGE = {
    "ImageUsage": {**COUNTS, "Items": [IMAGE]},
    "ContainerUsage": {**COUNTS, "Items": [{"Id": WEB, "Names": ["/web"]}]},
    "VolumeUsage": {**COUNTS, "Items": [{"Name": "v"}]},
    "BuildCacheUsage": COUNTS,
}


@pytest.fixture
def rig() -> ApiRig:
    rig = ApiRig(1, api_max=(1, 55))
    health = {"Status": "healthy", "FailingStreak": 0}
    rig.has_container(1, WEB, "web", Image="app:1", ImageID=IMAGE["Id"], Health=health)
    rig.has_network(1, NET, "net")
    return rig


def held(version: str, path: str, status: int, body: Any) -> Any:
    """The definitions are not ours to hand on, so they may not be here."""
    if not definition.available():
        assert definition.violations(version, "GET", path, status, body) == set()
    return body


@pytest.mark.parametrize("version", ["1.52", "1.53", "1.54", "1.55"])
def test_lists(rig: ApiRig, version: str) -> None:
    status, rows = rig.ask("GET", f"/v{version}/containers/json").answer()
    [row] = held(version, "/containers/json", status, rows)
    assert row["Health"] == {"Status": "healthy", "FailingStreak": 0}


@pytest.mark.parametrize("version", ["1.52", "1.55"])
def test_images_with_platforms(rig: ApiRig, version: str) -> None:
    rig.has_image(1, IMAGE["Id"], "app:1")
    client = rig.ask("GET", f"/v{version}/images/json?manifests=1")
    assert rig.got(1)[0] == f"GET /v{version}/images/json?all=1&manifests=1"
    rig.answers(1, 200, [{**IMAGE, "Manifests": [MANIFEST]}])
    status, [row] = client.answer()
    assert (status, row["Containers"], row["Manifests"]) == (200, 1, [MANIFEST])


def test_identities_of_images(rig: ApiRig) -> None:
    client = rig.ask("GET", "/v1.54/images/json?identity=1")
    assert client.answer() == (
        400,
        {"message": "conflicting options: identity requires manifests=1"},
    )
    client = rig.ask("GET", "/v1.54/images/json?identity=1&manifests=1")
    assert rig.got(1)[0] == "GET /v1.54/images/json?all=1&manifests=1&identity=1"


@pytest.mark.parametrize("version", ["1.52", "1.55"])
def test_what_is_used(rig: ApiRig, version: str) -> None:
    client = rig.ask("GET", f"/v{version}/system/df?verbose=1")
    rig.answers(1, 200, USAGE)
    status, body = client.answer()
    held(version, "/system/df", status, body)
    rows = body["ContainerUsage"]["Items"]
    assert rows == [{"Id": WEB, "Names": ["/web", "/node-1/web"]}]
    assert body["VolumeUsage"] == USAGE["VolumeUsage"]


def test_what_is_used_in_brief(rig: ApiRig) -> None:
    client = rig.ask("GET", "/v1.55/system/df?type=volume")
    rig.answers(1, 200, {"VolumeUsage": COUNTS})
    assert client.answer() == (200, {"VolumeUsage": COUNTS})
    assert rig.ask("GET", "/v1.55/system/df?verbose=much").answer() == (
        400,
        {"message": "invalid value for verbose: much"},
    )


def test_addresses_of_a_network(rig: ApiRig) -> None:
    client = rig.ask("GET", "/v1.52/networks/net")
    rig.answers(1, 200, NETWORK)
    status, body = client.answer()
    held("1.52", "/networks/{id}", status, body)
    assert body["Status"] == NETWORK["Status"]


def test_attestations_are_asked_of_a_holder(rig: ApiRig) -> None:
    rig.has_image(1, IMAGE["Id"], "app:1")
    query = "platform=%7B%22os%22%3A%22linux%22%7D&type=a&type=b&statement=1"
    client = rig.ask("GET", f"/v1.55/images/app:1/attestations?{query}")
    assert rig.got(1)[0] == f"GET /v1.55/images/app:1/attestations?{query}"
    rig.answers(1, 200, [{"Descriptor": {}, "PredicateType": "a"}])
    status, body = client.answer()
    held("1.55", "/images/{name}/attestations", status, body)


def test_several_platforms_are_saved(rig: ApiRig) -> None:
    rig.has_image(1, IMAGE["Id"], "app:1")
    query = "names=app:1&platform=%7B%22os%22%3A%22a%22%7D&platform=%7B%22os%22%3A%22b%22%7D"
    rig.ask("GET", f"/v1.52/images/get?{query}")
    assert rig.got(1)[0] == f"GET /v1.52/images/get?{query}"


def test_the_address_of_a_connect_passes(rig: ApiRig) -> None:
    endpoint = {"MacAddress": "02:42:ac:11:00:09"}
    rig.ask("POST", "/v1.54/networks/net/connect", {"Container": "web", "EndpointConfig": endpoint})
    line, body = rig.got(1)
    assert line == f"POST /v1.54/networks/{NET}/connect"
    assert orjson.loads(body)["EndpointConfig"] == endpoint
