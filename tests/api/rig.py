"""The API over scripted engines: a client's bytes in, its bytes out, and what engines get."""

from __future__ import annotations

from typing import Any

import orjson

from swarmd.api.networks import Networks as NetworksNoun
from swarmd.api.tree import make_tree
from swarmd.api.volumes import Volumes as VolumesNoun
from swarmd.cluster.views.info import FleetIdentity
from swarmd.codec.framing import response_framing
from swarmd.codec.head import ResponseHead, scan_request, scan_response
from swarmd.discovery.entry import Entry
from swarmd.front.site import DockerSite
from swarmd.manager.builds.own_images import OwnImages
from swarmd.manager.moving.follow import Follower
from tests.front.memory import COMMON, Transport
from tests.manager.rig import Rig
from tests.streams.memory import Engine

WEB = "a" * 64


class Client:
    """One connection."""

    def __init__(self, site: DockerSite) -> None:
        self.channel: Any = site.buildProtocol(None)
        self.transport = Transport()
        self.channel.makeConnection(self.transport)

    def send(self, method: str, path: str, body: Any = None, *headers: str) -> None:
        encoded = b"" if body is None else orjson.dumps(body)
        lines = [f"{method} {path} HTTP/1.1", "Host: docker", *headers]
        if body is not None:
            lines += [f"Content-Length: {len(encoded)}", "Content-Type: application/json"]
        self.channel.dataReceived("\r\n".join([*lines, "", ""]).encode() + encoded)

    @property
    def received(self) -> bytes:
        return bytes(self.transport.value())

    def answer(self) -> tuple[int, Any]:
        """Status, and the body: decoded if it is JSON; of an unended one what is here."""
        head, body = self.whole()
        text = head.get(b"content-type") or b""
        return head.status, orjson.loads(body) if b"json" in text and body else body

    def whole(self) -> tuple[ResponseHead, bytes]:
        scanned = scan_response(self.received)
        assert scanned is not None, self.received
        head, used = scanned
        body = bytearray()
        response_framing(b"GET", head).feed(self.received[used:], body)
        return head, bytes(body)

    def leave(self) -> None:
        self.channel.readConnectionLost()


class ApiRig(Rig):
    """Engines whose connections are ``engines[name]``."""

    def __init__(self, engines: int = 2, **spec: Any) -> None:
        self.engines: dict[str, Engine] = {}
        super().__init__(engines, **spec)
        creator = self.creator()
        identity = FleetIdentity("manager", "1.2.3")
        self.root = make_tree(
            self.fleet, identity, creator, self.plans, self.supply, OwnImages(), self.clock
        )
        follower = Follower(self.fleet, creator, self.local, lambda: "f0110")
        nouns = NetworksNoun(self.fleet, self.networks, self.local, follower)
        self.root.putChild(b"networks", nouns)
        self.root.putChild(b"volumes", VolumesNoun(self.fleet, self.volumes))
        self.site = DockerSite(self.root, self.clock, lambda: COMMON)

    def _wire(self, entry: Entry) -> Any:
        engine = self.engines.setdefault(entry.name, Engine())
        engine.link.node = entry.name
        return engine.link

    def ask(self, method: str, path: str, body: Any = None, *headers: str) -> Client:
        client = Client(self.site)
        client.send(method, path, body, *headers)
        return client

    def dialled(self, number: int) -> Engine:
        return self.engines[f"node-{number}"]

    def got(self, number: int) -> tuple[str, bytes]:
        """Request line and body that the engine got on its newest connection."""
        sent = self.dialled(number).wire.sent
        scanned = scan_request(sent)
        assert scanned is not None, sent
        head, used = scanned
        return f"{head.method.decode()} {head.target.decode()}", sent[used:]

    def answers(self, number: int, status: int, body: Any = None) -> None:
        encoded = b"" if body is None else orjson.dumps(body)
        kind = b"Content-Type: application/json\r\nContent-Length: %d\r\n" % len(encoded)
        head = b"HTTP/1.1 %d Word\r\n%b\r\n" % (status, b"" if status == 204 else kind)
        self.dialled(number).wire.clear()
        self.dialled(number).answers(head + encoded)
