"""What reaches no resource, over every route there is."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from swarmd.core.request.media import JSON
from swarmd.core.request.routes import ROUTES, media_of
from tests.api.rig import ApiRig, Client
from tests.core.request.test_media import FORMS

# Each path of the table with a name where one is, in an old version and without one.
CALLS = [
    (method, prefix + route.path.replace("*", "web").replace("+", "x"))
    for route in ROUTES
    for method in route.methods.split()
    for prefix in ("/", "/v1.41/")
]
PREAMBLE = b"# nothing to see here\n" * 400
BODY = PREAMBLE + (
    b"--XXBOUND\r\nContent-Disposition: form-data; name=networkmode\r\n\r\nhost\r\n--XXBOUND--\r\n"
)


def send(rig: ApiRig, method: str, path: str, *lines: str, body: bytes = b"") -> Client:
    client = Client(rig.site)
    head = [f"{method} {path} HTTP/1.1", "Host: a", *lines]
    if body:
        head.append(f"Content-Length: {len(body)}")
    client.channel.dataReceived("\r\n".join([*head, "", ""]).encode() + body)
    return client


def status(client: Client) -> int:
    return int(client.received[9:12])


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_no_form_reaches_anything(method: str, path: str) -> None:
    rig = ApiRig(1)
    # The page has forms of its own, which no engine gets; here it is not served.
    refusals = (404,) if "/swarmd/ui/" in path else (400, 415)
    for given in FORMS:
        for body in (b"", BODY):
            refused = status(send(rig, method, path, f"CONTENT-type: {given}", body=body))
            assert refused in (*refusals, 400, 415), given
    lines = ("Content-Type: application/json", "Content-Type: multipart/form-data; boundary=x")
    for repeated in (lines, lines[::-1], lines[:1] * 2):
        assert status(send(rig, method, path, *repeated, body=BODY)) == 400
    assert not rig.dialled(1).connections


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_no_page_of_another_site_reaches_anything(method: str, path: str) -> None:
    rig = ApiRig(1)
    for line in ("Origin: http://evil.example", "Origin: null", "Sec-Fetch-Site: cross-site"):
        assert status(send(rig, method, path, line)) == 403
    assert not rig.dialled(1).connections


@pytest.mark.parametrize(
    ("method", "path"), [call for call in CALLS if call[0] in ("POST", "PUT", "DELETE")]
)
def test_a_body_needs_its_type(method: str, path: str) -> None:
    segments = path.removeprefix("/v1.41").split("/")[1:]
    media = media_of(method, segments)
    rig = ApiRig(1)
    for given in ("", "text/plain", "application/json", "application/x-tar"):
        lines = [f"Content-Type: {given}"] if given else []
        answer = send(rig, method, path, *lines, body=b"{}")
        refused = b"unsupported Content-Type" in answer.received
        assert refused is (given not in media.types), given
        if refused:
            assert status(answer) == (400 if media.sent_as == JSON.sent_as else 415)


@pytest.mark.parametrize("action", ["start", "stop", "wait", "rename?name=new", "update", "exec"])
@pytest.mark.parametrize("lines", [(), ("Content-Type: text/plain",)])
def test_an_engine_hears_of_no_type_without_a_body(action: str, lines: tuple[str, ...]) -> None:
    rig = ApiRig(1)
    rig.has_container(1, "a" * 64, "web")
    send(rig, "POST", f"/containers/web/{action}", *lines, "Content-Length: 0")
    assert b"ontent-Type" not in rig.dialled(1).wire.sent
    assert b"\r\nContent-Length: 0\r\n" in rig.dialled(1).wire.sent


def test_what_comes_by_a_unix_socket_or_with_a_certificate_has_no_name_to_prove() -> None:
    rig = ApiRig(1)
    rig.site.origin_check = rig.site.origin_check.__class__({"manager"})
    assert status(send(rig, "GET", "/_ping")) == 403
    one, other = socket.socketpair()
    client = Client(rig.site)
    transport: Any = client.transport
    transport.socket = one
    client.send("GET", "/_ping")
    assert status(client) == 200
    one.close()
    other.close()
