"""A fleet of simulated engines in one process.

``python -m tests.bench.engines COUNT SIZE PORT [FIRST]``: so many, with so many containers each,
numbered from FIRST on.

They answer from bytes that are made once, so that they cost little beside what is measured. Each
has an address of its own (127.88.x.y). What changes: containers that are created through the API,
and, with ``/churn?rate=R`` on the first engine, a container that stops or starts R times a second.
"""

from __future__ import annotations

import re
import sys
import time
from collections import Counter
from collections.abc import Callable
from itertools import count
from typing import Any, cast

import orjson
from twisted.internet import reactor as installed
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.task import LoopingCall

from swarmd.codec.framing import LAST_CHUNK, Framing, chunk, request_framing
from swarmd.codec.head import RequestHead, scan_request
from swarmd.tls.half_close import ServerTLSFactory
from tests.fakes.machine import stamp
from tests.lab.certificates import server_options

reactor: Any = installed
Json = dict[str, Any]
BLOCK = b"x" * 65536
LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")
UPLOAD = re.compile(rb"PUT |POST \S*/(?:images/load|build)")
ASKED: Counter[str] = Counter()  # requests to all engines, by the last word of their paths
VERSION = re.compile(r"\A/v1\.\d+")


def address(number: int) -> str:
    return f"127.88.{number // 250}.{number % 250 + 1}"


class Engine:
    """One engine, and its answers."""

    def __init__(self, number: int, size: int) -> None:
        self.number = number
        self.began = time.time()
        self.containers: dict[str, Json] = {}
        self.names: dict[str, str] = {}
        self.subscribers: set[Connection] = set()
        self.turned: dict[str, float] = {}  # ID -> when it was stopped or started last
        self._list: bytes | None = None
        self._serial = count(size)
        for each in range(size):
            self.add(f"c-{number:04}-{each:04}", each)

    def add(self, name: str, serial: int, running: bool = True) -> str:
        container_id = f"{self.number:08x}{serial:08x}" * 4
        self.containers[container_id] = self._item(container_id, name, running)
        self.names[name] = container_id
        self._list = None
        return container_id

    def _item(self, container_id: str, name: str, running: bool) -> Json:
        network = {"NetworkID": "b" * 64, "EndpointID": container_id, "IPAddress": "172.17.0.2"}
        return {
            "Id": container_id,
            "Names": ["/" + name],
            "Image": "busybox:latest",
            "ImageID": "sha256:" + "b" * 64,
            "Command": "sleep 1000",
            "Created": int(self.began),
            "Ports": [],
            "Labels": {"app": "web", "zone": str(self.number % 3)},
            "State": "running" if running else "created",
            "Status": "Up" if running else "Created",
            "HostConfig": {"NetworkMode": "default"},
            "NetworkSettings": {"Networks": {"bridge": network}},
            "Mounts": [],
        }

    def listed(self) -> bytes:
        for container_id in self.turned:
            self._refresh(self.containers[container_id])
        if self._list is None or self.turned:
            self._list = orjson.dumps(list(self.containers.values()))
        return self._list.replace(b'"Up"', b'"Up %b"' % _age(self.began).encode())

    def _refresh(self, item: Json) -> None:
        """Its Status as of now."""
        age = _age(self.turned[item["Id"]])
        item["Status"] = f"Up {age}" if item["State"] == "running" else f"Exited (0) {age} ago"

    def inspect(self, item: Json) -> bytes:
        up, turned = item["State"] == "running", self.turned.get(item["Id"], self.began)
        state = {
            "Status": item["State"],
            "Running": up,
            "ExitCode": 0,
            "StartedAt": stamp(0 if item["State"] == "created" else turned if up else self.began),
            "FinishedAt": stamp(turned if item["State"] == "exited" else 0),
        }
        config = {"Image": item["Image"], "Labels": item["Labels"], "Tty": True}
        host = {"NetworkMode": "default", "Memory": 1 << 20, "NanoCpus": 0, "Padding": "x" * 2500}
        return orjson.dumps(
            {
                "Id": item["Id"],
                "Created": stamp(self.began),
                "Name": item["Names"][0],
                "Image": item["ImageID"],
                "State": state,
                "Config": config,
                "HostConfig": host,
                "NetworkSettings": {"Ports": {}, **item["NetworkSettings"]},
                "Mounts": [],
            }
        )

    def info(self) -> bytes:
        return orjson.dumps(
            {
                "ID": f"ENGINE-{self.number:04}",
                "Name": f"node-{self.number:04}",
                "NCPU": 64,
                "MemTotal": 64 << 30,
                "Driver": "overlay2",
                "OSType": "linux",
                "OperatingSystem": "Debian",
                "Labels": [f"zone={self.number % 3}"],
                "SystemTime": stamp(time.time()),
            }
        )

    def emit(self, action: str, container_id: str) -> None:
        now = time.time_ns()
        record = {
            "Type": "container",
            "Action": action,
            "Actor": {"ID": container_id, "Attributes": {"image": "busybox:latest"}},
            "time": now // 10**9,
            "timeNano": now,
        }
        line = orjson.dumps(record) + b"\n"
        for each in self.subscribers:
            each.write(b"%x\r\n%b\r\n" % (len(line), line))

    # What clients ask for

    def answer(self, method: str, path: str, query: str) -> tuple[int, bytes]:
        if path == "/_ping":
            return 200, b"OK"
        if path == "/asked":
            return 200, orjson.dumps(ASKED)
        if path == "/info":
            return 200, self.info()
        if path == "/version":
            return 200, b'{"Version":"20.10.24","ApiVersion":"1.41","MinAPIVersion":"1.12"}'
        if path == "/containers/json":
            wanted = re.findall(r"%22([0-9a-f]{64})%22", query)
            return 200, self._some(wanted) if wanted else self.listed()
        if path == "/images/json":
            tags = b'"RepoTags":["busybox:latest"],"RepoDigests":["busybox@sha256:1"]'
            return 200, b'[{"Id":"sha256:' + b"b" * 64 + b'",' + tags + b',"Created":1}]'
        if path == "/images/create":
            return 200, b'{"status":"Status: Image is up to date for busybox:latest"}\n'
        if path == "/volumes":
            return 200, b'{"Volumes":null,"Warnings":null}'
        if path == "/networks":
            return 200, b'[{"Id":"' + b"b" * 64 + b'","Name":"bridge","Driver":"bridge"}]'
        if path == "/containers/create":
            return 201, orjson.dumps({"Id": self._create(query), "Warnings": []})
        return self._about_one(method, *path.split("/")[2:4])

    def _some(self, ids: list[str]) -> bytes:
        known = [self.containers[one] for one in ids if one in self.containers]
        for item in known:
            if item["Id"] in self.turned:
                self._refresh(item)
        return orjson.dumps(known).replace(b'"Up"', b'"Up %b"' % _age(self.began).encode())

    def _create(self, query: str) -> str:
        name = re.search(r"name=([\w.-]+)", query)
        serial = next(self._serial)
        container_id = self.add(name[1] if name else f"new-{serial}", serial, running=False)
        self.emit("create", container_id)
        return container_id

    def _about_one(self, method: str, ref: str, verb: str = "") -> tuple[int, bytes]:
        item = self.containers.get(self.names.get(ref, ref))
        if item is None:
            return 404, b'{"message":"No such container"}'
        if method == "DELETE":
            self._remove(item)
            return 204, b""
        if verb == "json":
            return 200, self.inspect(item)
        if verb == "start":
            self.turn(item, running=True)
            return 204, b""
        return 200, b'{"Titles":["PID"],"Processes":[["1"]]}'

    def _remove(self, item: Json) -> None:
        self.turned.pop(item["Id"], None)
        del self.containers[item["Id"]], self.names[item["Names"][0][1:]]
        self._list = None
        self.emit("destroy", item["Id"])

    def turn(self, item: Json, *, running: bool) -> None:
        item["State"] = "running" if running else "exited"
        self.turned[item["Id"]] = time.time()
        self._refresh(item)
        self.emit("start" if running else "die", item["Id"])


def _age(since: float) -> str:
    seconds = int(time.time() - since)
    if seconds < 60:
        return f"{seconds} seconds" if seconds > 1 else "1 second"
    return f"{seconds // 60} minutes" if seconds >= 120 else "About a minute"


def _head(held: bytes) -> RequestHead:
    scanned = scan_request(held)
    assert scanned is not None
    return scanned[0]


class Connection(Protocol):
    """HTTP, as much of it as swarmd and the driver of the benchmark speak."""

    def __init__(self, engine: Engine, churn: Callable[[float], None]) -> None:
        self._engine = engine
        self._churn = churn
        self._held = b""
        self._echo = False
        self._upload: Framing | None = None

    def write(self, data: bytes) -> None:
        cast(Any, self.transport).write(data)

    def connectionMade(self) -> None:
        cast(Any, self.transport).setTcpNoDelay(True)

    def connectionLost(self, reason: object = None) -> None:
        self._engine.subscribers.discard(self)

    def dataReceived(self, data: bytes) -> None:
        if self._echo:
            self.write(data)
        elif self._upload is not None:
            self._swallow(data)
        else:
            self._read(data)

    def _read(self, data: bytes) -> None:
        self._held += data
        while (end := self._held.find(b"\r\n\r\n")) >= 0:
            if UPLOAD.match(self._held):
                self._upload = request_framing(_head(self._held))
                data, self._held = self._held[end + 4 :], b""
                self._swallow(data)
                return
            length = LENGTH.search(self._held, 0, end + 2)
            used = end + 4 + (int(length[1]) if length else 0)
            if len(self._held) < used:
                return
            head, self._held = self._held[:end], self._held[used:]
            self._one(head.split(b"\r\n", 1)[0].decode())

    def _swallow(self, data: bytes) -> None:
        assert self._upload is not None
        self._upload.feed(data)
        if self._upload.done:
            self._upload = None
            self._reply(200, b'{"stream":"done"}\n')

    def _one(self, line: str) -> None:
        method, target, _ = line.split(" ")
        path, _, query = VERSION.sub("", target).partition("?")
        kind = "rm" if method == "DELETE" else path.rsplit("/", 1)[-1]
        ASKED[kind] += 1
        if path == "/events":
            self._engine.subscribers.add(self)
            self.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        elif path.endswith("/attach"):
            self.write(b"HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n")
            self._echo = "source=" not in query
            self._source(query, BLOCK, b"")
        elif path.endswith(("/export", "/logs")):
            self.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            self._source(query, chunk(BLOCK), LAST_CHUNK)
        elif path == "/churn":
            self._churn(float(query.partition("=")[2]))
            self._reply(200, b"")
        else:
            self._reply(*self._engine.answer(method, path, query))

    def _source(self, query: str, block: bytes, last: bytes) -> None:
        """With ``source=N`` in the query, sends N blocks of 64 KiB and ends."""
        blocks = re.search(r"source=(\d+)", query)
        if blocks is not None:
            self._left, self._block, self._last = int(blocks[1]), block, last
            cast(Any, self.transport).registerProducer(self, False)

    def resumeProducing(self) -> None:
        if self._left:
            self._left -= 1
            self.write(self._block)
        else:
            self.write(self._last)
            cast(Any, self.transport).unregisterProducer()
            cast(Any, self.transport).loseConnection()

    def stopProducing(self) -> None:
        """The other side has left."""

    def _reply(self, status: int, body: bytes) -> None:
        kind = b"Content-Type: application/json\r\n"
        if len(body) > 2048:  # as engines do
            head = b"HTTP/1.1 %d OK\r\n%bTransfer-Encoding: chunked\r\n\r\n" % (status, kind)
            self.write(head + b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body))
        else:
            sized = b"" if status == 204 else b"Content-Length: %d\r\n" % len(body)
            self.write(b"HTTP/1.1 %d OK\r\n%b%b\r\n" % (status, kind, sized) + body)


class Churn:
    """Containers that stop and start, one after the other over all engines."""

    def __init__(self, engines: list[Engine]) -> None:
        self._engines = engines
        self._turns = count()
        self._loop: LoopingCall | None = None

    def set(self, rate: float) -> None:
        if self._loop is not None:
            self._loop.stop()
            self._loop = None
        if rate:
            self._loop = LoopingCall(self._turn)
            self._loop.start(1 / rate).addErrback(print)

    def _turn(self) -> None:
        engine = self._engines[next(self._turns) % len(self._engines)]
        item = next(iter(engine.containers.values()))
        engine.turn(item, running=item["State"] != "running")


def main(number: int, size: int, port: int, first: int = 0, *tls: str) -> None:
    """``tls``: files of a CA, a certificate and its key."""
    engines = [Engine(each, size) for each in range(first, first + number)]
    churn = Churn(engines)
    for engine in engines:
        factory = Factory.forProtocol(Connection)
        factory.buildProtocol = lambda _, engine=engine: Connection(engine, churn.set)  # type: ignore[method-assign,misc]
        outer = ServerTLSFactory(server_options(*tls, False), factory) if tls else factory
        reactor.listenTCP(port, outer, backlog=1024, interface=address(engine.number))
    print("ready", flush=True)
    reactor.run()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:5]), *sys.argv[5:])
