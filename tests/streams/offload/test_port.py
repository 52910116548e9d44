"""A lent socket: what it takes, what waits, what ends it."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from swarmd.streams.offload.port import Ended, LentSocket

Pair = tuple[LentSocket, socket.socket]


@pytest.fixture
def pair() -> Iterator[Pair]:
    ours, theirs = socket.socketpair()
    for end in (ours, theirs):
        end.setblocking(False)
    yield LentSocket(ours, b""), theirs
    ours.close()
    theirs.close()


def test_it_reads_what_is_there_and_then_would_block(pair: Pair) -> None:
    lent, theirs = pair
    theirs.send(b"abc")
    assert lent.read() == b"abc"
    with pytest.raises(BlockingIOError):
        lent.read()


def test_an_end_is_no_error(pair: Pair) -> None:
    lent, theirs = pair
    theirs.shutdown(socket.SHUT_WR)
    with pytest.raises(Ended):
        lent.read()
    assert lent.read_error is None


def test_what_the_socket_does_not_take_waits_in_order(pair: Pair) -> None:
    lent, theirs = pair
    data = bytes(range(256)) * 8192
    lent.write(data)
    assert lent.unsent
    got = b""
    while len(got) < len(data):
        got += theirs.recv(1 << 20)
        lent.flush()
    assert got == data and not lent.unsent


def test_an_error_of_writing_is_kept(pair: Pair) -> None:
    lent, theirs = pair
    theirs.close()
    with pytest.raises(Ended):
        lent.write(b"abc")
    assert isinstance(lent.write_error, OSError)
