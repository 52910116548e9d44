"""What a commit may be."""

from __future__ import annotations

import pytest

from swarmd.store.commit_rules import (
    LARGEST_COMMIT,
    LONGEST_KEY,
    MOST_KEYS,
    check_commit,
    check_key,
)
from swarmd.store.interfaces import Absent, Condition, Delete, Put, Unchanged, Write


@pytest.mark.parametrize(
    "key", ["a", "names/web.1", "a/b/c", "ports/x/[::1]:80-tcp", "...", "a/.b"]
)
def test_keys(key: str) -> None:
    check_key(key)


@pytest.mark.parametrize(
    "key",
    ["", "/a", "a/", "a//b", "a b", "ä", "a\n", ".", "..", "a/..", "./a", "a/./b", "a" * 1025],
)
def test_no_keys(key: str) -> None:
    with pytest.raises(ValueError, match="key"):
        check_key(key)


@pytest.mark.parametrize(
    ("conditions", "writes", "why"),
    [
        ([], [], "without a write"),
        ([Absent("a")], [], "without a write"),
        ([Absent("a"), Unchanged("a", 1)], [Delete("a")], "two conditions of a"),
        ([], [Put("a", b"1"), Delete("a")], "two writes of a"),
        ([Absent("/a")], [Delete("a")], "no key"),
        ([], [Put("a", b"")], "nothing to put at a"),
        ([], [Put("a", bytes(LARGEST_COMMIT))], "bytes"),
        ([], [Put(f"k{n}", b"1") for n in range(MOST_KEYS + 1)], "keys"),
        ([Absent(f"k{n}") for n in range(MOST_KEYS)], [Put("a", b"1")], "keys"),
    ],
)
def test_what_no_store_can_do(conditions: list[Condition], writes: list[Write], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        check_commit(conditions, writes)


def test_the_largest_commit() -> None:
    keys = ["k" * (LONGEST_KEY - 2) + f"{n:02}" for n in range(MOST_KEYS)]
    puts = [Put(key, b"v" * (LARGEST_COMMIT // MOST_KEYS - LONGEST_KEY)) for key in keys]
    check_commit([Absent(key) for key in keys], puts)
