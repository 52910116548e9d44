"""The page over scripted engines, and what a browser would make of its bytes."""

from __future__ import annotations

import random
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

from swarmd.api.root import Root
from swarmd.cluster import actions as news
from swarmd.cluster.views.info import FleetIdentity
from swarmd.config.settings import Settings
from swarmd.front.site import DockerSite
from swarmd.manager.containers.pull_plans import PullPlans
from swarmd.manager.fleet.placer import Placer
from swarmd.scheduler.registry import make_policy
from swarmd.service.operations import Operations
from swarmd.service.page import make_page
from swarmd.ui.markup import render
from tests.api.rig import Client
from tests.cluster.fleet import key_of
from tests.front.memory import COMMON
from tests.manager.scripted import ScriptedFleet

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>\u202e\x00"


class Document(HTMLParser):
    """What a browser reads out of a page.

    Attributes:
        elements: Names and attributes, in order.
        text: All that is shown, with single spaces.
        title: Of the document.
    """

    def __init__(self, html: bytes) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.feed(html.decode())
        self.close()
        self.text = " ".join(self.text.split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        self.text += " "

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str, **attributes: str) -> list[dict[str, str]]:
        """The attributes of elements that have these, at least."""
        wanted = {key.rstrip("_").replace("_", "-"): value for key, value in attributes.items()}
        return [
            found
            for name, found in self.elements
            if name == tag and wanted.items() <= found.items()
        ]

    def links(self) -> list[str]:
        return [found["href"] for found in self.all("a")]


def document(content: Any) -> Document:
    """Of a part of a page."""
    return Document(render(content))


class PageRig:
    """The whole page, as one sees it who may do everything."""

    def __init__(self, size: int = 3) -> None:
        self.fleet = ScriptedFleet(size)
        placer = Placer(self.fleet, make_policy(), lambda: 0)
        self.operations = Operations(
            Settings("nodes://a"),
            self.fleet.clock,
            random.Random(0),
            self.fleet,
            self.fleet.creator(),
            placer,
            PullPlans(self.fleet.clock.seconds),
            self.fleet.local_resources(placer),
        )
        self.operations.startService()
        identity = self.identity = FleetIdentity("manager", "1.2.3")
        root = Root(self.fleet)
        page = make_page(self.fleet.clock, self.fleet, identity, self.operations)
        root.putChild(b"swarmd", page.home(self.fleet))
        self.operations.attach(root)
        self.site = DockerSite(root, self.fleet.clock, lambda: COMMON)
        for number in self.fleet.there:  # who watches nodes has not heard of them yet
            self.fleet.dispatch(news.EngineListed(key_of(number), key_of(number)))
            self.fleet.dispatch(news.EngineAnswered(key_of(number), self.fleet.now()))

    def run(self, number: int, name: str, **body: Any) -> str:
        """Engine ``number`` has a container of that name, which runs; its ID."""
        made = self.fleet.make(number, {"Image": "busybox", **body}, name)
        self.fleet.there[number][made]["State"] = {"Status": "running", "Running": True}
        self.fleet.listing(number)
        return made

    def ask(self, method: str, path: str, form: dict[str, str] | None = None) -> Client:
        client = Client(self.site)
        body = urlencode(form).encode() if form is not None else b""
        lines = [f"{method} {path} HTTP/1.1", "Host: docker"]
        if form is not None:
            lines += [f"Content-Length: {len(body)}"]
            lines += ["Content-Type: application/x-www-form-urlencoded"]
        client.channel.dataReceived("\r\n".join([*lines, "", ""]).encode() + body)
        for _ in range(200):
            if client.received:
                break
            self.fleet.obey()
            self.fleet.clock.advance(0)
        return client

    def page(self, path: str, form: dict[str, str] | None = None) -> tuple[int, Document]:
        head, body = self.ask("GET" if form is None else "POST", path, form).whole()
        return head.status, Document(body)

    def token(self, path: str = "/swarmd/ui/placement") -> str:
        return self.page(path)[1].all("input", name="token")[0]["value"]

    def send(self, path: str, **form: str) -> Client:
        """A form as the page has it, with its token."""
        return self.ask("POST", path, {"token": self.token(), **form})
