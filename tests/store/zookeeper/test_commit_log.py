"""What the log of commits says."""

from __future__ import annotations

import pytest

from swarmd.store.zookeeper.commit_log import KEPT, after_commit, commits, written_since


def test_what_was_written_since() -> None:
    data = after_commit(after_commit(after_commit(b"", ["a"]), ["c", "b"]), ["d"])
    assert commits(data) == [["a"], ["b", "c"], ["d"]]
    assert written_since(data, 3, 3) == set()
    assert written_since(data, 3, 1) == {"b", "c", "d"}
    assert written_since(data, 3, 0) == {"a", "b", "c", "d"}


@pytest.mark.parametrize(("version", "seen"), [(3, -1), (2, 3), (10, 2)])
def test_what_is_not_known(version: int, seen: int) -> None:
    data = after_commit(after_commit(after_commit(b"", ["a"]), ["b"]), ["c"])
    assert written_since(data, version, seen) is None


@pytest.mark.parametrize("data", [b"", b"{}", b"7", b"\xff"])
def test_no_log(data: bytes) -> None:
    assert commits(data) == []
    assert written_since(data, 5, 4) is None


def test_it_keeps_so_many() -> None:
    data = b""
    for number in range(KEPT + 5):
        data = after_commit(data, [str(number)])
    assert commits(data)[0] == ["5"]
    assert len(commits(data)) == KEPT
