from __future__ import annotations

from twisted.internet.error import ConnectionDone
from twisted.python.failure import Failure

from swarmd.front.lingering_close import MAX_LINGER, LingeringClose
from tests.front.memory import Transport


def test_it_reads_so_much_and_no_more() -> None:
    transport = Transport()
    end = LingeringClose(transport)
    end.received(b"x" * MAX_LINGER)
    assert not transport.aborted
    end.received(b"x")
    assert transport.aborted
    end.lost(Failure(ConnectionDone()))


def test_it_closes_with_the_client() -> None:
    transport = Transport()
    LingeringClose(transport).half_closed()
    assert transport.disconnecting and not transport.aborted
