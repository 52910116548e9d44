"""What an engine reads is what was judged: an engine alone shows the way in, swarmd has none."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.conftest import Host
from tests.lab.daemon import Swarmd
from tests.lab.engine import Engine
from tests.lab.engines import Fleet
from tests.lab.http import Answer, Api, connect

pytestmark = pytest.mark.fleet

MULTIPART = "multipart/form-data; boundary=XXBOUND"
URLENCODED = "application/x-www-form-urlencoded"
SCOPED = """
[[identity]]
network = "127.0.0.1/32"
roles = ["ml"]
[role.ml]
scope = "team=ml"
allow = ["read", "run", "exec", "logs", "images:*"]
[role.ml.create]
images = ["**"]
"""
STOLEN = "http://127.0.0.1:1/Dockerfile"
PULL_BOTH = "/images/create?fromImage=no.such.registry.invalid%2Fa&tag=1&fromSrc=-&repo=mine"


def multipart(**fields: str) -> bytes:
    """Behind as many bytes as an engine reads ahead."""
    parts = [
        f'--XXBOUND\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    return b"# a line before all parts\n" * 400 + "".join([*parts, "--XXBOUND--\r\n"]).encode()


def build(api: Api, kind: str) -> Answer:
    body = multipart(remote=STOLEN, networkmode="host", t="busybox:latest")
    return api.call("POST", "/build?nocache=1", body, Content_Type=kind)


def tag(api: Api, kind: str) -> Answer:
    path = "/images/busybox/tag?repo=mine&tag=said"
    return api.call("POST", path, b"repo=mine&tag=meant", Content_Type=kind)


@pytest.fixture
def scoped(swarmd_for: Callable[..., Swarmd], tmp_path: Path) -> Swarmd:
    policy = tmp_path / "policy.toml"
    policy.write_text(SCOPED)
    return swarmd_for(options=("--authz", str(policy)))


def tags(engine: Engine) -> set[str]:
    images = engine.local.get("/images/json")
    return {name for image in images for name in image["RepoTags"] or ()}


def test_no_form_in_a_body_is_more_of_the_query(scoped: Swarmd, fleet: Fleet) -> None:
    engine = fleet["node-1"]
    # Alone, it fetches what only the form names, and tags by the form, not by the query.
    assert STOLEN in str(build(engine.local, MULTIPART).json)
    assert tag(engine.local, URLENCODED).status == 201
    assert "mine:meant" in tags(engine) and "mine:said" not in tags(engine)
    engine.local.call("DELETE", "/images/mine:meant")
    before = [tags(one) for one in fleet]
    for api in (scoped.api, Api(scoped.url)):
        for kind in (MULTIPART, MULTIPART.upper(), URLENCODED, f"{URLENCODED};charset=utf-8"):
            assert build(api, kind).status == 415, kind
            assert tag(api, kind).status == 400, kind
        # Whatever it is called, nobody looks for a form in it: it is no archive, and that is all.
        answer = build(api, "application/x-tar")
        assert STOLEN not in answer.body.decode() and b"archive" in answer.body
    assert [tags(one) for one in fleet] == before


def test_a_pull_that_also_names_a_source_is_a_pull(scoped: Swarmd, fleet: Fleet) -> None:
    """To engines, and so to whoever judges it."""
    for api in (fleet["node-1"].local, scoped.api):
        assert "no.such.registry.invalid" in api.call("POST", PULL_BOTH, b"").body.decode()
    taken = PULL_BOTH.replace("no.such.registry.invalid%2Fa&tag=1", "busybox&tag=latest")
    scoped.api.call("POST", taken, b"")
    assert all("mine:latest" not in tags(engine) for engine in fleet)


def test_what_is_behind_a_download_is_not_done(host: Host, name: str) -> None:
    host.api.post(f"/containers/create?name={name}", {"Image": "busybox", "Cmd": ["true"]})
    host.api.post(f"/containers/{name}/start")
    head = f"GET /containers/{name}/logs?stdout=1 HTTP/1.1\r\nHost: localhost\r\n\r\n"
    behind = f"DELETE /containers/{name}?force=1 HTTP/1.1\r\nHost: localhost\r\n\r\n"
    received = b""
    with connect(host.url) as connection:
        connection.sendall((head + behind).encode())
        while data := connection.recv(65536):
            received += data
    assert received.startswith(b"HTTP/1.1 200 ") and received.count(b"HTTP/1.1") == 1
    assert host.api.call("GET", f"/containers/{name}/json").status == 200


# Web pages

CREATE = b'{"Image": "busybox"}'


def asked(swarmd: Swarmd, host: str, **headers: str) -> int:
    return swarmd.api.call("GET", "/swarmd/metrics", Host=host, **headers).status


def test_a_page_of_another_site_is_refused(host: Host, fleet: Fleet) -> None:
    engine = Api(f"tcp://{fleet['node-1'].address}")
    paths = ("/containers/create", "/networks/create", "/volumes/create", "/swarmd/explain")
    for path in paths:
        for kind in ({}, {"Content_Type": "text/plain"}):
            assert host.api.call("POST", path, CREATE, **kind).status == 400
            if not path.startswith("/swarmd"):
                assert engine.call("POST", path, CREATE, **kind).status == 400
        for sent in ({"Origin": "http://evil.example"}, {"Sec_Fetch_Site": "cross-site"}):
            kind = {"Content_Type": "application/json"}
            assert host.api.call("POST", path, CREATE, **kind, **sent).status == 403
    assert host.api.get("/containers/json?all=1") == []


def test_by_which_names_it_is_asked(host: Host, swarmd_for: Callable[..., Swarmd]) -> None:
    allowing = ("--allow-host", "swarm.example.com", "--allow-host", ".fleet.example.com")
    swarmd = swarmd_for(options=allowing)
    mine = ("localhost:1", "127.0.0.1", "10.1.2.3:2375", "[::1]", f"{socket.gethostname()}:80")
    for known in (*mine, "Swarm.example.com:2375", "a.fleet.example.com"):
        assert asked(swarmd, known) == 200, known
    assert asked(swarmd, "evil.example") == 403
    refused = host.api.call("GET", "/info", Host="swarm.example.com")
    assert refused.status == 403 and "--allow-host swarm.example.com" in refused.message


def test_a_certificate_or_a_socket_needs_no_name(
    tls_swarmd: Swarmd, swarmd_for: Callable[..., Swarmd], tmp_path: Path
) -> None:
    path = tmp_path / "swarmd.sock"
    by_socket = Api(f"unix://{path}")
    swarmd_for(options=("-H", f"unix://{path}"))
    for api in (tls_swarmd.api, by_socket):
        for name in ("docker", "api.moby.localhost", "%2Fvar%2Frun%2Fdocker.sock", "any.example"):
            assert api.call("GET", "/info", Host=name).status == 200
        assert api.call("GET", "/info", Origin="http://evil.example").status == 403


def test_a_web_socket_says_which_page_it_is_of(host: Host, name: str) -> None:
    body = {"Image": "busybox", "Cmd": ["cat"], "OpenStdin": True}
    host.api.post(f"/containers/create?name={name}", body)
    host.api.post(f"/containers/{name}/start")
    assert host.swarmd is not None
    here = f"127.0.0.1:{host.swarmd.port}"
    for origin, status in ((f"http://{here}", b"101"), ("http://evil.example", b"403")):
        lines = [
            f"GET /containers/{name}/attach/ws?stream=1&stdin=1 HTTP/1.1",
            *(f"Host: {here}", "Connection: Upgrade", "Upgrade: websocket", f"Origin: {origin}"),
            *("Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "", ""),
        ]
        with connect(host.url) as connection:
            connection.sendall("\r\n".join(lines).encode())
            assert connection.recv(4096)[9:12] == status
