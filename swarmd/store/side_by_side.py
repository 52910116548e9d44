"""Several questions at once, and the error of the first that fails as it is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from twisted.internet.defer import Deferred, FirstError, gatherResults


async def side_by_side(asked: Iterable[Deferred[Any]]) -> list[Any]:
    """All answers, in order; raises what the first to fail raised."""
    try:
        return await gatherResults(list(asked), consumeErrors=True)
    except FirstError as error:
        assert error.subFailure.value is not None
        raise error.subFailure.value from None
