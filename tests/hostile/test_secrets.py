"""Credentials, environments and build arguments are in no log and in no error of swarmd's."""

from __future__ import annotations

import base64
from io import StringIO
from typing import Any

import orjson
import pytest
from twisted.logger import globalLogPublisher

from swarmd.api.resource import answer
from swarmd.logs import observer
from tests.api.rig import Client
from tests.hostile.rig import HostileRig

SECRET = "hunter2-hunter2"
LOGIN = base64.urlsafe_b64encode(orjson.dumps({"password": SECRET})).decode()
BODY = {
    "Image": "x",
    "Env": [f"PASSWORD={SECRET}"],
    "Cmd": ["sh", "-c", SECRET],
    "username": "u",
    "password": SECRET,
}
CALLS = (
    *("POST /containers/create?name=new", "POST /containers/web/exec", "POST /auth"),
    *("POST /images/create?fromImage=x&tag=1", "POST /images/x/push", "GET /distribution/x/json"),
    *("POST /containers/none/exec", "POST /exec/none/start", "POST /networks/create"),
    *("POST /commit?container=web", "POST /volumes/create", "POST /containers/web/update"),
    *("POST /nowhere", "PUT /containers/create", "POST /containers/create?name=%ff"),
)
BUILD = "/build?t=x&buildargs=" + "%7B%22A%22%3A%22" + SECRET + "%22"


def _refused(rig: HostileRig) -> None:
    for number in (1, 2):
        rig.scripted(number).script = lambda method, target: (500, {"message": "no"})


def _garbage(rig: HostileRig) -> None:
    for number in (1, 2):
        rig.scripted(number).script = lambda method, target: (200, b"{")


def _silent(rig: HostileRig) -> None:
    for number in (1, 2):
        rig.scripted(number).script = lambda method, target: None


def _malformed(rig: HostileRig) -> None:
    for number in (1, 2):
        rig.scripted(number).script = lambda method, target: b"HTTP/9 nonsense\r\n\r\n"


def _down(rig: HostileRig) -> None:
    for number in (1, 2):
        rig.lose(number)


def _broken(rig: HostileRig) -> None:
    """A mistake of our own, in the middle of everything."""

    def fail(*args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("a mistake")

    rig.state.reserve = rig.state.mark_stale = rig.state.mark_dirty = fail  # type: ignore


@pytest.mark.parametrize("trouble", [_refused, _garbage, _silent, _malformed, _down, _broken])
def test_nothing_secret_is_logged_or_answered(trouble: Any) -> None:
    written = StringIO()
    writer = observer("debug", written)
    globalLogPublisher.addObserver(writer)
    try:
        said = [_answered(trouble, call) for call in (*CALLS, f"POST {BUILD}%7D", f"POST {BUILD}")]
    finally:
        globalLogPublisher.removeObserver(writer)
    assert all(said) or trouble is _silent, "only builds and the like may be silent for hours"
    told = written.getvalue().encode() + b"".join(said)
    assert SECRET.encode() not in told and LOGIN.encode() not in told


def _answered(trouble: Any, call: str) -> bytes:
    rig = HostileRig()
    rig.has_container(1, "a" * 64, "web")
    rig.has_image(1, "sha256:" + "e" * 64, "x:latest", digests=["x@sha256:" + "f" * 64])
    trouble(rig)
    client: Client = rig.ask(*call.split(), BODY, f"X-Registry-Auth: {LOGIN}")
    rig.pass_time()
    return client.received or b"(cut off)" * client.transport.aborted


def test_the_log_would_show_it() -> None:
    """The test above can fail."""
    written = StringIO()
    writer = observer("debug", written)

    def careless(request: Any) -> None:
        raise RuntimeError(request.body.decode())

    globalLogPublisher.addObserver(writer)
    try:
        rig = HostileRig()
        rig.root.add("careless", POST=lambda request: answer(request, careless))
        rig.ask("POST", "/careless", BODY)
    finally:
        globalLogPublisher.removeObserver(writer)
    assert SECRET in written.getvalue()
