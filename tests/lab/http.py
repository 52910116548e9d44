"""A small blocking HTTP client for the Docker API: TCP, TLS or unix socket, one call each."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from tests.lab.certificates import Certificate
from tests.lab.waiting import PATIENCE


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]  # names in lower case
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def message(self) -> str:
        """The words of an error answer."""
        return str(self.json["message"])


def connect(url: str, tls: Certificate | None = None, timeout: float = PATIENCE) -> socket.socket:
    """A connected socket to ``tcp://host:port`` or ``unix:///path``."""
    parts = urlsplit(url)
    unix = parts.scheme == "unix"
    made = socket.socket(socket.AF_UNIX if unix else socket.AF_INET)
    try:
        made.settimeout(timeout)
        made.connect(parts.path if unix else (parts.hostname, parts.port))
        if tls is None:
            return made
        return client_context(tls).wrap_socket(made, server_hostname=parts.hostname)
    except OSError:
        made.close()
        raise


def client_context(tls: Certificate) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(tls.ca))
    context.load_cert_chain(str(tls.cert), str(tls.key))
    return context


class _Connection(http.client.HTTPConnection):
    def __init__(self, url: str, tls: Certificate | None, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._where = (url, tls, timeout)

    def connect(self) -> None:
        self.sock = connect(*self._where)


class Api:
    """Calls to one Docker host, each on a connection of its own."""

    def __init__(self, url: str, tls: Certificate | None = None) -> None:
        self.url = url
        self.tls = tls

    def call(
        self, method: str, path: str, body: Any = None, timeout: float = PATIENCE, **headers: str
    ) -> Answer:
        """``body`` is sent as it is if bytes, else as JSON; ``headers`` with ``_`` for ``-``."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            named.setdefault("Content-Type", "application/json")
        connection = _Connection(self.url, self.tls, timeout)
        try:
            connection.request(method, path, body, named)
            response = connection.getresponse()
            names = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, names, response.read())
        finally:
            connection.close()

    def get(self, path: str, timeout: float = PATIENCE) -> Any:
        """The JSON of a GET that must succeed."""
        answer = self.call("GET", path, timeout=timeout)
        if answer.status != 200:
            raise RuntimeError(f"GET {path}: {answer.status} {answer.body!r}")
        return answer.json

    def post(self, path: str, body: Any = None, timeout: float = PATIENCE) -> Any:
        """The JSON (None if empty) of a POST that must succeed."""
        answer = self.call("POST", path, body, timeout)
        if answer.status >= 300:
            raise RuntimeError(f"POST {path}: {answer.status} {answer.body!r}")
        return answer.json if answer.body else None
