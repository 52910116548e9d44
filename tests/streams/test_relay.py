"""Two ends joined: which end takes the other one with it."""

from __future__ import annotations

from swarmd.streams.relay import Relay, throttle
from tests.streams.memory import DONE, LOST, Wire


class Ends:
    def __init__(self) -> None:
        self.client, self.engine = Wire(), Wire()
        self.over: list[Relay] = []
        self.relay = Relay(self.client, self.engine, self.over.append)
        throttle(self.relay.client, self.relay.engine)


def test_bytes_cross() -> None:
    ends = Ends()
    ends.relay.client.received(b"in")
    ends.relay.engine.received(b"out")
    assert (ends.engine.sent, ends.client.sent) == (b"in", b"out")


def test_each_is_the_others_throttle() -> None:
    ends = Ends()
    assert ends.client.producer is ends.engine
    assert ends.engine.producer is ends.client


def test_an_end_is_passed_on_even_by_a_paused_producer() -> None:
    ends = Ends()
    ends.client.pauseProducing()
    ends.relay.client.half_closed()
    assert ends.engine.ended and ends.engine.producer is None
    assert not ends.client.ended


def test_an_end_that_is_told_twice_counts_once() -> None:
    ends = Ends()
    ends.relay.client.half_closed()
    ends.relay.client.half_closed()
    assert not ends.engine.disconnecting


def test_both_ends_close_both() -> None:
    ends = Ends()
    ends.relay.client.half_closed()
    ends.relay.engine.half_closed()
    assert ends.client.disconnecting and ends.engine.disconnecting
    ends.relay.client.lost(DONE)
    assert not ends.engine.aborted, "it may still have to send what is queued"
    ends.relay.engine.lost(DONE)
    assert ends.over == [ends.relay]


def test_a_client_that_is_lost_aborts_the_engine() -> None:
    ends = Ends()
    ends.relay.client.half_closed()
    ends.relay.client.lost(LOST)
    assert ends.engine.aborted and ends.over == [ends.relay]


def test_an_engine_that_is_lost_aborts_the_client() -> None:
    ends = Ends()
    ends.relay.engine.lost(LOST)
    assert ends.client.aborted and ends.over == [ends.relay]


def test_an_engine_that_ended_and_is_lost_lets_the_client_have_the_rest() -> None:
    ends = Ends()
    ends.relay.engine.half_closed()
    ends.relay.engine.lost(LOST)
    assert ends.client.disconnecting and not ends.client.aborted


def test_the_link_closes() -> None:
    ends = Ends()
    ends.relay.refuse("gone")
    assert ends.client.aborted and ends.engine.aborted
    ends.relay.client.lost(LOST)
    ends.relay.engine.lost(LOST)
    assert ends.over == [ends.relay]


def test_an_engine_that_takes_no_more_is_read_to_its_end_which_is_none() -> None:
    ends = Ends()
    ends.relay.side_deaf(ends.relay.engine)
    assert not ends.client.aborted and not ends.engine.aborted
    ends.relay.engine.received(b"last words")
    ends.relay.engine.half_closed()
    assert ends.engine.aborted and not ends.client.ended
    ends.relay.engine.lost(LOST)
    assert ends.client.sent == b"last words" and ends.client.aborted


def test_a_client_that_takes_no_more_is_gone() -> None:
    ends = Ends()
    ends.relay.side_deaf(ends.relay.client)
    assert ends.client.aborted
