"""Retry of calls that are safe to repeat: what an engine has done it does not do again."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from swarmd.core.errors import EngineUnreachable
from swarmd.streams.link import Answer


async def retry(call: Callable[[], Coroutine[Any, Any, Answer]]) -> Answer:
    """The answer; that to a second try if the first one was lost with its connection.

    Raises:
        EngineUnreachable: Both were lost. ``sent`` tells whether either may have been heard.
    """
    try:
        return await call()
    except EngineUnreachable as error:
        if not error.sent:
            raise
        lost = error
    try:
        return await call()
    except EngineUnreachable:
        raise lost from None
