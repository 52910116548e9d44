"""Who a client is for its builds: its certificate, else its address."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from twisted.internet.interfaces import ISSLTransport
from zope.interface import implementer

from swarmd.api.routing.client_key import client_key


@implementer(ISSLTransport)
class Tls:
    def __init__(self, subject: list[tuple[bytes, bytes]] | None) -> None:
        self._subject = subject

    def getPeerCertificate(self) -> Any:
        if self._subject is None:
            return None
        name = SimpleNamespace(get_components=lambda: self._subject)
        return SimpleNamespace(get_subject=lambda: name)


def request(transport: Any) -> Any:
    peer = SimpleNamespace(host="10.9.9.9")
    return SimpleNamespace(channel=SimpleNamespace(transport=transport, peer=peer), peer=peer)


def test_by_its_certificate_wherever_it_is() -> None:
    alice, bob = (Tls([(b"CN", name)]) for name in (b"alice", b"bob"))
    assert client_key(request(alice)) == client_key(request(Tls([(b"CN", b"alice")])))
    assert client_key(request(alice)) != client_key(request(bob))
