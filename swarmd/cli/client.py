"""The daemon's API from the outside, where ``docker`` would look for it too."""

from __future__ import annotations

import os
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import orjson
import treq
from treq.client import HTTPClient
from twisted.internet.defer import Deferred, TimeoutError
from twisted.internet.interfaces import IProtocolFactory, IStreamClientEndpoint
from twisted.internet.task import deferLater
from twisted.web.client import URI, Agent
from twisted.web.http_headers import Headers
from twisted.web.iweb import IAgentEndpointFactory
from zope.interface import implementer

from swarmd.cli.errors import CommandError, Misuse
from swarmd.cli.terminal.typed_line import TypedLine
from swarmd.codec.json_stream import JsonLines
from swarmd.streams.dialing.dial import dialer
from swarmd.streams.dialing.dial_errors import words
from swarmd.streams.interfaces import Dial
from swarmd.tls.trust import ClientTls, client_options

T = TypeVar("T")

DEFAULT_HOST = "tcp://127.0.0.1:2375"
CONNECT, ANSWER = 5.0, 60.0  # seconds
LINE_LIMIT = 1 << 20
_JSON = Headers({"Content-Type": ["application/json"]})


class Unreachable(CommandError):
    """A daemon that is not there, or cannot serve now; later it may."""


def _ignore() -> None:
    """Nothing is to be done."""


@dataclass(frozen=True, slots=True)
class DaemonHost:
    """The address of a daemon, and the certificates to reach it with.

    Attributes:
        url: tcp://HOST:PORT or unix:///PATH.
        certs: The folder of ca.pem, cert.pem and key.pem; None speaks plainly.
    """

    url: str
    certs: Path | None = None

    @classmethod
    def of(cls, environ: Mapping[str, str], given: str = "") -> DaemonHost:
        """As the docker CLI reads its environment; ``given`` is the option -H."""
        url = given or environ.get("DOCKER_HOST") or DEFAULT_HOST
        if not url.startswith(("tcp://", "unix://")):
            raise Misuse(f"host {url!r} is neither tcp://HOST:PORT nor unix:///PATH")
        if url.startswith("unix:") or not environ.get("DOCKER_TLS_VERIFY"):
            return cls(url)
        folder = environ.get("DOCKER_CERT_PATH") or os.path.expanduser("~/.docker")
        return cls(url, Path(folder))


class Daemon:
    """The daemon as commands call it: CommandError, in its words, if it refuses or is not there."""

    def __init__(self, reactor: Any, host: DaemonHost) -> None:
        self._reactor = reactor
        self._host = host
        self._http = HTTPClient(_agent(reactor, host))
        place = "localhost" if host.url.startswith("unix:") else urlsplit(host.url).netloc
        self._base = f"http://{place}"

    async def call(self, method: str, path: str, body: object = None) -> Any:
        response = await self._ask(method, path, body)
        try:
            content = await response.content().addTimeout(ANSWER, self._reactor)
            return orjson.loads(content) if content else None
        except orjson.JSONDecodeError:
            raise CommandError(f"what answers at {self._host.url} is no swarmd") from None
        except Exception as error:  # noqa: BLE001 - as below
            raise self._broken(error) from None

    async def ask_user(self, question: str) -> str:
        """What is typed on the terminal; "" at its end. ^C is heard meanwhile."""
        print(question, end="", flush=True)
        typed = TypedLine()
        self._reactor.addReader(typed)
        try:
            return await typed.line
        finally:
            self._reactor.removeReader(typed)

    async def pause(self, seconds: float) -> None:
        await deferLater(self._reactor, seconds)

    async def within(self, seconds: float, asked: Coroutine[Any, Any, T]) -> T:
        """The answer, if it comes so soon; else CommandError."""
        try:
            return await Deferred.fromCoroutine(asked).addTimeout(seconds, self._reactor)
        except TimeoutError:
            raise CommandError(f"swarmd has not answered within {seconds:g} s") from None

    async def lines(
        self,
        method: str,
        path: str,
        on_line: Callable[[Any], None],
        on_open: Callable[[], None] = _ignore,
        body: object = None,
    ) -> None:
        """Gives each line of a long answer to ``on_line`` as it comes, and says when it begins."""
        response = await self._ask(method, path, body)
        on_open()
        lines = JsonLines(LINE_LIMIT)

        def receive(data: bytes) -> None:
            for line in lines.feed(data):
                on_line(orjson.loads(line))

        try:
            await treq.collect(response, receive)
        except (BrokenPipeError, CommandError):
            raise
        except Exception as error:  # noqa: BLE001 - as below
            raise self._broken(error) from None

    async def _ask(self, method: str, path: str, body: object) -> Any:
        data, headers = (None, None) if body is None else (orjson.dumps(body), _JSON)
        try:
            response = await self._http.request(
                method,
                self._base + path,
                headers=headers,
                data=data,
                unbuffered=True,
                reactor=self._reactor,
            ).addTimeout(ANSWER, self._reactor)
        except Exception as error:  # noqa: BLE001 - whatever it is, it ends the command
            raise self._broken(error) from None
        if response.code >= 400:
            content = await response.content().addTimeout(ANSWER, self._reactor)
            kind = Unreachable if response.code >= 500 else CommandError
            raise kind(_message(content) or f"status {response.code}")
        return response

    def _broken(self, error: BaseException) -> Unreachable:
        """What the agent wraps in failures of its own, in words."""
        while reasons := getattr(error, "reasons", None):
            error = reasons[-1].value
        return Unreachable(f"cannot talk to swarmd at {self._host.url}: {words(error)}")


def _agent(reactor: Any, host: DaemonHost) -> Any:
    """TLS is below the endpoint, so that to the agent everything is plain HTTP."""
    try:
        dial = dialer(reactor, host.url, _tls(host), CONNECT)
    except ValueError as error:
        raise CommandError(str(error)) from None
    return Agent.usingEndpointFactory(reactor, _Endpoints(dial))


def _tls(host: DaemonHost) -> ClientTls | None:
    if host.certs is None:
        return None
    ca, cert, key = (str(host.certs / f"{name}.pem") for name in ("ca", "cert", "key"))
    return client_options(urlsplit(host.url).hostname or "", ca, cert, key, verify=True)


@implementer(IAgentEndpointFactory, IStreamClientEndpoint)
class _Endpoints:
    """Always the same endpoint, wherever the agent thinks that it goes."""

    def __init__(self, dial: Dial) -> None:
        self._dial = dial

    def endpointForURI(self, uri: URI) -> IStreamClientEndpoint:
        return self

    def connect(self, protocolFactory: IProtocolFactory) -> Deferred[Any]:
        return self._dial(protocolFactory)


def _message(content: bytes) -> str:
    try:
        return str(orjson.loads(content)["message"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return content.decode("utf-8", "replace").strip()
