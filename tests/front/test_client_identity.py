"""A certificate's names, and the kernel's word for who is at the other end of a Unix socket."""

from __future__ import annotations

import datetime
import ipaddress
import os
import socket
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from OpenSSL.crypto import X509
from twisted.internet.interfaces import ISSLTransport
from zope.interface import alsoProvides

from swarmd.core.request.identity import Identity
from swarmd.front.client_identity import identity_of, read_identity
from tests.front.memory import Connection, Leaf, Transport


def certificate(names: list[x509.GeneralName], **subject: list[str]) -> X509:
    key = ec.generate_private_key(ec.SECP256R1())
    oids = {"cn": NameOID.COMMON_NAME, "ou": NameOID.ORGANIZATIONAL_UNIT_NAME}
    name = x509.Name(
        [x509.NameAttribute(oids[kind], one) for kind, all_ in subject.items() for one in all_]
    )
    now = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return X509.from_cryptography(builder.sign(key, hashes.SHA256()))


class Tls(Transport):
    def __init__(self, shown: X509 | None) -> None:
        super().__init__()
        alsoProvides(self, ISSLTransport)
        self.shown = shown

    def getPeerCertificate(self) -> X509 | None:
        return self.shown


class Address:
    host = "10.0.0.9"


def test_all_names_of_a_certificate() -> None:
    shown = certificate(
        [
            x509.DNSName("a.b"),
            x509.RFC822Name("a@b"),
            x509.IPAddress(ipaddress.ip_address("10.0.0.1")),
            x509.UniformResourceIdentifier("spiffe://a/b"),
        ],
        cn=["alice"],
        ou=["ml", "research"],
    )
    assert read_identity(Tls(shown), Address) == Identity(
        common_name="alice",
        units=("ml", "research"),
        names=("DNS:a.b", "email:a@b", "IP:10.0.0.1", "URI:spiffe://a/b"),
        address="10.0.0.9",
    )


def test_one_without_names_and_none_at_all() -> None:
    assert read_identity(Tls(certificate([])), Address) == Identity(address="10.0.0.9")
    assert read_identity(Tls(None), Address) == Identity(address="10.0.0.9")


def test_the_last_of_several_common_names_counts() -> None:
    shown = certificate([], cn=["first", "last"])
    assert read_identity(Tls(shown), Address).common_name == "last"


def test_the_process_behind_a_unix_socket() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX)
    with ours, theirs:
        transport: Any = Transport()
        transport.socket = ours
        found = read_identity(transport, None)
    assert (found.uid, found.gids[0], found.address) == (os.getuid(), os.getgid(), "")
    assert set(os.getgroups()) <= set(found.gids)


def test_a_connection_is_asked_once() -> None:
    seen = []
    leaf = Leaf(lambda request: seen.append(identity_of(request)) or b"ok")
    client = Connection({"who": leaf})
    client.get("/who")
    client.get("/who")
    assert seen[0] is seen[1]
    assert seen[0].address == str(getattr(client.channel.getPeer(), "host", ""))
