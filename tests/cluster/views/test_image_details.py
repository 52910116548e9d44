from __future__ import annotations

from typing import Any

import orjson
import pytest

from swarmd.cluster.actions import ImagesListed
from swarmd.cluster.views.filters import ImageQuery
from swarmd.cluster.views.image_details import EngineDetails, add_details, as_of
from swarmd.cluster.views.image_list import image_list
from swarmd.core.request.version import Version
from tests.cluster.fleet import NOW, fleet, item, key_of, listed

ONE, TWO, OTHERS = "a" * 64, "b" * 64, "c" * 64


def manifest(name: str, *using: str, available: bool = True, size: int = 5) -> dict[str, Any]:
    data = {"Platform": {"os": "linux"}, "Containers": list(using), "Size": {"Unpacked": size}}
    return {"ID": name, "Kind": "image", "Available": available, "ImageData": data}


def detailed(*each: dict[str, Any]) -> dict[str, Any]:
    item: dict[str, Any] = {"Size": 7, "SharedSize": -1}
    add_details(item, each, {ONE, TWO}.__contains__)
    return item


def test_a_platform_that_any_node_has_is_there() -> None:
    first = {"Manifests": [manifest("m1", ONE), manifest("m2", available=False, size=0)]}
    second = {"Manifests": [manifest("m2", TWO, size=9), manifest("m1", TWO, size=6)]}
    assert detailed(first, second)["Manifests"] == [
        manifest("m1", ONE, TWO),
        manifest("m2", TWO, size=9),
    ]


def test_containers_that_are_not_seen_are_not_named() -> None:
    [shown] = detailed({"Manifests": [manifest("m1", OTHERS, ONE)]})["Manifests"]
    assert shown["ImageData"]["Containers"] == [ONE]


def test_attestations_have_no_image_data() -> None:
    attestation = {"ID": "m", "Kind": "attestation", "Available": True, "AttestationData": {}}
    assert detailed({"Manifests": [attestation]}, {"Manifests": [attestation]})["Manifests"] == [
        attestation
    ]


@pytest.mark.parametrize("bad", [None, 5, [5], [{"ID": None, "ImageData": {"Containers": 3}}]])
def test_nonsense_of_an_engine_does_no_harm(bad: Any) -> None:
    orjson.dumps(detailed({"Manifests": bad, "SharedSize": "much"}))


def test_shared_bytes_are_those_of_a_node() -> None:
    assert detailed({"SharedSize": 3}, {"SharedSize": 4})["SharedSize"] == 3
    assert detailed({"Manifests": []}) == {"Size": 7, "SharedSize": -1, "Manifests": []}


@pytest.mark.parametrize(
    ("version", "fields"),
    [
        ((1, 41), {"Containers": -1, "VirtualSize": 7}),
        ((1, 44), {"Containers": -1}),
        ((1, 48), {"Containers": -1, "Descriptor": {}}),
        ((1, 51), {"Containers": 2, "Descriptor": {}}),
    ],
)
def test_fields_come_and_go_with_the_version(version: Version, fields: dict[str, Any]) -> None:
    names: dict[str, Any] = {"RepoTags": [], "RepoDigests": ["a@sha256:1"]}
    item: dict[str, Any] = {**names, "Size": 7, "Containers": 9, "Descriptor": {}}
    as_of(item, version, 2)
    assert item == {**names, "Size": 7, **fields}


def test_what_has_no_name_was_called_so_once() -> None:
    for version, tags in (((1, 42), ["<none>:<none>"]), ((1, 43), [])):
        item: dict[str, Any] = {"RepoTags": [], "RepoDigests": []}
        as_of(item, version, 0)
        assert item["RepoTags"] == tags


def test_rows_count_the_containers_of_all_nodes() -> None:
    state = fleet(2)
    image = {"Id": "sha256:1", "RepoTags": ["app:1"], "Created": 1, "Size": 1}
    for number in (1, 2):
        state.dispatch(ImagesListed(key_of(number), [image]))
        listed(state, number, item(number, ImageID="sha256:1"), item(number + 2))
    known: EngineDetails = {
        (key_of(2), "sha256:1"): {"SharedSize": 4, "Manifests": [manifest("m")]}
    }
    [row] = orjson.loads(b"".join(image_list(state, ImageQuery(), NOW, (1, 51), known)))
    assert (row["Containers"], row["SharedSize"]) == (2, 4)
    assert row["Manifests"] == [manifest("m")]


def test_a_manifest_that_nobody_uses_says_so_in_its_engines_way() -> None:
    for used in (None, []):
        part = {"ID": "a", "Available": True, "ImageData": {"Containers": used}}
        item: dict[str, Any] = {}
        add_details(item, [{"Manifests": [part]}], lambda one: True)
        assert item["Manifests"] == [part]
