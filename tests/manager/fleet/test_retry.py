from __future__ import annotations

from typing import Any

import pytest

from swarmd.core.errors import EngineUnreachable
from swarmd.manager.fleet.retry import retry
from swarmd.streams.link import Answer
from tests.manager.rig import result_of

LOST = EngineUnreachable("node-1", "connection lost", sent=True)
REFUSED = EngineUnreachable("node-1", "connection refused")
DONE = Answer(204, [], b"")


def asked(*replies: Answer | EngineUnreachable) -> tuple[Any, int]:
    """What comes of it, and how often the engine was asked."""
    left = list(replies)

    async def call() -> Answer:
        reply = left.pop(0)
        if isinstance(reply, EngineUnreachable):
            raise reply
        return reply

    try:
        return result_of(retry(call)), len(replies) - len(left)
    except EngineUnreachable as error:
        return error, len(replies) - len(left)


@pytest.mark.parametrize(
    "replies, outcome, times",
    [
        ([DONE], DONE, 1),
        ([LOST, DONE], DONE, 2),
        ([REFUSED, DONE], REFUSED, 1),
        ([LOST, REFUSED], LOST, 2),
        ([LOST, LOST, DONE], LOST, 2),
    ],
)
def test_once_more_if_the_answer_was_lost(replies: Any, outcome: Any, times: int) -> None:
    assert asked(*replies) == (outcome, times)
