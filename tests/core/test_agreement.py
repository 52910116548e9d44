from __future__ import annotations

from swarmd.core.agreement import Agreement
from swarmd.core.index.histogram import Histogram


def test_what_is_counted_has_names() -> None:
    found = Agreement(True, False, 3, 1, 0, 10, 2, 1, Histogram((1.0,)))
    assert (found.managers, found.commits, found.conflicts, found.failures) == (3, 10, 2, 1)
