"""Who gets which connection, and who is told when they end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from twisted.internet.error import ConnectionRefusedError

from swarmd.streams.connection import EngineConnection
from swarmd.streams.dialing.connector import Connector
from tests.streams.memory import Engine


@dataclass(eq=False)
class Asking:
    """A caller that remembers what it was told."""

    method: bytes = b"GET"
    waiting: bool = True
    connection: Any = None
    diary: list[str] = field(default_factory=list)

    def connected(self, connection: EngineConnection, *, reused: bool) -> None:
        self.connection = connection
        self.diary.append("old" if reused else "new")

    def unreachable(self, cause: str, *, silent: bool = False) -> None:
        self.diary.append(f"unreachable: {cause}")

    def refuse(self, cause: str) -> None:
        self.diary.append(f"refused: {cause}")


@pytest.fixture
def engine() -> Engine:
    return Engine()


@pytest.fixture
def connector(engine: Engine) -> Connector:
    return Connector("node-1", engine.dial, engine.clock)


def begun(connector: Connector, *, waiting: bool = True, fresh: bool = False) -> Asking:
    caller = Asking(waiting=waiting)
    connector.begin(caller, fresh=fresh)
    return caller


def test_a_connection_that_was_put_back_is_the_next_ones(connector: Connector) -> None:
    first = begun(connector)
    connector.over(first)
    connector.put_back(first.connection)
    assert begun(connector, fresh=True).diary == ["new"], "it wants one of its own"
    second = begun(connector)
    assert (second.diary, second.connection) == (["old"], first.connection)
    connector.close()


def test_the_address_that_answered_last_is_known(connector: Connector) -> None:
    assert connector.peer == ""
    caller = begun(connector)
    assert connector.peer == caller.connection.transport.getPeer().host


def test_a_dial_is_given_up_with_its_caller(engine: Engine, connector: Connector) -> None:
    engine.hold = True
    caller = begun(connector)
    connector.over(caller)
    assert (caller.diary, engine.connections) == ([], [])


def test_a_dial_that_fails(engine: Engine, connector: Connector) -> None:
    engine.refusal = ConnectionRefusedError()
    assert begun(connector).diary == ["unreachable: connection refused"]


def test_an_interrupt_ends_those_that_wait(connector: Connector) -> None:
    waiting, served = begun(connector), begun(connector, waiting=False)
    connector.interrupt("no answer to pings")
    assert (waiting.diary[1:], served.diary[1:]) == (["refused: no answer to pings"], [])
    assert begun(connector).diary == ["new"]


def test_a_retired_one_lets_go_on_what_has_begun(connector: Connector) -> None:
    served = begun(connector, waiting=False)
    connector.retire()
    assert served.diary == ["new"]
    assert begun(connector).diary == ["unreachable: the node was removed"]


def test_closing_ends_everything(connector: Connector) -> None:
    served, adopted = begun(connector, waiting=False), Asking(waiting=False)
    connector.adopt(adopted)
    connector.close("swarmd ends")
    assert served.diary[1:] == adopted.diary == ["refused: swarmd ends"]
    connector.put_back(served.connection)
    assert served.connection.transport.aborted


def test_who_is_over_hears_no_more(connector: Connector) -> None:
    caller = begun(connector)
    connector.over(caller)
    connector.close()
    assert caller.diary == ["new"]
