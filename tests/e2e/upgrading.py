"""Clients that work while swarmd is restarted: each checks all that it gets, to the last byte."""

from __future__ import annotations

import http.client
import io
import json
import socket
import tarfile
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable
from typing import Any

from tests.lab.http import connect

LINES = 40  # of a log, an exec or an attach, a tenth of a second each
_COUNT = f"i=0; while [ $i -lt {LINES} ]; do echo line-$i; i=$((i+1)); sleep 0.1; done"
EXPECTED = "".join(f"line-{number}\n" for number in range(LINES)).encode()
PATIENCE = 90.0  # seconds for any answer, on a machine that does much else


class Connection(http.client.HTTPConnection):
    """One that is kept alive from call to call, and opened anew only where it was told to be."""

    def __init__(self, url: str, tls: Any = None) -> None:
        super().__init__("localhost", timeout=PATIENCE)
        self._where = (url, tls, PATIENCE)

    def connect(self) -> None:
        self.sock = connect(*self._where)

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> bytes:
        if body is not None and not isinstance(body, bytes):
            body, headers = json.dumps(body).encode(), {"Content-Type": "application/json"}
        self.request(method, path, body, headers)
        response = self.getresponse()
        text = response.read()
        if response.status >= 400:
            raise RuntimeError(f"{method} {path}: {response.status} {text!r}")
        return text


class Crowd:
    """The clients, as threads.

    Attributes:
        done: How often each kind of work was done.
        spanning: How many streams were open while another process took over.
        failures: What went wrong, in words.

    Args:
        restarts: How many have been.
    """

    def __init__(self, url: str, tls: Any, restarts: Callable[[], int], image: str) -> None:
        self.done: Counter[str] = Counter()
        self.spanning: Counter[str] = Counter()
        self.failures: list[str] = []
        self._url = url
        self._tls = tls
        self._restarts = restarts
        self._image = image
        self._over = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self, kinds: dict[str, int]) -> None:
        for kind, many in kinds.items():
            for number in range(many):
                work = (getattr(self, kind), kind, number)
                self._threads.append(threading.Thread(target=self._repeat, args=work))
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """What was begun is done to its end."""
        self._over.set()
        for thread in self._threads:
            thread.join(2 * PATIENCE)
        assert not any(thread.is_alive() for thread in self._threads), "a client hangs"

    def _repeat(self, work: Callable[[Connection, str], None], kind: str, number: int) -> None:
        connection, turn = Connection(self._url, self._tls), 0
        while not self._over.is_set():
            turn, before = turn + 1, self._restarts()
            try:
                work(connection, f"{kind}-{number}-{turn}")
            except Exception as error:  # noqa: BLE001 - all of them are what is looked for
                where = " < ".join(f"{each.name}:{each.lineno}" for each in _trace(error))
                at = f"{time.strftime('%H:%M:%S')}, after {self._restarts() - 1} restarts"
                self.failures.append(f"{kind} {number}, turn {turn}: {error!r} ({where}; {at})")
                connection.close()
                time.sleep(0.5)
            else:
                self.done[kind] += 1
                self.spanning[kind] += self._restarts() > before
        connection.close()

    # What they do

    def create(self, connection: Connection, name: str) -> None:
        """As ``docker run -d``, ``wait`` and ``rm``: four calls that belong together."""
        body = {"Image": "busybox", "Cmd": ["sh", "-c", "exit 3"]}
        made = json.loads(connection.ask("POST", f"/containers/create?name={name}", body))["Id"]
        connection.ask("POST", f"/containers/{made}/start")
        ended = json.loads(connection.ask("POST", f"/containers/{made}/wait"))
        assert ended["StatusCode"] == 3, ended
        connection.ask("DELETE", f"/containers/{name}")

    def log(self, connection: Connection, name: str) -> None:
        self._run(connection, name, ["sh", "-c", _COUNT], Tty=True)
        found = connection.ask("GET", f"/containers/{name}/logs?stdout=1&follow=1")
        connection.ask("DELETE", f"/containers/{name}?force=1")
        assert found.replace(b"\r\n", b"\n") == EXPECTED, f"{len(found)} bytes of a log"

    def attach(self, connection: Connection, name: str) -> None:
        """What is sent comes back; then our side ends (which Python cannot do with TLS)."""
        command = ["cat"] if self._tls is None else ["head", "-n", str(LINES)]
        self._run(connection, name, command, OpenStdin=True, StdinOnce=True)
        stream = self._hijack(f"/containers/{name}/attach?stream=1&stdin=1&stdout=1", b"")
        with stream:
            for line in EXPECTED.splitlines(keepends=True):
                stream.sendall(line)
                time.sleep(0.1)
            if self._tls is None:
                stream.shutdown(socket.SHUT_WR)
            found = _unframed(_rest(stream))
        connection.ask("DELETE", f"/containers/{name}?force=1")
        assert found == EXPECTED, f"{len(found)} bytes came back"

    def exec(self, connection: Connection, name: str) -> None:
        """Made on one connection, started on another."""
        self._run(connection, name, ["sleep", "300"])
        body = {"Cmd": ["sh", "-c", _COUNT], "AttachStdout": True}
        made = json.loads(connection.ask("POST", f"/containers/{name}/exec", body))["Id"]
        with self._hijack(f"/exec/{made}/start", b"{}") as stream:
            found = _unframed(_rest(stream))
        code = json.loads(connection.ask("GET", f"/exec/{made}/json"))["ExitCode"]
        connection.ask("DELETE", f"/containers/{name}?force=1")
        assert (found, code) == (EXPECTED, 0), f"{len(found)} bytes, status {code}"

    def build(self, connection: Connection, name: str) -> None:
        context = _tar(f"FROM busybox\nRUN sleep 2; echo {name} > /it\n".encode())
        found = connection.ask("POST", f"/build?t={name}", context, **{"Content-Type": _TAR})
        assert b"Successfully tagged" in found, found[-300:]
        connection.ask("DELETE", f"/images/{name}")

    def pull(self, connection: Connection, name: str) -> None:
        found = connection.ask("POST", f"/images/create?fromImage={self._image}")
        assert b"Status:" in found and b"errorDetail" not in found, found[-300:]
        time.sleep(0.3)

    def _run(self, connection: Connection, name: str, command: list[str], **more: Any) -> None:
        body = {"Image": "busybox", "Cmd": command, "HostConfig": {"NetworkMode": "none"}, **more}
        connection.ask("POST", f"/containers/create?name={name}", body)
        connection.ask("POST", f"/containers/{name}/start")

    def _hijack(self, path: str, body: bytes) -> socket.socket:
        """The raw stream; what came behind the head is kept in it (the head is read by bytes)."""
        stream = connect(self._url, self._tls, PATIENCE)
        head = f"POST {path} HTTP/1.1\r\nHost: docker\r\nContent-Length: {len(body)}\r\n"
        kind = "Content-Type: application/json\r\n" if body else ""
        upgrade = "Connection: Upgrade\r\nUpgrade: tcp\r\n\r\n"
        stream.sendall((head + kind + upgrade).encode() + body)
        answer, piece = b"", b"."
        while piece and not answer.endswith(b"\r\n\r\n"):
            piece = stream.recv(1)
            answer += piece
        if b" 101 " not in answer[:16]:
            stream.close()
            raise RuntimeError(f"POST {path}: {answer!r}")
        return stream


def _trace(error: Exception) -> list[traceback.FrameSummary]:
    """The steps of this file, the innermost first."""
    found = traceback.extract_tb(error.__traceback__)
    return [each for each in reversed(found) if each.filename == __file__][:3]


_TAR = "application/x-tar"


def _tar(dockerfile: bytes) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        member = tarfile.TarInfo("Dockerfile")
        member.size = len(dockerfile)
        archive.addfile(member, io.BytesIO(dockerfile))
    return packed.getvalue()


def _rest(stream: socket.socket) -> bytes:
    found = b""
    while piece := stream.recv(65536):
        found += piece
    return found


def _unframed(data: bytes) -> bytes:
    """Of both outputs, as they came."""
    found = b""
    while data:
        size = int.from_bytes(data[4:8], "big")
        found, data = found + data[8 : 8 + size], data[8 + size :]
    return found
