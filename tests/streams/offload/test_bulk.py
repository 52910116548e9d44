"""What goes over needs TLS and sockets; how it goes and comes back: tests/wire/test_offload.py."""

from __future__ import annotations

import socket
from typing import Any

from twisted.internet.protocol import Protocol
from twisted.internet.tcp import Connection

from swarmd.streams.offload.bulk import offload
from swarmd.streams.relay import Side, pair
from swarmd.tls.half_close import ClientTLSFactory
from tests.streams.memory import Wire


def _sides(one: Any, two: Any) -> tuple[Side, Side]:
    owner: Any = None
    sides = Side(one, owner), Side(two, owner)
    pair(*sides)
    return sides


def _tls(below: Any) -> Any:
    made = ClientTLSFactory.protocol(None, Protocol())
    made.transport = below
    return made


def test_a_stream_goes_over_if_either_leg_has_tls_and_both_are_sockets() -> None:
    ends = socket.socketpair()
    one, two = (Connection(end, Protocol(), object()) for end in ends)  # type: ignore[arg-type]
    assert offload(*_sides(one, two)) == ()
    assert offload(*_sides(_tls(one), Wire())) == ()
    assert offload(*_sides(_tls(Wire()), two)) == ()
    for legs in ((_tls(one), two), (one, _tls(two)), (_tls(one), _tls(two))):
        assert len(offload(*_sides(*legs))) == 1
    for end in ends:
        end.close()
