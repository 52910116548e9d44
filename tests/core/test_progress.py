from __future__ import annotations

from typing import Any

import pytest

from swarmd.core.progress import failure_of


@pytest.mark.parametrize(
    ("record", "failure"),
    [
        ({"errorDetail": {"message": "no space", "code": 5}, "error": "no space"}, "no space"),
        ({"errorDetail": {"message": "no space"}}, "no space"),
        ({"error": "no space"}, "no space"),
        ({"errorDetail": {}, "error": "no space"}, "no space"),
        ({"errorDetail": "no space"}, ""),
        ({"status": "Downloading"}, ""),
        ({"errorDetail": None, "error": None}, ""),
        (["error"], ""),
    ],
)
def test_what_went_wrong(record: Any, failure: str) -> None:
    assert failure_of(record) == failure
