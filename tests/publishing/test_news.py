from __future__ import annotations

from twisted.internet.task import Clock

from swarmd.cluster.actions import EngineAnswered, EngineFailed
from swarmd.cluster.publishing.frontend import Port
from swarmd.cluster.publishing.shown_ports import ShownPorts
from swarmd.cluster.state import State
from swarmd.publishing.news import SOON, PortNews
from tests.cluster.fleet import (
    NOW,
    full_id,
    happened,
    inspect,
    inspected,
    item,
    join,
    key_of,
    listed,
)
from tests.cluster.publishing.rig import Doors, table

WEB = Port(8080, "tcp")
BOUND = {"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}]}
ITEM = {"IP": "0.0.0.0", "PrivatePort": 80, "PublicPort": 8080, "Type": "tcp"}


class Rig:
    def __init__(self) -> None:
        self.state, self.clock, self.doors = State(), Clock(), Doors()
        self.table = table(self.doors)
        self.asked: list[str] = []
        PortNews(self.state, ShownPorts(self.table), self.clock, self.asked.append)
        join(self.state, 1)
        listed(self.state, 1, item(1, Ports=[ITEM]))
        body = inspect(1, HostConfig__PortBindings=BOUND, NetworkSettings__Ports=BOUND)
        inspected(self.state, 1, body, at=1.0)


def test_what_runs_is_listened_for() -> None:
    assert Rig().doors.listening == {WEB}


def test_a_lost_node_ends_it_and_its_return_begins_it_again() -> None:
    rig = Rig()
    rig.state.dispatch(EngineFailed(key_of(1), "gone", NOW, fatal=True))
    assert rig.doors.listening == set()
    rig.state.dispatch(EngineAnswered(key_of(1), NOW))
    assert rig.doors.listening == {WEB}


def test_a_container_that_dies_ends_it() -> None:
    rig = Rig()
    happened(rig.state, 1, "die")
    assert rig.doors.listening == set()


def test_a_start_has_the_engine_asked_once_soon() -> None:
    rig = Rig()
    happened(rig.state, 1, "start")
    happened(rig.state, 1, "restart")
    assert rig.asked == []
    rig.clock.advance(SOON)
    assert rig.asked == [key_of(1)]
    happened(rig.state, 1, "start")
    rig.clock.advance(SOON)
    assert len(rig.asked) == 2


def test_one_that_is_told_to_stop_is_left_to_itself() -> None:
    rig = Rig()
    (backend,) = rig.table.frontends[WEB].backends.values()
    happened(rig.state, 1, "kill", signal="1")
    assert not backend.leaving
    happened(rig.state, 1, "kill", signal="15")
    assert backend.leaving
    assert rig.table.holds(full_id(1))
