"""The identity of a client: who is at the other end of its connection."""

from __future__ import annotations

import socket
import struct
from typing import Any

from cryptography import x509
from cryptography.x509.oid import NameOID
from twisted.internet.interfaces import ISSLTransport

from swarmd.core.request.identity import Identity
from swarmd.front.lazy_request import LazyRequest

_PEER_GROUPS = 59  # SO_PEERGROUPS, which the socket module does not name
_MOST_GROUPS = 65536  # NGROUPS_MAX
_CREDENTIALS = struct.Struct("3i")  # pid, uid, gid
_ALTERNATIVES: tuple[tuple[type[x509.GeneralName], str], ...] = (
    (x509.DNSName, "DNS"),
    (x509.RFC822Name, "email"),
    (x509.IPAddress, "IP"),
    (x509.UniformResourceIdentifier, "URI"),
)


def identity_of(request: LazyRequest) -> Identity:
    """Read once a connection: neither a certificate nor a socket's peer changes."""
    channel = request.channel
    if channel.identity is None:
        channel.identity = read_identity(channel.transport, channel.getPeer())
    return channel.identity


def read_identity(transport: Any, peer: Any) -> Identity:
    """Without a proof of more, the address is all.

    A certificate counts as proof because it is only asked for where it is verified.
    """
    address = str(getattr(peer, "host", ""))
    if ISSLTransport.providedBy(transport):
        certificate: Any = transport.getPeerCertificate()
        if certificate is not None:
            return certified(certificate.to_cryptography(), address)
    opened = getattr(transport, "socket", None)
    if opened is not None and opened.family == socket.AF_UNIX:
        return _local(opened)
    return Identity(address=address)


def proves_itself(transport: Any) -> bool:
    """Whether a page in a browser cannot be at the other end, or has a certificate to be there."""
    if ISSLTransport.providedBy(transport):
        return transport.getPeerCertificate() is not None
    opened = getattr(transport, "socket", None)
    return opened is not None and opened.family == socket.AF_UNIX


def certified(certificate: x509.Certificate, address: str) -> Identity:
    """Of several CNs the last counts, the most specific one, as Go has it."""
    return Identity(
        common_name=(_texts(certificate, NameOID.COMMON_NAME) or ("",))[-1],
        units=_texts(certificate, NameOID.ORGANIZATIONAL_UNIT_NAME),
        names=_alternatives(certificate),
        address=address,
    )


def _texts(certificate: x509.Certificate, oid: x509.ObjectIdentifier) -> tuple[str, ...]:
    values = (one.value for one in certificate.subject.get_attributes_for_oid(oid))
    return tuple(one for one in values if isinstance(one, str))


def _alternatives(certificate: x509.Certificate) -> tuple[str, ...]:
    """What cannot be understood names nobody."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except (x509.ExtensionNotFound, ValueError):
        return ()
    return tuple(
        f"{word}:{one.value}" for kind, word in _ALTERNATIVES for one in found.value
        if isinstance(one, kind)
    )  # fmt: skip


def _local(opened: socket.socket) -> Identity:
    """As of the moment of connecting; ``su`` changes nothing any more."""
    packed = opened.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    _, uid, gid = _CREDENTIALS.unpack(packed)
    return Identity(uid=uid, gids=tuple(dict.fromkeys((gid, *_groups(opened)))))


def _groups(opened: socket.socket) -> tuple[int, ...]:
    """Without supplementary groups on kernels before 4.13."""
    size = struct.calcsize("I")
    try:
        packed = opened.getsockopt(socket.SOL_SOCKET, _PEER_GROUPS, _MOST_GROUPS * size)
    except OSError:
        return ()
    return struct.unpack(f"{len(packed) // size}I", packed)
