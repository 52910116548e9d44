"""The daemon's API from the outside, where ``docker`` would look for it too."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson
import treq
from OpenSSL import SSL
from treq.client import HTTPClient
from twisted.internet.endpoints import UNIXClientEndpoint
from twisted.internet.interfaces import IOpenSSLClientConnectionCreator, IStreamClientEndpoint
from twisted.internet.ssl import (
    Certificate,
    PrivateCertificate,
    optionsForClientTLS,
    trustRootFromCertificates,
)
from twisted.web.client import URI, Agent
from twisted.web.error import SchemeNotSupported
from twisted.web.iweb import IAgentEndpointFactory, IPolicyForHTTPS
from zope.interface import implementer

from swarmd.codec.json_stream import JsonLines

DEFAULT_HOST = "tcp://127.0.0.1:2375"
CONNECT, ANSWER = 5.0, 60.0  # seconds
LINE_LIMIT = 1 << 20


class CommandError(Exception):
    """Ends the command with one line."""


@dataclass(frozen=True, slots=True)
class Host:
    """Attributes:
    url: tcp://HOST:PORT or unix:///PATH.
    certs: The folder of ca.pem, cert.pem and key.pem; None speaks plainly.
    """

    url: str
    certs: Path | None = None

    @classmethod
    def of(cls, environ: Mapping[str, str], given: str = "") -> Host:
        """As the docker CLI reads its environment; ``given`` is the option -H."""
        url = given or environ.get("DOCKER_HOST") or DEFAULT_HOST
        if not url.startswith(("tcp://", "unix://")):
            raise CommandError(f"host {url!r} is neither tcp://HOST:PORT nor unix:///PATH")
        if url.startswith("unix:") or not environ.get("DOCKER_TLS_VERIFY"):
            return cls(url)
        folder = environ.get("DOCKER_CERT_PATH") or os.path.expanduser("~/.docker")
        return cls(url, Path(folder))


class Daemon:
    """Calls to it; each raises CommandError, in its words, if it refuses or is not there."""

    def __init__(self, reactor: Any, host: Host) -> None:
        self._reactor = reactor
        self._host = host
        self._http = HTTPClient(_agent(reactor, host))
        scheme = "https" if host.certs else "http"
        place = "localhost" if host.url.startswith("unix:") else urlsplit(host.url).netloc
        self._base = f"{scheme}://{place}"

    async def call(self, method: str, path: str, body: object = None) -> Any:
        response = await self._ask(method, path, body)
        content = await response.content().addTimeout(ANSWER, self._reactor)
        return orjson.loads(content) if content else None

    async def lines(self, method: str, path: str, tell: Callable[[Any], None]) -> None:
        """Gives each line of a long answer to ``tell`` as it comes."""
        response = await self._ask(method, path, None)
        lines = JsonLines(LINE_LIMIT)

        def receive(data: bytes) -> None:
            for line in lines.feed(data):
                tell(orjson.loads(line))

        await treq.collect(response, receive)

    async def _ask(self, method: str, path: str, body: object) -> Any:
        data = None if body is None else orjson.dumps(body)
        try:
            response = await self._http.request(
                method, self._base + path, data=data, unbuffered=True, reactor=self._reactor
            ).addTimeout(ANSWER, self._reactor)
        except Exception as error:  # noqa: BLE001 - whatever it is, it ends the command
            cause = _words(error)
            raise CommandError(f"cannot talk to swarmd at {self._host.url}: {cause}") from None
        if response.code >= 400:
            content = await response.content().addTimeout(ANSWER, self._reactor)
            raise CommandError(_message(content) or f"status {response.code}")
        return response


def _agent(reactor: Any, host: Host) -> Any:
    if host.url.startswith("unix:"):
        endpoints = _UnixEndpoints(reactor, urlsplit(host.url).path)
        return Agent.usingEndpointFactory(reactor, endpoints)
    if host.certs is None:
        return Agent(reactor, connectTimeout=CONNECT)
    return Agent(reactor, _Certificates(host.certs), connectTimeout=CONNECT)


@implementer(IAgentEndpointFactory)
class _UnixEndpoints:
    def __init__(self, reactor: Any, path: str) -> None:
        self._reactor = reactor
        self._path = path

    def endpointForURI(self, uri: URI) -> IStreamClientEndpoint:
        return UNIXClientEndpoint(self._reactor, self._path, timeout=CONNECT)


@implementer(IPolicyForHTTPS)
class _Certificates:
    """Trusts the folder's CA alone, and shows the folder's certificate."""

    def __init__(self, folder: Path) -> None:
        try:
            ca = Certificate.loadPEM((folder / "ca.pem").read_bytes())
            pair = (folder / "cert.pem").read_bytes() + (folder / "key.pem").read_bytes()
            self._own = PrivateCertificate.loadPEM(pair)
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}") from None
        except SSL.Error as error:
            raise CommandError(f"certificates in {folder} cannot be used: {error}") from None
        self._trust = trustRootFromCertificates([ca])

    def creatorForNetloc(self, hostname: bytes, port: int) -> IOpenSSLClientConnectionCreator:
        return optionsForClientTLS(hostname.decode("ascii"), self._trust, self._own)


def _message(content: bytes) -> str:
    try:
        return str(orjson.loads(content)["message"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return content.decode("utf-8", "replace").strip()


def _words(error: Exception) -> str:
    """Twisted hides what went wrong with TLS in a list of reasons."""
    reasons = getattr(error, "reasons", None)
    if reasons:
        return "; ".join(reason.getErrorMessage() for reason in reasons)
    if isinstance(error, SchemeNotSupported):
        return "TLS is not available"
    return str(error) or type(error).__name__
