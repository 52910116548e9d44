"""The pool as a whole is tested with its link."""

from __future__ import annotations

import socket

from twisted.internet.task import Clock

from swarmd.streams.connection import EngineConnection
from swarmd.streams.dialing.pool import Pool
from tests.streams.memory import Wire


def test_a_dead_connection_is_passed_over() -> None:
    pool = Pool(Clock())
    good, bad = EngineConnection(), EngineConnection()
    for connection in (good, bad):
        connection.makeConnection(Wire())
        pool.put(connection)
    ours, theirs = socket.socketpair()
    theirs.close()
    bad.transport.socket = ours
    assert pool.take() is good
    assert bad.transport.aborted
    assert len(pool) == 0
    ours.close()
    pool.close()
