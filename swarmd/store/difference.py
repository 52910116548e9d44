"""What changed between two looks at a prefix."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from swarmd.store.interfaces import Change, KeyValue


def difference(known: Mapping[str, int], entries: Iterable[KeyValue]) -> list[Change]:
    """What to tell whoever knows keys by these revisions, so that he knows the entries."""
    found = {entry.key: entry for entry in entries}
    gone = [Change(key, None) for key in known if key not in found]
    new = [Change(key, e) for key, e in found.items() if known.get(key) != e.revision]
    return gone + new
