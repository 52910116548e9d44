"""The node by which commits to ZooKeeper are one after another, and what stands in it.

Each commit writes it on condition that nobody else did meanwhile. So what was read before is still
so, and its version numbers the commits. It holds the keys that the last of them wrote: who follows
reads these, and no more.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import orjson

KEPT = 64  # commits


def after_commit(data: bytes, keys: Iterable[str]) -> bytes:
    """The node's data with one more commit."""
    return orjson.dumps([*commits(data), sorted(keys)][-KEPT:])


def commits(data: bytes) -> Sequence[list[str]]:
    """The keys of the last commits; none if it is something else."""
    try:
        found = orjson.loads(data)
    except orjson.JSONDecodeError:
        return []
    return found if isinstance(found, list) else []


def written_since(data: bytes, version: int, seen: int) -> set[str] | None:
    """Keys that were written after version ``seen``; None if that is not known any more."""
    missed = version - seen
    kept = commits(data)
    if not 0 <= missed <= len(kept):
        return None
    return {key for keys in kept[len(kept) - missed :] for key in keys}
