"""Requests that no good client sends, over raw sockets, and the answers that engines give."""

from __future__ import annotations

import json
import socket
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.e2e.conftest import Host
from tests.lab.cli import Docker
from tests.lab.http import Api, connect
from tests.lab.waiting import PATIENCE, eventually


def talk(host: Host, request: bytes, within: float = PATIENCE) -> bytes:
    """Sends ``request`` as it is; everything that comes until the other side closes."""
    with connect(host.url, host.tls, within) as connection:
        connection.sendall(request)
        return read_all(connection)


def read_all(connection: socket.socket) -> bytes:
    parts = []
    while True:
        try:
            data = connection.recv(65536)
        except ConnectionResetError:
            break
        if not data:
            break
        parts.append(data)
    return b"".join(parts)


def get(path: str, *headers: str) -> bytes:
    lines = [f"GET {path} HTTP/1.1", "Host: localhost", "Connection: close", *headers, "", ""]
    return "\r\n".join(lines).encode()


def split(answer: bytes) -> tuple[int, bytes]:
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), body


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/nothing"),
        ("GET", "/v1.41/nothing/here"),
        ("PATCH", "/containers/json"),
        ("DELETE", "/info"),
        ("POST", "/containers/json"),
        ("GET", "/containers/create"),
        ("GET", "/containers/json/"),
        ("PUT", "/_ping"),
    ],
)
def test_unknown_paths_and_methods(api: Api, method: str, path: str) -> None:
    answer = api.call(method, path)
    assert (answer.status, answer.json) == (404, {"message": "page not found"})


@pytest.mark.parametrize("body", [b"{", b'{"Image": 5}', b"[]", b"nonsense"])
def test_broken_bodies(api: Api, body: bytes) -> None:
    answer = api.call("POST", "/containers/create", body, Content_Type="application/json")
    assert answer.status in (400, 500) and answer.message


def test_body_that_is_not_said_to_be_json(api: Api) -> None:
    answer = api.call("POST", "/containers/create", b"{}", Content_Type="text/plain")
    assert answer.status in (400, 415) and answer.message


def test_create_without_an_image(api: Api) -> None:
    answer = api.call("POST", "/containers/create", {})
    assert answer.status == 400
    assert "config cannot be empty in order to create a container" in answer.message.lower()


def test_create_of_a_missing_image(api: Api) -> None:
    answer = api.call("POST", "/containers/create", {"Image": "nope:1"})
    assert (answer.status, answer.message) == (404, "No such image: nope:1")


@pytest.mark.parametrize("name", ["bad*name", "x", "-a", "%20", "a%2Fb"])
def test_invalid_names(api: Api, name: str) -> None:
    answer = api.call("POST", f"/containers/create?name={name}", {"Image": "busybox"})
    assert answer.status == 400 and "Invalid container name" in answer.message


def test_an_error_names_what_was_asked_for(api: Api, docker: Docker, name: str) -> None:
    """In the words of an engine alone."""
    docker("run", "-d", "--name", name, "busybox", "sleep", "600")
    for method, rest, what in (
        ("GET", "/no.file", "/no.file"),
        ("PUT", "/no.folder", "/no.folder"),
    ):
        answer = api.call(method, f"/containers/{name}/archive?path={rest}", b"")
        assert answer.message == f"Could not find the file {what} in container {name}"
    answer = api.call("POST", f"/containers/{name}/rename?name=a/b")
    assert answer.message.startswith(
        "Error when allocating new name: Invalid container name (/a/b)"
    )
    answer = api.call("POST", f"/containers/{name}/update", {"NanoCpus": 10**15})
    assert answer.status == 400 and "ange of CPUs is from 0.01 to " in answer.message


def test_api_version_too_new(api: Api) -> None:
    answer = api.call("GET", "/v1.99/info")
    assert answer.status == 400
    assert "client version 1.99 is too new. Maximum supported API version is" in answer.message


def test_api_version_too_old(api: Api) -> None:
    answer = api.call("GET", "/v1.1/info")
    assert answer.status == 400 and b"too old" in answer.body


def test_ping(host: Host) -> None:
    """Headers as clients negotiate with them (docker-api §2.7)."""
    got, head = host.api.call("GET", "/_ping"), host.api.call("HEAD", "/_ping")
    assert (got.status, got.body, head.status, head.body) == (200, b"OK", 200, b"")
    for answer in (got, head):
        assert answer.headers["api-version"].startswith("1.")
        assert answer.headers["ostype"] == "linux"
        assert answer.headers["docker-experimental"] == "false"
        assert answer.headers["cache-control"] == "no-cache, no-store, must-revalidate"
        assert answer.headers["content-type"].startswith("text/plain")


def test_filters_that_are_none(api: Api) -> None:
    assert api.call("GET", "/containers/json?filters=nonsense").status in (400, 500)
    answer = api.call("GET", '/containers/json?filters={"foo":["bar"]}')
    assert answer.status == 400 and "foo" in answer.message
    assert api.call("GET", '/containers/json?filters={"status":["odd"]}').status == 400


def test_logs_of_no_stream(api: Api, docker: Docker, name: str) -> None:
    docker("create", "--name", name, "busybox")
    answer = api.call("GET", f"/containers/{name}/logs")
    assert answer.status == 400 and answer.message


def test_oversized_header(host: Host) -> None:
    status, _ = split(talk(host, get("/_ping", "X-Big: " + "x" * (2 << 20))))
    assert status in (400, 431)


def test_garbage(host: Host) -> None:
    status, _ = split(talk(host, b"\x16\x03\x01 this is no HTTP\r\n\r\n"))
    assert status == 400


def test_missing_host_header(host: Host) -> None:
    status, _ = split(talk(host, b"GET /_ping HTTP/1.1\r\nConnection: close\r\n\r\n"))
    assert status == 400


def test_http_1_0(host: Host) -> None:
    status, body = split(talk(host, b"GET /_ping HTTP/1.0\r\n\r\n"))
    assert (status, body) == (200, b"OK")


def test_pipelined_requests_are_answered_in_order(host: Host) -> None:
    first = get("/_ping").replace(b"Connection: close\r\n", b"")
    answer = talk(host, first + first + get("/nothing"))
    assert answer.count(b"HTTP/1.1 200") == 2 and answer.count(b"HTTP/1.1 404") == 1
    assert answer.index(b"HTTP/1.1 404") > answer.rindex(b"HTTP/1.1 200")


def test_a_byte_at_a_time(host: Host) -> None:
    with connect(host.url) as connection:
        for byte in get("/_ping"):
            connection.sendall(bytes([byte]))
        assert split(read_all(connection)) == (200, b"OK")


def test_both_lengths_are_refused(host: Host) -> None:
    """A request that two readers would cut differently must not be guessed at."""
    smuggled = (
        b"POST /containers/create HTTP/1.1\r\nHost: localhost\r\n"
        b"Content-Length: 4\r\nContent-Length: 5\r\n"
        b"Content-Type: application/json\r\nConnection: close\r\n\r\n{}  "
    )
    assert split(talk(host, smuggled))[0] == 400


def test_expect_100_continue(host: Host, docker: Docker, name: str) -> None:
    body = json.dumps({"Image": "busybox"}).encode()
    head = (
        f"POST /containers/create?name={name} HTTP/1.1\r\nHost: localhost\r\n"
        "Expect: 100-continue\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with connect(host.url) as connection:
        connection.sendall(head.encode())
        assert connection.recv(65536).startswith(b"HTTP/1.1 100")
        connection.sendall(body)
        assert connection.recv(65536).startswith(b"HTTP/1.1 201")


def test_connection_is_kept_between_posts(host: Host, docker: Docker, name: str) -> None:
    docker("create", "--name", name, "busybox")
    request = f"POST /containers/{name}/stop HTTP/1.1\r\nHost: localhost\r\n"
    request += "Content-Length: 0\r\n\r\n"
    with connect(host.url) as connection:
        for _ in range(20):
            connection.sendall(request.encode())
            assert b" 304 " in connection.recv(65536).split(b"\r\n")[0]


def test_wait_says_its_head_at_once(host: Host, docker: Docker, name: str) -> None:
    """``docker run`` starts the container only after it has seen it."""
    docker("create", "--name", name, "busybox")
    request = f"POST /containers/{name}/wait?condition=next-exit HTTP/1.1\r\n"
    request += "Host: localhost\r\n\r\n"
    with connect(host.url) as connection:
        connection.sendall(request.encode())
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")
    with connect(host.url) as connection:
        connection.sendall(get("/events"))
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")


def test_concurrent_creates_of_one_name(api: Api, name: str) -> None:
    def create(_: int) -> int:
        path = f"/containers/create?name={name}"
        return api.call("POST", path, {"Image": "busybox"}).status

    with ThreadPoolExecutor(8) as pool:
        answers = sorted(pool.map(create, range(8)))
    assert answers == [201] + [409] * 7


def test_swarm_mode_is_off(docker: Docker, api: Api) -> None:
    assert api.call("GET", "/services").status == 503
    assert "swarm" in docker.fails("service", "ls").lower()


def test_follower_that_leaves_frees_the_container(host: Host, docker: Docker, name: str) -> None:
    """The engine notices within a second that nobody follows any more: removal is not held up."""
    docker("run", "-d", "--name", name, "busybox", "sleep", "600")
    for _ in range(5):
        with docker.running("logs", "-f", name):
            pass
    docker("rm", "-f", name)
    eventually(lambda: docker.names("-a") == [])
