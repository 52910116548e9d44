import pytest
from twisted.internet.defer import Deferred

from swarmd.core.errors import ApiError, EngineUnreachable
from swarmd.manager.fleet.fanout import ask_engines, first_success, together
from tests.manager.rig import Rig, result_of


def ask(rig: Rig) -> list:
    engines = list(rig.state.engines.values())
    return result_of(
        ask_engines(rig.fleet, engines, "GET", lambda engine: "/v1.41/thing", expect=dict)
    )


def test_every_engine_is_asked_and_the_order_is_kept() -> None:
    rig = Rig(3)
    for number in (1, 2, 3):
        rig.wire(number).on("GET", "/thing", (200, {"n": number}))
    assert [outcome.value for outcome in ask(rig)] == [{"n": 1}, {"n": 2}, {"n": 3}]


def test_failures_are_kept_beside_the_answers() -> None:
    rig = Rig(3)
    rig.wire(1).on("GET", "/thing", (200, {"n": 1}))
    rig.wire(2).on("GET", "/thing", (409, {"message": "busy"}))
    one, two, three = ask(rig)
    assert one.ok and not two.ok and not three.ok
    assert (two.error.status, two.error.message) == (409, "busy")
    assert isinstance(three.error, EngineUnreachable)
    assert first_success([three, one]) is one


def test_an_unhealthy_engine_is_not_asked() -> None:
    rig = Rig(1)
    rig.lose(1)
    (outcome,) = ask(rig)
    assert outcome.error.status == 503 and "no answer" in outcome.error.message
    assert rig.wire(1).asked == []


def test_one_hung_engine_does_not_keep_the_others_from_being_asked() -> None:
    rig = Rig(2)
    hung: Deferred[object] = Deferred()
    rig.wire(1).on("GET", "/thing", hung)
    rig.wire(2).on("GET", "/thing", (200, {}))
    engines = list(rig.state.engines.values())
    work = ask_engines(rig.fleet, engines, "GET", lambda engine: "/v1.41/thing")
    asking = Deferred.fromCoroutine(work)
    assert rig.wire(2).asked
    hung.callback((200, {}))
    assert [outcome.ok for outcome in asking.result] == [True, True]


def test_where_all_fail_each_is_named_with_its_words() -> None:
    rig = Rig(2)
    rig.wire(1).on("GET", "/thing", (409, {"message": "busy"}))
    rig.wire(2).on("GET", "/thing", (500, {"message": "full"}))
    with pytest.raises(ApiError) as raised:
        first_success(ask(rig))
    assert (raised.value.status, raised.value.message) == (409, "node-1: busy\nnode-2: full")


def test_nobody_to_ask() -> None:
    assert together([]).message == "No healthy node available in the cluster"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b'{"a":' + b"[" * 300 + b"]" * 300])
def test_an_answer_of_another_form_is_a_failure_of_its_engine(body: bytes) -> None:
    rig = Rig(2)
    rig.wire(1).on("GET", "/thing", (200, body))
    rig.wire(2).on("GET", "/thing", (200, None))
    bad, good = ask(rig)
    assert (bad.error.status, good.value) == (502, {})
