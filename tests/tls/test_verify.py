"""Handshakes between real TLS ends, in memory: who is let in, and what is said to the others."""

from __future__ import annotations

import contextlib
import ssl
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID
from OpenSSL.crypto import X509
from twisted.internet.error import ConnectionDone
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure

from swarmd.certificates.describe import authority
from swarmd.tls.half_close import ServerTLSFactory
from swarmd.tls.trust import ServerTls, TlsFiles, Trust, server_trust
from tests.lab.certificates import Authority, Certificate
from tests.streams.handshake import Handshake, files

DAY = timedelta(days=1)
ANYTHING = ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE


@pytest.fixture
def ours(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def node(ours: Authority) -> Certificate:
    return ours.issue("node", ["node", "10.0.0.1"])


@pytest.fixture
def user(ours: Authority) -> Certificate:
    return ours.issue("user")


def test_both_are_content(node: Certificate, user: Certificate) -> None:
    done = Handshake(files(node), files(user))
    assert done.good and not done.refused
    assert done.client.creator.seen == node.load()
    assert done.client._tlsConnection.get_protocol_version_name() == "TLSv1.3"


@pytest.mark.parametrize("kind", ["rsa", "ecdsa", "ed25519"])
def test_every_kind_of_key(tmp_path: Path, kind: str) -> None:
    authority = Authority(tmp_path, kind=kind)
    both = [authority.issue(name, ["node"], kind=kind) for name in ("node", "user")]
    assert Handshake(files(both[0]), files(both[1])).good


@pytest.mark.parametrize(
    ("usage", "good"),
    [
        ([ANYTHING], True),
        ([ExtendedKeyUsageOID.CODE_SIGNING, ANYTHING], True),
        ([ExtendedKeyUsageOID.CODE_SIGNING], False),
    ],
)
def test_a_certificate_for_anything_is_good_for_both_as_for_an_engine(
    ours: Authority, usage: list[Any], good: bool
) -> None:
    """Seen on one: it lets in who has only anyExtendedKeyUsage, and nobody with codeSigning."""
    odd, even = ours.issue("odd", ["node"], usage=usage), ours.issue("even", ["node"])
    assert Handshake(files(odd), files(even)).good is good
    assert Handshake(files(even), files(odd)).good is good
    late = ours.issue("late", ["node"], -DAY, usage=usage)
    assert not Handshake(files(even), files(late)).good


def test_chains_in_both_directions(tmp_path: Path, ours: Authority) -> None:
    below = Authority(tmp_path, "below", above=Authority(tmp_path, "between", above=ours))
    both = [below.issue(name, ["node"]) for name in ("node", "user")]
    assert Handshake(files(both[0]), files(both[1])).good


def test_an_intermediate_ca_may_be_what_is_trusted(tmp_path: Path, ours: Authority) -> None:
    """As with Docker's own: whatever is in the CA file."""
    below = Authority(tmp_path, "below", above=ours)
    node, user = below.issue("node", ["node"]), below.issue("user")
    node.ca.write_bytes(b"".join(node.cert.read_bytes().partition(b"-----BEGIN")[1:]))
    chain = node.cert.read_bytes().split(b"-----END CERTIFICATE-----\n")
    node.ca.write_bytes(chain[1] + b"-----END CERTIFICATE-----\n")
    assert Handshake(files(node), files(user)).good


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"valid": -1 * DAY}, 'its certificate "CN=bad" has expired on 20'),
        ({"since": DAY}, 'its certificate "CN=bad" is not valid yet, but from 20'),
    ],
)
def test_before_and_after_its_time(
    ours: Authority, node: Certificate, user: Certificate, given: Any, said: str
) -> None:
    bad = ours.issue("bad", ["node"], **given)
    (why,) = Handshake(files(node), files(bad)).refused
    assert why.startswith(said) and why.endswith(" UTC")
    assert Handshake(files(bad), files(user)).client.refusal == why


def test_wrong_names(node: Certificate, user: Certificate) -> None:
    done = Handshake(files(node), files(user), "other")
    said = 'its certificate "CN=node" is not for other: its SAN has node, 10.0.0.1'
    assert done.client.refusal == said


def test_another_authority(
    tmp_path: Path, ours: Authority, node: Certificate, user: Certificate
) -> None:
    other = Authority(tmp_path, "other")
    eve = other.issue("eve", ["node"])
    alone = files(eve, ca=str(node.ca))
    ca = authority(ours.certificate)
    said = f'its certificate "CN=eve" is signed by "CN=other", which is not our CA, {ca}'
    assert Handshake(files(node), alone).refused == [said]
    assert Handshake(alone, files(user)).client.refusal == said
    whole = Handshake(files(node), files(eve, verify=False))
    theirs = authority(other.certificate)
    said = f"its certificate is signed by {theirs}, which is not our CA, {ca}"
    assert whole.refused == [said]


def test_another_authority_with_the_same_name(tmp_path: Path, node: Certificate) -> None:
    (tmp_path / "else").mkdir()
    eve = Authority(tmp_path / "else").issue("eve", ["node"])
    (why,) = Handshake(files(node), files(eve, ca="", verify=False)).refused
    assert "CN=lab-ca" in why and "not" in why


def test_no_certificate_at_all(node: Certificate) -> None:
    done = Handshake(files(node), TlsFiles(ca=str(node.ca), verify=True))
    assert done.refused == ["it shows no certificate, and --tlsverify demands one"]


def test_a_client_that_does_not_trust_us(
    tmp_path: Path, node: Certificate, user: Certificate
) -> None:
    other = Authority(tmp_path, "other").issue("other")
    (why,) = Handshake(files(node), files(user, ca=str(other.ca))).refused
    assert "our certificate" in why and '"CN=node", issued by "CN=lab-ca"' in why
    assert why.endswith("for node, 10.0.0.1")


def test_who_hangs_up_is_told_and_who_never_spoke_is_not(node: Certificate) -> None:
    reasons: list[str] = []
    trust = server_trust(files(node))
    trust.read()
    factory = ServerTLSFactory(
        ServerTls(trust),
        Factory.forProtocol(Protocol),
        refused=lambda peer, why: reasons.append(why),
    )
    for first in (b"", b"\x16\x03\x01"):
        end: Any = factory.buildProtocol(None)
        end.makeConnection(StringTransport())
        if first:
            end.dataReceived(first)
        end.connectionLost(Failure(ConnectionDone()))
    assert reasons == ["it hung up during the TLS handshake"]


def test_a_certificate_that_only_openssl_understands(
    node: Certificate, user: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(self: object) -> None:
        raise ValueError("odd\nserial")

    monkeypatch.setattr(X509, "to_cryptography", fails)
    said = "its certificate cannot be understood: odd?serial"
    assert Handshake(files(node), files(user)).client.refusal == said
    assert Handshake(files(node), files(user), "other").client.refusal == said
    other = Handshake(
        files(node), files(user, ca="", verify=False, cert=str(node.cert), key=str(node.key))
    )
    assert other.good


class TestRevoked:
    def test_both_directions(self, ours: Authority, node: Certificate, user: Certificate) -> None:
        crl = str(ours.revoke(node, user))
        said = f'its certificate "CN={{}}" was revoked by {authority(ours.certificate)}'
        assert Handshake(files(node, crl=crl), files(user)).refused == [said.format("user")]
        done = Handshake(files(node), files(user, crl=crl))
        assert done.client.refusal == said.format("node")

    def test_others_are_let_in(self, ours: Authority, node: Certificate, user: Certificate) -> None:
        crl = str(ours.revoke(ours.issue("eve")))
        assert Handshake(files(node, crl=crl), files(user, crl=crl)).good

    def test_an_old_list_lets_nobody_in(
        self, ours: Authority, node: Certificate, user: Certificate
    ) -> None:
        crl = str(ours.revoke(valid=timedelta(days=-1)))
        (why,) = Handshake(files(node, crl=crl), files(user)).refused
        ca = authority(ours.certificate)
        assert why.endswith(f"cannot be judged: {ca}'s list of revoked ones has expired")

    def test_a_list_of_another_authority_lets_nobody_in(
        self, tmp_path: Path, ours: Authority, node: Certificate, user: Certificate
    ) -> None:
        crl = str(Authority(tmp_path, "other").revoke())
        (why,) = Handshake(files(node, crl=crl), files(user)).refused
        ca = authority(ours.certificate)
        assert why.endswith(f"cannot be judged: there is no list of revoked ones of {ca}")

    def test_of_cas_above_lists_count_where_there_are_any(
        self, tmp_path: Path, ours: Authority
    ) -> None:
        below = Authority(tmp_path, "below", above=ours)
        node, user = below.issue("node", ["node"]), below.issue("user")
        both = tmp_path / "both.pem"
        both.write_bytes(below.revoke().read_bytes())
        assert Handshake(files(node, crl=str(both)), files(user)).good
        both.write_bytes(both.read_bytes() + ours.revoke(below).read_bytes())
        (why,) = Handshake(files(node, crl=str(both)), files(user)).refused
        ca = authority(ours.certificate)
        assert why == f'the certificate of its CA "CN=below" was revoked by {ca}'

    def test_who_comes_in_while_the_list_is_read_goes(
        self, ours: Authority, node: Certificate, user: Certificate
    ) -> None:
        crl = ours.revoke()
        for other, said in ((user, ["its certificate was revoked meanwhile"]), (node, [])):

            def read_again(trust: Trust, other: Certificate = other) -> None:
                ours.revoke(other)
                trust.read()

            ours.revoke()
            done = Handshake(files(node, crl=str(crl)), files(user), meanwhile=read_again)
            assert done.refused == said and done.server._aborted is bool(said)

    def test_nor_may_an_engine_come_in_meanwhile(
        self, ours: Authority, node: Certificate, user: Certificate
    ) -> None:
        crl = ours.revoke()

        def read_again(trust: Trust) -> None:
            ours.revoke(node)
            trust.read()

        done = Handshake(files(node), files(user, crl=str(crl)), client_meanwhile=read_again)
        assert done.client.refusal == "its certificate was revoked meanwhile"
        assert not done.good and done.client._aborted

    def test_who_is_in_already_goes(
        self, ours: Authority, node: Certificate, user: Certificate
    ) -> None:
        crl = ours.revoke()
        done = Handshake(files(node, crl=str(crl)), files(user))
        done.factory.drop_revoked()
        assert done.good and not done.refused and done.server.connected
        ours.revoke(user)
        done.server.creator.trust.read()
        done.factory.drop_revoked()
        assert done.refused == ["its certificate was revoked meanwhile"]
        assert done.server._aborted


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
def test_no_session_is_resumed(node: Certificate, user: Certificate, version: str) -> None:
    """That would pass by the judgement on its certificate."""
    context = ssl.create_default_context(cafile=str(user.ca))
    context.minimum_version = context.maximum_version = ssl.TLSVersion[version]
    context.load_cert_chain(user.cert, user.key)
    trust = server_trust(files(node))
    trust.read()
    session = None
    for _ in range(2):
        client = shaken(trust, context, session)
        session = client.session
        assert not client.session_reused


def shaken(trust: Trust, context: ssl.SSLContext, session: Any) -> ssl.SSLObject:
    """A client of OpenSSL's, as it is after a handshake and a byte of ours."""
    factory = ServerTLSFactory(ServerTls(trust), Factory.forProtocol(Protocol))
    server: Any = factory.buildProtocol(None)
    wire = StringTransport()
    server.makeConnection(wire)
    into, out = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context.wrap_bio(into, out, server_hostname="node", session=session)
    for _ in range(4):
        with contextlib.suppress(ssl.SSLWantReadError):
            client.do_handshake()
        if out.pending:
            server.dataReceived(out.read())
        into.write(wire.value())
        wire.clear()
    server.write(b"x")
    into.write(wire.value())
    assert client.read(1) == b"x"
    return client
