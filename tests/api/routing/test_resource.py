from collections.abc import Coroutine
from typing import Any

from twisted.internet.defer import Deferred
from twisted.logger import globalLogPublisher

from swarmd.api.routing.resource import Noun, own
from swarmd.core.errors import Conflict
from swarmd.front.request import DockerRequest
from swarmd.front.site import DockerSite
from tests.api.rig import Client
from tests.front.memory import COMMON
from tests.manager.rig import Rig


def client(handler: Any) -> Client:
    root = Noun()
    root.add("x", GET=handler)
    connection = Client(DockerSite(root, Rig(0).clock, lambda: COMMON))
    connection.send("GET", "/x")
    return connection


def test_a_refusal_at_once_and_one_later() -> None:
    def at_once(request: DockerRequest) -> None:
        raise Conflict("taken")

    async def later(request: DockerRequest) -> None:
        raise Conflict("taken")

    for handler in (at_once, later):
        assert client(handler).answer() == (409, {"message": "taken"})


def test_a_mistake_of_ours_ends_one_request_and_is_logged() -> None:
    logged: list[str] = []

    def observe(event: dict[str, Any]) -> None:
        if "log_failure" in event:
            logged.append(repr(event["log_failure"].value))

    def broken(request: DockerRequest) -> None:
        raise RuntimeError("oops")

    globalLogPublisher.addObserver(observe)
    try:
        status, body = client(broken).answer()
    finally:
        globalLogPublisher.removeObserver(observe)
    assert (status, body["message"]) == (500, "internal error of swarmd; its log has the cause")
    assert logged == ["RuntimeError('oops')"]


def test_a_failure_in_mid_answer_cuts_it_off() -> None:
    async def begins(request: DockerRequest) -> None:
        request.start(200)
        request.send(b"some")
        raise Conflict("too late")

    connection = client(begins)
    assert connection.transport.aborted
    assert not connection.received.endswith(b"0\r\n\r\n")


def test_a_client_that_leaves_cancels_its_work() -> None:
    waiting: Deferred[None] = Deferred()
    ended: list[bool] = []

    async def waits(request: DockerRequest) -> None:
        try:
            await waiting
        finally:
            ended.append(True)

    connection = client(waits)
    connection.leave()
    assert ended == [True]


def test_work_that_outlives_its_client() -> None:
    waiting: Deferred[None] = Deferred()
    done: list[bool] = []

    async def work() -> None:
        await waiting
        done.append(True)

    def handler(request: DockerRequest) -> Coroutine[Any, Any, None] | None:
        own(request, work(), outlives_client=True)
        return None

    client(handler).leave()
    waiting.callback(None)
    assert done == [True]
