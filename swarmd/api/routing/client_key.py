"""Who asks, as far as it matters where a client's builds and its images are."""

from __future__ import annotations

from typing import Any

from twisted.internet.interfaces import ISSLTransport

from swarmd.api.routing.resource import client_of
from swarmd.front.request import DockerRequest


def client_key(request: DockerRequest) -> str:
    """Who builds: the subject of the client's certificate, else its address."""
    transport: Any = request.channel.transport
    if ISSLTransport.providedBy(transport):
        certificate: Any = transport.getPeerCertificate()
        if certificate is not None:
            return f"subject {certificate.get_subject().get_components()!r}"
    return client_of(request)
