"""What a loan moves in one turn, what it waits for, and when it is over."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from select import EPOLLHUP, EPOLLIN, EPOLLOUT

import pytest

from swarmd.codec.framing import Sized, Walk
from swarmd.streams.offload.loan import Direction, Loan
from swarmd.streams.offload.port import LentSocket


class Case:
    """client -> (one | loan | two) -> engine"""

    def __init__(self, walk: Walk | None = None, *, watched: bool = False) -> None:
        self.client, one = socket.socketpair()
        two, self.engine = socket.socketpair()
        self.ends = (self.client, one, two, self.engine)
        for end in self.ends:
            end.setblocking(False)
        self.one, self.two = LentSocket(one, b""), LentSocket(two, b"")
        self.flow = Direction(self.one, self.two, walk)
        self.loan = Loan((self.flow,), self.two if watched else None, lambda loan: None)

    def close(self) -> None:
        for end in self.ends:
            end.close()


@pytest.fixture
def case() -> Iterator[Case]:
    made = Case(watched=True)
    yield made
    made.close()


def test_what_came_goes_on_and_is_counted(case: Case) -> None:
    case.client.send(b"abc")
    assert case.loan.run(case.one, EPOLLIN)
    assert case.engine.recv(10) == b"abc" and case.flow.moved == 3


def test_it_waits_for_the_source_and_the_word_of_the_other_side(case: Case) -> None:
    assert (case.loan.wanted(case.one), case.loan.wanted(case.two)) == (EPOLLIN, EPOLLIN)


def test_while_the_sink_is_full_the_source_is_not_read(case: Case) -> None:
    case.two.unsent = memoryview(b"x")
    assert (case.loan.wanted(case.one), case.loan.wanted(case.two)) == (0, EPOLLIN | EPOLLOUT)


@pytest.mark.parametrize("event", [EPOLLIN, EPOLLHUP])
def test_any_word_of_the_watched_side_is_for_the_reactor(case: Case, event: int) -> None:
    case.client.send(b"abc")
    assert not case.loan.run(case.two, event)
    assert case.flow.moved == 0


def test_room_at_the_watched_side_is_not_a_word(case: Case) -> None:
    assert case.loan.run(case.two, EPOLLOUT)


def test_an_end_is_for_the_reactor(case: Case) -> None:
    case.client.close()
    assert not case.loan.run(case.one, EPOLLIN)


def test_who_is_recalled_stops_after_a_piece(case: Case) -> None:
    case.loan.recalled = True
    case.client.send(b"abc")
    assert case.loan.run(case.one, EPOLLIN)
    assert case.flow.moved == 3


def test_the_last_piece_of_a_body_is_left_unread() -> None:
    case = Case(Walk(Sized(6)))
    case.client.send(b"abc")
    assert case.loan.run(case.one, EPOLLIN)
    case.client.send(b"defghi")
    assert not case.loan.run(case.one, EPOLLIN)
    assert case.engine.recv(100) == b"abc" and case.flow.left == b"defghi"
    case.close()
