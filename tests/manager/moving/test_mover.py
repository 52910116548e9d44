from __future__ import annotations

from typing import Any

import pytest
from twisted.internet.defer import Deferred

from swarmd.core.container.container_state import Container
from swarmd.core.errors import ApiError
from swarmd.manager.containers.pull_plans import PullPlans
from swarmd.manager.moving.blueprint import blueprint
from swarmd.manager.moving.mover import Mover
from swarmd.manager.nodes.operator_state import OperatorState
from swarmd.streams.link import Answer
from tests.cluster.fleet import full_id, key_of
from tests.manager.scripted import ScriptedFleet

OLD = Container(full_id(99), key_of(1), ("web",))
INSPECT: dict[str, Any] = {
    "Id": OLD.id,
    "Config": {"Image": "app"},
    "HostConfig": {"NetworkMode": "one"},
    "NetworkSettings": {"Networks": {"one": {}, "two": {"Aliases": ["w"]}}},
}
PLAIN: dict[str, Any] = {"Id": OLD.id, "Config": {"Image": "app"}}


class Pulls(ScriptedFleet):
    """``pulled`` are the targets of pulls; ``lines`` is what engines answer."""

    def __init__(self) -> None:
        self.pulled: list[str] = []
        self.lines = b'{"status":"done"}\n'
        super().__init__()
        self.plans = PullPlans(self.clock.seconds)

    def link(self, engine: Any) -> Any:
        link = super().link(engine)
        link.stream = self._stream
        return link

    async def _stream(self, method: str, target: str, receive: Any, **more: Any) -> Answer:
        self.pulled.append(target.partition("?")[2])
        receive(self.lines)
        return Answer(200, [], b"")

    def mover(self) -> Mover:
        creator = self.creator()
        creator._plans = self.plans
        return Mover(self, creator, self.plans, OperatorState())


def begun(fleet: Pulls, inspect: dict[str, Any]) -> list[Any]:
    results: list[Any] = []
    work = fleet.mover().create(blueprint(inspect, "web"), OLD)
    Deferred.fromCoroutine(work).addBoth(results.append)
    return results


def test_a_missing_image_is_pulled_to_where_the_create_went() -> None:
    fleet = Pulls()
    results = begun(fleet, PLAIN)
    first = fleet.calls.pop()
    first.answer(404)
    assert fleet.pulled == ["fromImage=app%3Alatest"]
    (second,) = fleet.calls
    assert second.engine == first.engine
    fleet.obey()
    assert results[0].engine == key_of(first.engine) and results[0].name == "web"


def test_a_pull_that_fails_says_why() -> None:
    fleet = Pulls()
    fleet.lines = b'{"error":"no such repository"}\n'
    results = begun(fleet, PLAIN)
    fleet.calls.pop().answer(404)
    assert "no such repository" in str(results[0].value) and fleet.calls == []


def test_further_networks_are_connected_before_anything_starts() -> None:
    fleet = Pulls()
    begun(fleet, INSPECT)
    create = fleet.calls.pop()
    assert list(create.body["NetworkingConfig"]["EndpointsConfig"]) == ["one"]
    create.answer(201, {"Id": fleet.make(create.engine, create.body, "web")})
    (connect,) = fleet.calls
    assert connect.path == "networks/two/connect"
    assert connect.body["EndpointConfig"] == {"Aliases": ["w"]}


def test_without_its_networks_it_is_removed_again() -> None:
    fleet = Pulls()
    results = begun(fleet, INSPECT)
    create = fleet.calls.pop()
    create.answer(201, {"Id": fleet.make(create.engine, create.body, "web")})
    fleet.calls.pop().answer(404)
    fleet.obey()
    assert isinstance(results[0].value, ApiError)
    assert fleet.names(create.engine) == {}


@pytest.mark.parametrize("status", [204, 404])
def test_removed_is_removed_whoever_did_it(status: int) -> None:
    fleet = Pulls()
    made = fleet.make(2, {"Image": "app"}, "web")
    fleet.listing(2)
    Deferred.fromCoroutine(fleet.mover().remove(fleet.state.containers[made]))
    fleet.calls.pop().answer(status)
    assert made not in fleet.state.containers
