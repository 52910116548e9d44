"""The site of the Docker API: what it builds, and what all its answers say."""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.interfaces import IAddress
from twisted.web.http import datetimeToString

from swarmd.front.channel import Channel
from swarmd.front.client_site import ClientSite
from swarmd.front.request import DockerRequest


class CommonHeaders:
    """Header lines that every answer has, rendered once a second."""

    def __init__(self, now: Callable[[], float], version: str, api: Callable[[], str]) -> None:
        """``now`` is the wall clock; ``api`` tells the advertised API version."""
        self._now = now
        self._server = b"swarmd/" + version.encode()
        self._api = api
        self._second = -1
        self._lines = b""

    def __call__(self) -> bytes:
        second = int(self._now())
        if second != self._second:
            self._second = second
            self._lines = self._render(second)
        return self._lines

    def _render(self, second: int) -> bytes:
        return (
            b"Api-Version: %b\r\nDocker-Experimental: false\r\nOstype: linux\r\n"
            b"Server: %b (linux)\r\nDate: %b\r\n"
        ) % (self._api().encode(), self._server, datetimeToString(second))


class DockerSite(ClientSite[DockerRequest]):
    """The factory of channels."""

    requestFactory = DockerRequest

    def buildProtocol(self, addr: IAddress | None) -> Channel | None:  # type: ignore[override]
        """A channel; None, which closes at once, if even refusals are too many."""
        return None if self.overrun else Channel(self)
