"""After every test: all trackers stop, and nothing of them is left."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import Any

import pytest
from twisted.logger import globalLogPublisher

from tests.engine.scripted import Rig


@pytest.fixture(autouse=True)
def failures() -> Iterator[list[str]]:
    """The failures that were logged, in words; a test that expects some takes them out."""
    logged: list[str] = []

    def observe(event: dict[str, Any]) -> None:
        if "log_failure" in event:
            logged.append(str(event["log_failure"]))

    globalLogPublisher.addObserver(observe)
    yield logged
    Rig.stop_all()
    gc.collect(1)
    globalLogPublisher.removeObserver(observe)
    assert logged == []
