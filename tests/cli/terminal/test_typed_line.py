from __future__ import annotations

import os

from twisted.python.failure import Failure

from swarmd.cli.terminal.typed_line import TypedLine


def test_a_line_in_two_pieces_and_the_end_of_input() -> None:
    reading, writing = os.pipe()
    typed, found = TypedLine(reading), []
    typed.line.addCallback(found.append)
    os.write(writing, b"ye")
    typed.doRead()
    assert found == [] and (typed.fileno(), typed.logPrefix()) == (reading, "stdin")
    os.write(writing, b"s\nmore")
    typed.doRead()
    assert found == ["yes"]
    os.close(writing)
    typed.doRead()
    closed = TypedLine(reading)
    closed.line.addCallback(found.append)
    closed.doRead()
    closed.connectionLost(Failure(Exception("gone")))
    os.close(reading)
    assert found == ["yes", ""]
