"""A client, the part of the tree that is about images, and in-memory engines."""

from __future__ import annotations

from typing import Any

import orjson

from swarmd.api.commit import Commit
from swarmd.api.disk_usage import SystemFolder
from swarmd.api.images import Images
from swarmd.api.registry import Registry
from swarmd.api.routing.resource import Noun
from swarmd.manager.builds.own_images import OwnImages
from swarmd.manager.containers.pull_plans import PullPlans
from swarmd.manager.images.copying.supply import Supply
from tests.front.memory import Connection
from tests.manager.wired import Wired

ID = "sha256:" + "a" * 64


class Case:
    """With engines node-1 and node-2."""

    def __init__(self, **spec: Any) -> None:
        self.rig = Wired(2, **spec)
        self.plans = PullPlans(lambda: 0.0)
        fleet = self.rig.fleet
        root = Noun()
        Registry(fleet).attach(root)
        SystemFolder(fleet).attach(root)
        root.add("commit", POST=Commit(fleet, OwnImages()).commit)
        root.putChild(b"images", Images(fleet, self.plans, Supply(fleet), OwnImages()))
        self.client = Connection({})
        self.client.site.resource = root
        self.client.open()

    def ask(self, method: str, path: str, *headers: str, body: bytes = b"") -> None:
        if body and not any(line.startswith("Content-Type") for line in headers):
            headers = (*headers, "Content-Type: application/json")
        fields = [f"{method} {path} HTTP/1.1", "Host: a", f"Content-Length: {len(body)}", *headers]
        self.client.send("\r\n".join([*fields, "", ""]).encode() + body)

    def says(self, number: int, data: bytes) -> None:
        self.rig.end(number).answers(data)

    def json(self, number: int, status: int, body: object) -> None:
        data = orjson.dumps(body)
        self.says(
            number, b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n" % (status, len(data)) + data
        )

    def sent(self, number: int) -> bytes:
        end = self.rig.end(number)
        return end.wire.sent if end.connections else b""

    @property
    def answer(self) -> tuple[int, bytes]:
        [(head, body)] = self.client.answers()
        return head.status, body

    @property
    def lines(self) -> list[object]:
        return [orjson.loads(line) for line in self.answer[1].splitlines()]
