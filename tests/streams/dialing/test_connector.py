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
    told: list[str] = field(default_factory=list)

    def connected(self, connection: EngineConnection, *, reused: bool) -> None:
        self.connection = connection
        self.told.append("old" if reused else "new")

    def unreachable(self, cause: str, *, silent: bool = False) -> None:
        self.told.append(f"unreachable: {cause}")

    def refuse(self, cause: str) -> None:
        self.told.append(f"refused: {cause}")


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
    assert begun(connector, fresh=True).told == ["new"], "it wants one of its own"
    second = begun(connector)
    assert (second.told, second.connection) == (["old"], first.connection)
    connector.close()


def test_the_address_that_answered_last_is_known(connector: Connector) -> None:
    assert connector.peer == ""
    caller = begun(connector)
    assert connector.peer == caller.connection.transport.getPeer().host


def test_a_dial_is_given_up_with_its_caller(engine: Engine, connector: Connector) -> None:
    engine.hold = True
    caller = begun(connector)
    connector.over(caller)
    assert (caller.told, engine.connections) == ([], [])


def test_a_dial_that_fails(engine: Engine, connector: Connector) -> None:
    engine.refusal = ConnectionRefusedError()
    assert begun(connector).told == ["unreachable: connection refused"]


def test_an_interrupt_ends_those_that_wait(connector: Connector) -> None:
    waiting, served = begun(connector), begun(connector, waiting=False)
    connector.interrupt("no answer to pings")
    assert (waiting.told[1:], served.told[1:]) == (["refused: no answer to pings"], [])
    assert begun(connector).told == ["new"]


def test_a_retired_one_lets_go_on_what_has_begun(connector: Connector) -> None:
    served = begun(connector, waiting=False)
    connector.retire()
    assert served.told == ["new"]
    assert begun(connector).told == ["unreachable: the node was removed"]


def test_closing_ends_everything(connector: Connector) -> None:
    served, adopted = begun(connector, waiting=False), Asking(waiting=False)
    connector.adopt(adopted)
    connector.close("swarmd ends")
    assert served.told[1:] == adopted.told == ["refused: swarmd ends"]
    connector.put_back(served.connection)
    assert served.connection.transport.aborted


def test_who_is_over_hears_no_more(connector: Connector) -> None:
    caller = begun(connector)
    connector.over(caller)
    connector.close()
    assert caller.told == ["new"]
