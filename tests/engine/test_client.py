from __future__ import annotations

from typing import Any

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.python.failure import Failure

from swarmd.core.errors import EngineRefused, EngineUnreachable
from swarmd.core.request.version import Version
from swarmd.engine.client import EngineClient, error_text
from tests.engine.scripted import Reply, Script


def client(**lists: Any) -> EngineClient:
    return EngineClient(Script(Clock(), lists=lists), timeout=10.0)


@pytest.mark.parametrize(
    ("lowest", "highest", "target"),
    [
        ((1, 12), (1, 41), "/v1.41/x"),
        ((1, 24), (1, 51), "/v1.51/x"),
        ((1, 44), (1, 99), "/v1.55/x"),
        ((1, 12), (1, 24), "/v1.24/x"),
    ],
)
def test_lists_are_asked_for_in_what_both_understand(
    lowest: Version, highest: Version, target: str
) -> None:
    asks = client()
    assert asks.target("/x") == "/x"
    asks.speak(lowest, highest)
    assert asks.target("/x") == target


@pytest.mark.parametrize(
    ("body", "items"),
    [(b"[]", []), (b"null", []), (b'[{"a": 1}, 5]', [{"a": 1}])],
)
def test_items(body: bytes, items: list[Any]) -> None:
    assert client().items(body) == items


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"a": 1}', b"5", b'"text"'])
def test_what_is_no_list_is_refused(body: bytes) -> None:
    with pytest.raises(EngineRefused, match="not that of a Docker Engine") as caught:
        client().items(body)
    assert (caught.value.node, caught.value.status) == ("e1", 502)


@pytest.mark.parametrize("body", [b"[]", b"null", b"x"])
def test_what_is_no_object_is_refused(body: bytes) -> None:
    with pytest.raises(EngineRefused):
        client().volumes(body)


def test_volumes_come_with_warnings() -> None:
    body = b'{"Volumes": [{"Name": "v"}], "Warnings": ["slow", 5]}'
    assert client().volumes(body) == ([{"Name": "v"}], ["slow", "5"])


def test_a_reference_cannot_leave_its_place_in_the_path() -> None:
    script = Script(Clock())
    work = EngineClient(script, timeout=10.0).container("../x?y=1")
    Deferred.fromCoroutine(work).addErrback(lambda failure: failure.trap(Exception))
    assert script.targets == ["/containers/..%2Fx%3Fy%3D1/json"]


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b'{"message": "no"}', "HTTP 500: no"),
        (b"plain words\n", "HTTP 500: plain words"),
        (b"[]", "HTTP 500: []"),
        (b"", "HTTP 500"),
        (b"x" * 999, "HTTP 500: " + "x" * 200),
    ],
)
def test_error_texts(body: bytes, text: str) -> None:
    assert error_text(Reply(500, body)) == text


def test_a_ping_that_is_answered_badly_has_failed() -> None:
    script = Script(Clock(), failing={"/_ping": 503})
    results: list[Any] = []
    Deferred.fromCoroutine(EngineClient(script, 10.0).ping(2.0)).addBoth(results.append)
    assert isinstance(results[0], Failure) and results[0].check(EngineRefused)


@pytest.mark.parametrize(
    ("script", "kind"),
    [({}, type(None)), ({"down": True}, EngineUnreachable), ({"status": 500}, EngineRefused)],
)
def test_what_became_of_a_ping(script: dict[str, Any], kind: type) -> None:
    failing = {"/_ping": script.pop("status")} if "status" in script else {}
    results: list[Any] = []
    EngineClient(Script(Clock(), failing=failing, **script), 10.0).ask_ping(results.append)
    assert [type(result) for result in results] == [kind]


def test_a_ping_that_is_not_waited_for_any_more_is_cancelled() -> None:
    script = Script(Clock(), hung=True)
    EngineClient(script, 10.0).ask_ping(pytest.fail).cancel()
    assert script.under_way == 0 and script.clock.getDelayedCalls() == []
