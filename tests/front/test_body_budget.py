from __future__ import annotations

import pytest
from twisted.internet.error import ConnectionLost
from twisted.python.failure import Failure

from swarmd.front.body_budget import BodyBudget, BudgetExceeded
from tests.front.test_channel import POST, connection, only_message


def test_what_all_take_together() -> None:
    body_budget = BodyBudget(100)
    body_budget.take("a", 40)
    body_budget.take("b", 30)
    body_budget.take("a", 70)
    assert body_budget.taken == 100
    with pytest.raises(BudgetExceeded, match="as many large request bodies as it may") as caught:
        body_budget.take("b", 31)
    assert caught.value.status == 503 and body_budget.taken == 100
    body_budget.free("a")
    body_budget.take("b", 100)
    body_budget.free("b")
    body_budget.free("nobody")
    assert body_budget.taken == 0


def test_large_bodies_share_their_room() -> None:
    """Until the answer: work on a large body waits for its turn."""
    made = connection()
    site = made.channel.site
    site.body_budget = BodyBudget(100_000)
    body = b"x" * 60_000
    head = b"POST /later HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
    made.send(head + b"Content-Length: 60001\r\n\r\n" + body)
    assert site.body_budget.taken == 60_000 and not made.answers()
    site.body_budget.take("somebody else", 40_000)
    made.send(b"x")
    status, words = only_message(made)
    assert status == 503 and "as many large request bodies" in words
    assert site.body_budget.taken == 40_000


def test_the_room_of_a_body_ends_with_its_answer_or_its_client() -> None:
    for leaves in (False, True):
        made = connection()
        made.send(POST + b"Content-Length: 60000\r\n\r\n" + b"x" * 59_999)
        body_budget = made.channel.site.body_budget
        assert body_budget.taken == 59_999
        if leaves:
            made.channel.connectionLost(Failure(ConnectionLost()))
        else:
            made.send(b"x")
        assert body_budget.taken == 0
