"""Engines that DNS lists: ``dns+srv://_docker._tcp.example.com``.

The machine's resolvers are asked, or the one that the URL names:
``dns+srv://10.0.0.53/_docker._tcp.example.com``.
"""

from __future__ import annotations

import re
from typing import Any

from twisted.internet.defer import TimeoutError
from twisted.internet.error import ConnectError
from twisted.names import client, dns
from twisted.names.error import DNSNameError, DomainError

from swarmd.core.addresses import parse_address
from swarmd.discovery.polled_list import ListUnknown

SCHEME = "dns+srv"
_PORT = 53
_TRIES = (2, 4)  # seconds
_NAME = re.compile(r"(?=.{1,253}$)[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*")


class ServiceRecords:
    """The SRV records of one name.

    Args:
        rest: What follows ``dns+srv://``; ValueError if that is none.
    """

    def __init__(self, reactor: Any, rest: str) -> None:
        self.name, self._server = parse_service(rest)
        servers = [self._server] if self._server else None
        self._resolver = client.Resolver(
            None if servers else "/etc/resolv.conf", servers, reactor=reactor
        )

    async def lines(self) -> dict[str, str]:
        """HOST:PORT of each; ListUnknown if DNS does not say."""
        try:
            answers, _, _ = await self._resolver.lookupService(self.name, timeout=_TRIES)
        except DNSNameError:
            raise ListUnknown(f"{SCHEME}://{self.name}: there is no such name") from None
        except (DomainError, ConnectError, TimeoutError, OSError) as error:
            words = type(error).__name__
            raise ListUnknown(f"{SCHEME}://{self.name}: DNS does not answer: {words}") from None
        return self._read(answers)

    def _read(self, answers: Any) -> dict[str, str]:
        found: dict[str, str] = {}
        for record in answers:
            if record.type == dns.SRV and (host := record.payload.target.name.decode("ascii")):
                address = f"{host}:{record.payload.port}"
                found[address] = address
        return found

    async def close(self) -> None:
        """It holds nothing between two questions."""


def parse_service(rest: str) -> tuple[str, tuple[str, int] | None]:
    """The name, and the server that is to be asked; ValueError if it is no URL of ours."""
    server, mark, name = rest.rpartition("/")
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name of SRV records, as _docker._tcp.example.com is one")
    if not mark:
        return name, None
    address = parse_address(server, _PORT)
    host, _, port = str(address).rpartition(":")
    return name, (host.strip("[]"), int(port))
