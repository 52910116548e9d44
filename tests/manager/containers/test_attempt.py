from collections.abc import Coroutine
from typing import Any

import orjson
import pytest
from twisted.internet.defer import Deferred

from swarmd.core.container.container_state import Demand
from swarmd.core.errors import EngineUnreachable
from swarmd.core.names import IDENTITY
from swarmd.manager.containers.attempt import LOOKS, PAUSE, NotMadeError, make
from swarmd.manager.containers.create_order import CreateOrder, read_body
from swarmd.streams.link import Answer
from tests.manager.rig import Rig, result_of

ID = "a" * 64
MADE = (201, {"Id": ID, "Warnings": []})
TWO = {
    "HostConfig": {"NetworkMode": "back"},
    "NetworkingConfig": {"EndpointsConfig": {"front": {"Aliases": ["x"]}, "back": {}}},
}


def made(rig: Rig, **body: Any) -> Answer:
    return result_of(_make(rig, **body))


def begun(rig: Rig, **body: Any) -> Deferred[Answer]:
    return Deferred.fromCoroutine(_make(rig, **body))


def _make(rig: Rig, **body: Any) -> Coroutine[Any, Any, Answer]:
    decoded, config = read_body(orjson.dumps({"Image": "app", **body}))
    order = CreateOrder("web", decoded, config, "", (1, 44))
    return make(rig.fleet, rig.engine(1), order, Demand())


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
    assert create["NetworkingConfig"] == {"EndpointsConfig": {"back": {}}}
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


def test_one_that_cannot_be_removed_is_there() -> None:
    rig = Rig(1, api_max=(1, 41))
    rig.wire(1).on("POST", "/containers/create", MADE)
    rig.wire(1).on("POST", "/networks/front/connect", (404, {"message": "not found"}))
    rig.wire(1).on("DELETE", f"/containers/{ID}", (500, {"message": "driver failed"}))
    with pytest.raises(EngineUnreachable, match="driver failed; container web was created there"):
        made(rig, **TWO)


def test_an_engine_that_was_not_reached_made_nothing() -> None:
    with pytest.raises(NotMadeError, match="connection refused"):
        made(Rig(1))


LOST = EngineUnreachable("node-1", "connection lost", sent=True)
MISSING = (404, {"message": "No such container"})
TAKEN = (409, {"message": "Conflict. The name is taken"})
OURS = {"Labels": {IDENTITY: "f00d"}}


def losing(rig: Rig, *then: Any) -> None:
    """The first create's answer is lost; ``then`` are those to later ones."""
    replies = iter([LOST, *then])
    rig.wire(1).on("POST", "/containers/create", lambda target, body: next(replies))


def test_an_answer_that_was_lost_is_looked_up() -> None:
    rig = Rig(1)
    losing(rig)
    rig.wire(1).on("GET", "/containers/web/json", (200, {"Id": ID, "Config": OURS}))
    assert orjson.loads(made(rig, **OURS).body)["Id"] == ID


def test_somebody_elses_of_that_name_is_not_taken_for_it() -> None:
    rig = Rig(1)
    losing(rig)
    rig.wire(1).on("GET", "/containers/web/json", (200, {"Id": ID, "Config": {"Labels": {}}}))
    answer = made(rig, **OURS)
    assert answer.status == 409 and ID in orjson.loads(answer.body)["message"]


@pytest.mark.parametrize("look", [LOST, (500, {"message": "broken"})])
def test_nobody_knows(look: Any) -> None:
    rig = Rig(1)
    losing(rig)
    rig.wire(1).on("GET", "/containers/web/json", look)
    with pytest.raises(EngineUnreachable, match="whether container web was created there"):
        made(rig)


def test_what_is_not_there_is_asked_for_again_on_the_same_engine() -> None:
    rig = Rig(1)
    losing(rig, MADE)
    rig.wire(1).on("GET", "/containers/web/json", MISSING)
    assert made(rig).status == 201


def test_a_create_that_is_still_under_way_there_is_waited_for() -> None:
    rig = Rig(1)
    losing(rig, TAKEN)
    looks = iter([MISSING, MISSING, (200, {"Id": ID, "Config": OURS})])
    rig.wire(1).on("GET", "/containers/web/json", lambda target, body: next(looks))
    answers: list[Answer] = []
    begun(rig, **OURS).addCallback(answers.append)
    assert answers == []
    rig.clock.advance(PAUSE)
    assert [answer.status for answer in answers] == [201]


def test_the_wait_for_it_ends() -> None:
    rig = Rig(1)
    losing(rig, TAKEN)
    rig.wire(1).on("GET", "/containers/web/json", MISSING)
    results: list[Any] = []
    begun(rig).addBoth(results.append)
    rig.clock.pump([PAUSE] * LOOKS)
    (failure,) = results
    assert failure.check(EngineUnreachable) and "is unknown" in failure.value.message


@pytest.mark.parametrize("again", [(200, {}), LOST])
def test_a_connect_whose_answer_was_lost_is_repeated(again: Any) -> None:
    rig = Rig(1, api_max=(1, 41))
    rig.wire(1).on("POST", "/containers/create", MADE)
    replies = iter([LOST, again])
    rig.wire(1).on("POST", "/networks/front/connect", lambda target, body: next(replies))
    if again is not LOST:
        assert made(rig, **TWO).status == 201
        return
    with pytest.raises(EngineUnreachable, match=r"web was created there.*network front: remove it"):
        made(rig, **TWO)
