"""What a test has left under way is refused at its end, so that nothing is dropped half done."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.manager.claims.rig import STANDING


@pytest.fixture(autouse=True)
def ended() -> Iterator[None]:
    yield
    while STANDING:
        STANDING.pop().end()
