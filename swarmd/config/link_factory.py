"""Makes the connections to one engine, with what the options and its line say of TLS and SSH."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from weakref import WeakSet

from twisted.internet.defer import Deferred, fail
from twisted.internet.interfaces import IProtocolFactory

from swarmd.config.settings import Settings
from swarmd.core.addresses import parse_address
from swarmd.discovery.entry import Entry
from swarmd.streams.dialing.dial import dialer
from swarmd.streams.interfaces import Dial
from swarmd.streams.link import Link
from swarmd.streams.ssh.files import SshFiles
from swarmd.streams.ssh.socket_folder import remove_left_over
from swarmd.streams.ssh.ssh_host import ssh_dialer
from swarmd.tls.reload import TlsReload
from swarmd.tls.trust import ClientTls, Trust


class LinkFactory:
    """The maker of links to engines: those with the same certificates share them in memory."""

    def __init__(self, settings: Settings, tls_reload: TlsReload, reactor: Any) -> None:
        self._settings = settings
        self._tls_reload = tls_reload
        self._reactor = reactor
        self._links: WeakSet[Link] = WeakSet()
        self._clean = False
        tls_reload.on_change.append(self._renew)

    def __call__(self, entry: Entry) -> Link:
        link = Link(entry.name or entry.address, self._dial(entry), self._reactor)
        self._links.add(link)
        return link

    def _dial(self, entry: Entry) -> Dial:
        """A line that cannot be used shows why, and the others go on."""
        try:
            if entry.address.startswith("ssh:"):
                self._clean_up()
                return ssh_dialer(self._reactor, entry.address, self._ssh(entry))
            return dialer(self._reactor, entry.address, self._tls(entry))
        except ValueError as error:
            return _unusable(error)

    def _clean_up(self) -> None:
        """Once, after a process that was killed; without SSH there is nothing to look for."""
        if not self._clean:
            self._clean = True
            remove_left_over()

    def _ssh(self, entry: Entry) -> SshFiles:
        common = self._settings.ssh
        return replace(common, key=entry.ssh_key or common.key)

    def _tls(self, entry: Entry) -> ClientTls | None:
        files = self._settings.tls_for(entry)
        if files is None:
            return None
        host = files.name or parse_address(entry.address).host
        return self._tls_reload.client(files, host, entry.key)

    def _renew(self, trust: Trust) -> None:
        """Idle connections were made by old certificates: who was revoked must not be asked on."""
        for link in list(self._links):
            link.renew()


def _unusable(error: ValueError) -> Dial:
    def dial(factory: IProtocolFactory) -> Deferred[Any]:
        return fail(error)

    return dial
