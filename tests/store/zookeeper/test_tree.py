"""Keys as nodes. The rest on a real server: tests/contract/test_zookeeper_store.py."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from swarmd.store.interfaces import Absent, Condition, KeyValue, Unchanged
from swarmd.store.zookeeper.tree import Node, ZooKeeperTree, entry_of, holds

KEY: Node = (b"1", SimpleNamespace(mzxid=7))
FOLDER: Node = (b"", SimpleNamespace(mzxid=7))


def test_paths() -> None:
    assert ZooKeeperTree("a/b").path("c/d") == "/a/b/c/d"
    assert ZooKeeperTree("a/b").path("") == "/a/b"
    assert ZooKeeperTree("").path("c") == "/c"
    assert ZooKeeperTree("").path("") == "/"


def test_a_folder_is_no_entry() -> None:
    assert entry_of("k", KEY) == KeyValue("k", b"1", 7)
    assert entry_of("k", FOLDER) is None
    assert entry_of("k", None) is None


@pytest.mark.parametrize(
    ("condition", "node", "good"),
    [
        (Absent("k"), None, True),
        (Absent("k"), FOLDER, True),
        (Absent("k"), KEY, False),
        (Unchanged("k", 7), KEY, True),
        (Unchanged("k", 6), KEY, False),
        (Unchanged("k", 7), FOLDER, False),
        (Unchanged("k", 7), None, False),
    ],
)
def test_conditions(condition: Condition, node: Node | None, good: bool) -> None:
    assert holds(condition, node) is good
