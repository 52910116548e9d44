from __future__ import annotations

import random

import pytest

from swarmd.core.errors import BadParameter
from swarmd.core.names import (
    check_container_name,
    is_full_id,
    is_hex,
    natural,
    random_name,
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


def test_ids() -> None:
    assert is_full_id("0" * 64)
    assert not is_full_id("0" * 63) and not is_full_id("g" * 64)
    assert is_hex("cafe") and not is_hex("busybox") and not is_hex("")
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
