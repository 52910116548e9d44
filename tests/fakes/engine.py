"""A Docker Engine in memory: a resource tree over ``tests.fakes.machine``.

It answers as Docker 20.10 does, as far as ``tests/contract`` says; whatever it does differently
from a real engine is a bug of it.
"""

from __future__ import annotations

import re
from typing import Any

from twisted.internet.defer import maybeDeferred
from twisted.internet.task import deferLater
from twisted.protocols.policies import WrappingFactory
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Request, Site

from tests.fakes import api  # noqa: F401 - its import fills ROUTES
from tests.fakes.machine import Machine, Refusal
from tests.fakes.routing import ROUTES, reply

_VERSION = re.compile(r"v(\d+)\.(\d+)\Z")


class FakeEngine:
    """An engine that can also misbehave.

    Attributes:
        machine: Its state; tests may change it as if behind everybody's back.
        requests: Every request so far, as "GET /v1.41/containers/json?all=1".
        hung: Accepts requests and answers none.
        broken: Path suffix -> status that is answered there.
    """

    def __init__(self, name: str, reactor: Any) -> None:
        self.machine = Machine(name, reactor)
        self.requests: list[str] = []
        self.hung = False
        self.broken: dict[str, int] = {}
        self._reactor = reactor
        self._factory: WrappingFactory | None = None
        self._port: Any = None

    def listen(self, port: int = 0) -> str:
        """Starts to listen on loopback; returns "127.0.0.1:PORT"."""
        site = Site(_Tree(self))
        site.displayTracebacks = False
        site.log = lambda request: None
        self._factory = WrappingFactory(site)
        self._factory.noisy = site.noisy = False
        self._port = self._reactor.listenTCP(port, self._factory, interface="127.0.0.1")
        return f"127.0.0.1:{self._port.getHost().port}"

    async def close(self) -> None:
        """Dies: nobody listens, every connection is cut."""
        self.machine.shut_down()
        port, self._port = self._port, None
        if port is not None:
            await maybeDeferred(port.stopListening)
            await self.cut()

    async def cut(self) -> None:
        """Every connection of this moment is lost."""
        open_now = self._factory.protocols if self._factory else {}
        doomed = set(open_now)
        for connection in doomed:
            connection.transport.abortConnection()
        while doomed & open_now.keys():
            await deferLater(self._reactor, 0.001)


class _Tree(Resource):
    """All paths, since an engine's are given by its route table."""

    isLeaf = True

    def __init__(self, engine: FakeEngine) -> None:
        super().__init__()
        self._engine = engine

    def render(self, request: Request) -> int:
        engine = self._engine
        engine.requests.append(f"{request.method.decode()} {request.uri.decode()}")
        for name, value in _headers(engine.machine):
            request.setHeader(name, value)
        if not engine.hung:
            try:
                self._answer(request)
            except Refusal as refusal:
                reply(request, {"message": refusal.message}, refusal.status)
        return NOT_DONE_YET

    def _answer(self, request: Request) -> None:
        path = request.path.decode()
        for suffix, code in self._engine.broken.items():
            if path.endswith(suffix):
                raise Refusal(code, "broken by the test")
        found = _VERSION.match(path.split("/")[1])
        if found:
            self._check_version(found)
            path = path[len(found[0]) + 1 :]
        for method, pattern, handler in ROUTES:
            match = pattern.match(path)
            if match and method == request.method.decode():
                handler(self._engine.machine, request, *match.groups())
                return
        raise Refusal(404, "page not found")

    def _check_version(self, found: re.Match[str]) -> None:
        machine = self._engine.machine
        asked, highest, lowest = (
            tuple(map(int, text.lstrip("v").split(".")))
            for text in (found[0], machine.api_max, machine.api_min)
        )
        text = found[0][1:]
        if asked > highest:
            raise Refusal(
                400,
                f"client version {text} is too new. "
                f"Maximum supported API version is {machine.api_max}",
            )
        if asked < lowest:
            raise Refusal(
                400,
                f"client version {text} is too old. Minimum supported API version is "
                f"{machine.api_min}, please upgrade your client to a newer version",
            )


def _headers(machine: Machine) -> list[tuple[str, str]]:
    return [
        ("Api-Version", machine.api_max),
        ("Docker-Experimental", "false"),
        ("Ostype", "linux"),
        ("Server", f"Docker/{machine.version} (linux)"),
        ("Content-Type", "application/json"),
    ]
