from __future__ import annotations

import random

import pytest

from swarmd.core.errors import BadParameter
from swarmd.core.names import (
    check_container_name,
    familiar,
    is_full_id,
    join_reference,
    may_be_id,
    natural,
    random_name,
    repository_of,
    short_id,
    split_node,
)

DIGEST = "sha256:" + "a" * 64


@pytest.mark.parametrize("name", ["web", "/web", "a1", "A.b_c-d", "0x"])
def test_good_container_names(name: str) -> None:
    check_container_name(name)


@pytest.mark.parametrize("name", ["", "a", "bad*name", "-web", "a/b", "web\n", "ü1", "/", "//ab"])
def test_bad_container_names(name: str) -> None:
    with pytest.raises(BadParameter) as caught:
        check_container_name(name)
    assert caught.value.message == (
        f"Invalid container name ({name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed"
    )


def test_random_names_are_valid_free_and_repeatable() -> None:
    names: set[str] = set()
    chooser = random.Random(1)
    for _ in range(3000):
        name = random_name(chooser.choice, names.__contains__)
        check_container_name(name)
        assert name not in names
        names.add(name)
    again = random_name(random.Random(1).choice, lambda name: False)
    assert again in names and "_" in again


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("busybox", "busybox:latest"),
        ("busybox:1", "busybox:1"),
        ("docker.io/library/busybox", "busybox:latest"),
        ("index.docker.io/me/app:2", "me/app:2"),
        ("docker.io/me/app", "me/app:latest"),
        ("reg:5000/app", "reg:5000/app:latest"),
        ("reg:5000/app:3", "reg:5000/app:3"),
        (f"busybox@{DIGEST}", f"busybox@{DIGEST}"),
        (f"reg:5000/app:3@{DIGEST}", f"reg:5000/app@{DIGEST}"),
        (DIGEST, DIGEST),
        ("a" * 64, "a" * 64),
    ],
)
def test_image_references(given: str, shown: str) -> None:
    assert familiar(given) == shown
    assert familiar(shown) == shown


@pytest.mark.parametrize(
    ("image", "tag", "joined"),
    [
        ("busybox", "1", "busybox:1"),
        ("docker.io/library/busybox", "", "busybox:latest"),
        ("busybox", DIGEST, f"busybox@{DIGEST}"),
        ("", "1", ""),
    ],
)
def test_pull_references(image: str, tag: str, joined: str) -> None:
    assert join_reference(image, tag) == joined


def test_repositories() -> None:
    assert repository_of("reg:5000/app:3") == "reg:5000/app"
    assert repository_of(f"app@{DIGEST}") == "app"


def test_ids() -> None:
    assert is_full_id("0" * 64)
    assert not is_full_id("0" * 63) and not is_full_id("g" * 64)
    assert may_be_id("cafe") and may_be_id(DIGEST) and not may_be_id("busybox")
    assert short_id(DIGEST) == "a" * 12
    assert short_id("b" * 64) == "b" * 12


@pytest.mark.parametrize(
    ("ref", "parts"),
    [
        ("web", ("", "web")),
        ("/web", ("", "web")),
        ("n/web", ("n", "web")),
        ("/n/a/b", ("n", "a/b")),
    ],
)
def test_node_references(ref: str, parts: tuple[str, str]) -> None:
    assert split_node(ref) == parts


def test_natural_order() -> None:
    names = ["node-10", "node-2", "node-1", "alpha", "7", "node-1b"]
    assert sorted(names, key=natural) == ["7", "alpha", "node-1", "node-1b", "node-2", "node-10"]
