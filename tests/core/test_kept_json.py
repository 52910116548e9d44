from __future__ import annotations

import tracemalloc

from swarmd.core.kept_json import kept_json


def test_it_holds_no_more_memory_than_it_needs() -> None:
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        kept = [kept_json({"Id": number}) for number in range(1000)]
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept[7] == b'{"Id":7}'
    assert after - before < 200 * len(kept)
