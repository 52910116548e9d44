"""Makes the connections to one engine, with the TLS that the options and its line ask for."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from OpenSSL import SSL
from twisted.internet.defer import Deferred, fail
from twisted.internet.interfaces import IProtocolFactory

from swarmd.core.addresses import parse_address
from swarmd.discovery.entry import Entry
from swarmd.settings import Settings
from swarmd.streams.endpoint import dialer
from swarmd.streams.link import Link
from swarmd.streams.ports import Dial
from swarmd.streams.trust import ClientTls, client_context
from swarmd.tls_files import TlsFiles


class LinkMaker:
    """One for the daemon: engines with the same certificates share them in memory."""

    def __init__(self, settings: Settings, reactor: Any) -> None:
        self._settings = settings
        self._reactor = reactor
        self._context = lru_cache(maxsize=64)(_context)

    def __call__(self, entry: Entry) -> Link:
        return Link(entry.name or entry.address, self._dial(entry), self._reactor)

    def _dial(self, entry: Entry) -> Dial:
        """A line whose certificates cannot be used shows why, and the others go on."""
        try:
            return dialer(self._reactor, entry.address, self._tls(entry))
        except ValueError as error:
            return _unusable(error)

    def _tls(self, entry: Entry) -> ClientTls | None:
        files = self._settings.tls_for(entry)
        if files is None:
            return None
        return ClientTls(self._context(files), files.name or parse_address(entry.address).host)


def _context(files: TlsFiles) -> SSL.Context:
    return client_context(files.ca, files.cert, files.key, files.verify)


def _unusable(error: ValueError) -> Dial:
    def dial(factory: IProtocolFactory) -> Deferred[Any]:
        return fail(error)

    return dial
