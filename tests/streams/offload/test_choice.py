"""Which way a direction goes over plain sockets; with TLS: tests/wire/test_offload.py."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest
from twisted.internet.protocol import Protocol
from twisted.internet.tcp import Connection

from swarmd.codec.framing import Chunked, Sized, Walk
from swarmd.streams.offload.choice import hand_over
from swarmd.streams.relay import Carrier, Side, pair
from swarmd.streams.splice import Bulk
from tests.streams.memory import Wire


@pytest.fixture
def plain() -> Iterator[Side]:
    ends = socket.socketpair()
    owner: Any = None
    one, two = (Side(Connection(end, Protocol(), object()), owner) for end in ends)  # type: ignore[arg-type]
    pair(one, two)
    yield one
    for end in ends:
        end.close()


@pytest.mark.parametrize("walk", [None, Walk(Sized(5))])
def test_the_kernel_has_what_nobody_reads(plain: Side, walk: Walk | None) -> None:
    carriers: list[Carrier] = []
    hand_over(plain, list[bytes]().append, carriers, walk)
    assert isinstance(carriers[0], Bulk) and plain.deliver is carriers[0]


@pytest.mark.parametrize("walk", [Walk(Chunked()), Walk(Sized(0))])
def test_chunks_are_read_and_so_is_what_follows_a_body(plain: Side, walk: Walk) -> None:
    carriers: list[Carrier] = []
    got: list[bytes] = []
    hand_over(plain, got.append, carriers, walk)
    plain.deliver(b"abc")
    assert (carriers, got) == ([], [b"abc"])


def test_what_is_no_socket_goes_as_it_comes() -> None:
    owner: Any = None
    one, two = Side(Wire(), owner), Side(Wire(), owner)
    pair(one, two)
    carriers: list[Carrier] = []
    hand_over(one, two.transport.write, carriers)
    assert carriers == []
