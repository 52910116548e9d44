"""Whom to trust over TLS: contexts made from PEM files, which may be read again at any time.

The same rules as Docker's: ``verify`` demands a certificate of the CA from the other side; an
engine's certificate must also hold the name or address it was dialled by, as a subjectAltName
(RFC 9525; the common name does not count). TLS 1.2 is the least. Any certificate in the CA file is
trusted to sign, an intermediate one too.

Of a CRL file, the list of whoever signed the other side's certificate must be there, and valid: if
not, nobody is let in. Lists of the CAs above count where there are any.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from cryptography import x509
from OpenSSL import SSL
from OpenSSL.crypto import X509, X509StoreFlags
from twisted.internet.interfaces import (
    IOpenSSLClientConnectionCreator,
    IOpenSSLServerConnectionCreator,
)
from zope.interface import implementer

from swarmd.certificates import pem
from swarmd.certificates.expiry import Expiry, of_certificate, of_revocations
from swarmd.certificates.words import issuer, listed, subject
from swarmd.files.reader import BadFileError, load
from swarmd.streams.alerts import openssl_words
from swarmd.streams.judge import is_ip, judge_client, judge_engine

# Gives idle connections' buffers back: 42 KB in place of 66 KB for each. pyOpenSSL has no name.
_RELEASE_BUFFERS = 0x10
LARGEST_FILE = 64 << 20  # bytes; a list of a million revoked certificates is smaller
# Of a bundle with the CAs of the whole world there is always one that ends.
_MOST_CAS_WATCHED = 10

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """One side's TLS.

    Attributes:
        ca, cert, key: Absolute paths of PEM files; "" for none.
        verify: The other side must show a certificate signed by ``ca``, or, towards engines and
            without ``ca``, by a CA of the system.
        name: Expected in an engine's certificate in place of its address; "" for the address.
        crl: Path of the lists of certificates that ``ca`` has revoked; "" for none.
    """

    ca: str = ""
    cert: str = ""
    key: str = ""
    verify: bool = False
    name: str = ""
    crl: str = ""

    @property
    def paths(self) -> list[str]:
        return [path for path in (self.ca, self.cert, self.key, self.crl) if path]


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a set of files said when it was read.

    Attributes:
        authorities: The CAs that we trust, in words; "" for those of the system.
        chain: Our certificate, and those of the CAs between it and its root that we show.
        expiries: When each of the certificates and lists ends.
    """

    context: SSL.Context
    authorities: str
    chain: tuple[x509.Certificate, ...]
    crls: tuple[x509.CertificateRevocationList, ...]
    expiries: tuple[Expiry, ...]

    def revokes(self, chain: Sequence[x509.Certificate]) -> bool:
        return any(
            crl.issuer == cert.issuer
            and crl.get_revoked_certificate_by_serial_number(cert.serial_number) is not None
            for cert in chain
            for crl in self.crls
        )


class Trust:
    """A set of files, read, and read again when they change; handshakes use what was read last.

    Attributes:
        loaded: None as long as the files could not be used.
        problem: Why the last reading failed, so that an older one is still used; "" if it did not.
    """

    def __init__(self, files: TlsFiles, load: Callable[[TlsFiles], Loaded]) -> None:
        self.files = files
        self.loaded: Loaded | None = None
        self.problem = ""
        self._load = load

    def read(self) -> None:
        """From now on the next connection is made by what the files say now.

        Raises:
            ValueError: A file cannot be read or does not fit; the text names it.
        """
        try:
            self.loaded = self._load(self.files)
        except Exception as error:
            self.problem = str(error) or repr(error)
            raise ValueError(self.problem) from error
        self.problem = ""

    @property
    def current(self) -> Loaded:
        """What was read last.

        Raises:
            ValueError: Nothing could be.
        """
        if self.loaded is None:
            raise ValueError(self.problem or "its TLS files were not read")
        return self.loaded


@implementer(IOpenSSLClientConnectionCreator)
class ClientTls:
    """TLS towards one engine: what it shares with others, and the name that it must prove.

    Attributes:
        seen: The certificate that the engine showed last.
    """

    purpose = "serverAuth"  # of the other side

    def __init__(self, trust: Trust, host: str) -> None:
        self.trust = trust
        self.seen: x509.Certificate | None = None
        self._host = host
        self._server_name = None if is_ip(host) else host.encode("idna")

    @property
    def authorities(self) -> str:
        return self.trust.current.authorities

    def check(self) -> None:
        """ValueError, with the reason, if there is nothing to shake hands with."""
        _ = self.trust.current

    def saw(self, certificate: x509.Certificate) -> None:
        self.seen = certificate

    def clientConnectionForTLS(self, tlsProtocol: Any) -> SSL.Connection:
        connection = SSL.Connection(self.trust.current.context, None)
        if self._server_name:
            connection.set_tlsext_host_name(self._server_name)
        tlsProtocol.peer_name = self._host
        tlsProtocol.creator = self
        connection.set_app_data(tlsProtocol)
        return connection


@implementer(IOpenSSLServerConnectionCreator)
class ServerTls:
    """TLS of a listener."""

    purpose = "clientAuth"

    def __init__(self, trust: Trust) -> None:
        self.trust = trust

    @property
    def authorities(self) -> str:
        return self.trust.current.authorities

    def serverConnectionForTLS(self, tlsProtocol: Any) -> SSL.Connection:
        loaded = self.trust.current
        connection = SSL.Connection(loaded.context, None)
        tlsProtocol.creator, tlsProtocol.judged_by = self, loaded
        connection.set_app_data(tlsProtocol)
        return connection


def client_options(host: str, ca: str, cert: str, key: str, verify: bool) -> ClientTls:
    """TLS towards ``host``, for good; the paths as in ``TlsFiles``, errors as of ``Trust.read``."""
    trust = client_trust(TlsFiles(ca, cert, key, verify))
    trust.read()
    return ClientTls(trust, host)


def server_options(ca: str, cert: str, key: str, verify: bool, crl: str = "") -> ServerTls:
    """TLS of a listener; ``verify`` demands a client certificate of ``ca``. Errors as above."""
    trust = server_trust(TlsFiles(ca, cert, key, verify, crl=crl))
    trust.read()
    return ServerTls(trust)


def client_trust(files: TlsFiles) -> Trust:
    """What all engines with the same files can share; nothing is read yet."""
    return Trust(files, _load_client)


def server_trust(files: TlsFiles) -> Trust:
    return Trust(files, _load_server)


def _load_client(files: TlsFiles) -> Loaded:
    loaded = _load(files, SSL.TLS_CLIENT_METHOD)
    if files.verify:
        if not files.ca:
            loaded.context.set_default_verify_paths()
        loaded.context.set_verify(SSL.VERIFY_PEER, judge_engine)
    return loaded


def _load_server(files: TlsFiles) -> Loaded:
    loaded = _load(files, SSL.TLS_SERVER_METHOD)
    # No session is resumed: that would pass by the judgement on its certificate.
    loaded.context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    loaded.context.set_options(SSL.OP_NO_TICKET)
    if files.verify:
        demanded = SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT
        loaded.context.set_verify(demanded, judge_client)
    return loaded


def _load(files: TlsFiles, method: int) -> Loaded:
    context = SSL.Context(method)
    context.set_min_proto_version(SSL.TLS1_2_VERSION)
    context.set_mode(_RELEASE_BUFFERS)
    cas = _read(files.ca, "CA certificate", pem.certificates) if files.ca else []
    crls = _read(files.crl, "CRL", lambda data: _signed(data, cas)) if files.crl else []
    _set_authorities(context, cas, crls)
    chain = _read(files.cert, "certificate", pem.certificates) if files.cert else []
    if chain:
        _show(context, chain, files)
    return Loaded(
        context,
        listed([subject(ca) for ca in cas], 3) if cas else "",
        tuple(chain),
        tuple(crls),
        tuple(_expiries(files, chain, cas, crls)),
    )


def _read(path: str, kind: str, parse: Callable[[bytes], T]) -> T:
    try:
        return load(path, LARGEST_FILE, parse)
    except BadFileError as error:
        raise ValueError(f"cannot use TLS {kind} {path}: {error}") from None


def _signed(data: bytes, cas: Sequence[x509.Certificate]) -> list[x509.CertificateRevocationList]:
    """The lists of a file; a forged or mistaken one must not wait for the first handshake."""
    crls = pem.revocations(data)
    for crl in crls:
        namesakes = [ca for ca in cas if ca.subject == crl.issuer]
        if namesakes and not any(pem.signed_by(crl, ca) for ca in namesakes):
            raise ValueError(f"it is not signed by our CA, but by another called {issuer(crl)}")
    return crls


def _set_authorities(
    context: SSL.Context,
    cas: Sequence[x509.Certificate],
    crls: Sequence[x509.CertificateRevocationList],
) -> None:
    store = context.get_cert_store()
    assert store is not None
    for ca in cas:
        store.add_cert(X509.from_cryptography(ca))
    for crl in crls:
        store.add_crl(crl)
    # As Go has it: whatever is in the CA file may end a chain.
    flags = X509StoreFlags.PARTIAL_CHAIN
    if crls:
        flags |= X509StoreFlags.CRL_CHECK | X509StoreFlags.CRL_CHECK_ALL
    store.set_flags(flags)


def _show(context: SSL.Context, chain: Sequence[x509.Certificate], files: TlsFiles) -> None:
    key = _read(files.key, "key", pem.private_key)
    if not pem.belongs(key, chain[0]):
        raise ValueError(f"cannot use TLS key {files.key}: it is not the key of {files.cert}")
    try:
        context.use_certificate(chain[0])  # type: ignore[arg-type]
        for above in chain[1:]:
            context.add_extra_chain_cert(above)  # type: ignore[arg-type]
        context.use_privatekey(key)  # type: ignore[arg-type]
    except (SSL.Error, TypeError, ValueError) as error:
        words = openssl_words(error) if isinstance(error, SSL.Error) else str(error)
        raise ValueError(f"cannot use TLS certificate {files.cert}: {words}") from None


def _expiries(
    files: TlsFiles,
    chain: Sequence[x509.Certificate],
    cas: Sequence[x509.Certificate],
    crls: Sequence[x509.CertificateRevocationList],
) -> list[Expiry]:
    watched = [of_certificate(cert, f"TLS certificate {files.cert}:") for cert in chain]
    if len(cas) <= _MOST_CAS_WATCHED:
        watched += [of_certificate(ca, f"CA certificate {files.ca}:") for ca in cas]
    lists = [of_revocations(crl, f"CRL {files.crl}: the list") for crl in crls]
    return watched + [one for one in lists if one is not None]
