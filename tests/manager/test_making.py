from typing import Any

import orjson
import pytest

from swarmd.core.errors import EngineUnreachable
from swarmd.core.model import Demand
from swarmd.manager.making import NotMadeError, make
from swarmd.manager.order import Order, read_body
from swarmd.streams.link import Answer
from tests.manager.rig import Rig, result_of

ID = "a" * 64
MADE = (201, {"Id": ID, "Warnings": []})
TWO = {
    "HostConfig": {"NetworkMode": "back"},
    "NetworkingConfig": {"EndpointsConfig": {"front": {"Aliases": ["x"]}, "back": None}},
}


def made(rig: Rig, **body: Any) -> Answer:
    decoded, config = read_body(orjson.dumps({"Image": "app", **body}))
    order = Order("web", decoded, config, "", (1, 44))
    return result_of(make(rig.fleet, rig.engine(1), order, Demand()))


def paths(rig: Rig) -> list[str]:
    return [f"{method} {target}" for method, target in rig.wire(1).asked]


def test_an_old_engine_gets_one_network_and_joins_the_others() -> None:
    rig = Rig(1, api_max=(1, 41))
    rig.wire(1).on("POST", "/containers/create", MADE)
    rig.wire(1).on("POST", "/networks/front/connect", (200, {}))
    assert made(rig, **TWO).status == 201
    assert paths(rig) == [
        "POST /v1.41/containers/create?name=web",
        "POST /v1.41/networks/front/connect",
    ]
    create, connect = rig.wire(1).bodies
    assert create["NetworkingConfig"] == {"EndpointsConfig": {"back": None}}
    assert connect == {"Container": ID, "EndpointConfig": {"Aliases": ["x"]}}


def test_a_new_engine_gets_all_at_once() -> None:
    rig = Rig(1, api_max=(1, 45))
    rig.wire(1).on("POST", "/containers/create", MADE)
    assert made(rig, **TWO).status == 201
    assert len(paths(rig)) == 1
    assert rig.wire(1).bodies[0]["NetworkingConfig"] == TWO["NetworkingConfig"]


def test_a_network_that_refuses_leaves_no_container_behind() -> None:
    rig = Rig(1, api_max=(1, 41))
    rig.wire(1).on("POST", "/containers/create", MADE)
    refusal = (404, {"message": "network front not found"})
    rig.wire(1).on("POST", "/networks/front/connect", refusal)
    rig.wire(1).on("DELETE", f"/containers/{ID}", (204, b""))
    answer = made(rig, **TWO)
    assert (answer.status, orjson.loads(answer.body)) == refusal
    assert paths(rig)[-1] == f"DELETE /v1.41/containers/{ID}?force=1&v=1"


def test_an_engine_that_was_not_reached_made_nothing() -> None:
    with pytest.raises(NotMadeError, match="connection refused"):
        made(Rig(1))


def test_an_answer_that_was_lost_is_looked_up() -> None:
    rig = Rig(1)
    lost = EngineUnreachable("node-1", "connection lost", sent=True)
    rig.wire(1).on("POST", "/containers/create", lost)
    with pytest.raises(EngineUnreachable, match="whether container web was created there"):
        made(rig)
    rig.wire(1).on("GET", "/containers/web/json", (404, {"message": "No such container"}))
    with pytest.raises(NotMadeError):
        made(rig)
    rig.wire(1).on("GET", "/containers/web/json", (200, {"Id": ID}))
    assert orjson.loads(made(rig).body)["Id"] == ID
