"""What an engine's line of progress says."""

from __future__ import annotations

from typing import Any


def failure_of(record: Any) -> str:
    """What went wrong, "" if nothing did.

    API 1.52 defines ``errorDetail`` alone; before, each line had the same words as ``error`` too.
    """
    if not isinstance(record, dict):
        return ""
    detail = record.get("errorDetail")
    words = detail.get("message") if isinstance(detail, dict) else ""
    return str(words or record.get("error") or "")
