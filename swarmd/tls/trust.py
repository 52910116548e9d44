"""Whom to trust over TLS: contexts made from PEM files, which may be read again at any time.

The same rules as Docker's: ``verify`` demands a certificate of the CA from the other side; an
engine's certificate must also hold the name or address it was dialled by, as a subjectAltName
(RFC 9525; the common name does not count). TLS 1.2 is the least. Any certificate in the CA file is
trusted to sign, an intermediate one too.

Of a CRL file, the list of whoever signed the other side's certificate must be there, and valid: if
not, nobody is let in. Lists of the CAs above count where there are any. ``crl.pem`` beside the CA
file is taken without being named, and from then on it must be there.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from cryptography import x509
from OpenSSL import SSL
from twisted.internet.interfaces import (
    IOpenSSLClientConnectionCreator,
    IOpenSSLServerConnectionCreator,
)
from zope.interface import implementer

from swarmd.certificates import pem
from swarmd.certificates.expiry import Expiry
from swarmd.files.reader import BadFileError, load
from swarmd.tls.authorities import Authorities
from swarmd.tls.file_warnings import expiries, remarks
from swarmd.tls.tls_errors import openssl_words
from swarmd.tls.verify import Path, is_ip, verify_client, verify_engine

# Gives idle connections' buffers back: 42 KB in place of 66 KB for each. pyOpenSSL has no name.
_RELEASE_BUFFERS = 0x10
# Else each call enciphers one record; a relayed gigabyte took a tenth more CPU.
_PARTIAL_WRITE = 0x1
LARGEST_FILE = 64 << 20  # bytes; a list of a million revoked certificates is smaller
# What `swarmd certs` calls it.
LIST_BESIDE = "crl.pem"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """The files of one side's TLS.

    Attributes:
        ca, cert, key: Absolute paths of PEM files; "" for none.
        verify: The other side must show a certificate signed by ``ca``, or, towards engines and
            without ``ca``, by a CA of the system.
        name: Expected in an engine's certificate in place of its address; "" for the address.
        crl: Path of the lists of certificates that ``ca`` has revoked; "" for what may lie beside
            the CA.
    """

    ca: str = ""
    cert: str = ""
    key: str = ""
    verify: bool = False
    name: str = ""
    crl: str = ""

    @property
    def beside(self) -> str:
        """Where a list is looked for that nobody has named; "" if none is."""
        if self.crl or not (self.verify and self.ca):
            return ""
        return os.path.join(os.path.dirname(self.ca), LIST_BESIDE)

    @property
    def named(self) -> list[str]:
        return [path for path in (self.ca, self.cert, self.key, self.crl) if path]

    @property
    def paths(self) -> list[str]:
        """All that are watched, although the list may not be there."""
        return self.named + ([self.beside] if self.beside else [])


@dataclass(frozen=True, slots=True)
class Loaded:
    """The content of a set of files, as it was read.

    Attributes:
        files: With the list that was taken beside the CA.
        authorities: The CAs that we trust, none for those of the system, and what they revoked.
        chain: Our certificate, and those of the CAs between it and its root that we show.
        expiries: When each of the certificates and lists ends.
        remarks: What the operator should know of them.
    """

    files: TlsFiles
    context: SSL.Context
    authorities: Authorities
    chain: tuple[x509.Certificate, ...]
    expiries: tuple[Expiry, ...]
    remarks: tuple[str, ...]


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
        self._list_seen = False

    def read(self) -> None:
        """From now on the next connection is made by what the files say now.

        Raises:
            ValueError: A file cannot be read or does not fit; the text names it.
        """
        try:
            self.loaded = self._load(self._with_list())
        except Exception as error:
            self.problem = str(error) or repr(error)
            raise ValueError(self.problem) from error
        self.problem = ""

    def _with_list(self) -> TlsFiles:
        """A list that was there once and is no longer must not open the door again."""
        beside = self.files.beside
        self._list_seen = self._list_seen or bool(beside and _is_there(beside))
        return replace(self.files, crl=beside) if self._list_seen else self.files

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
    """The client's TLS towards one engine: what is shared with others, and the name to be proven.

    Attributes:
        seen: The certificate that the engine showed last.
    """

    purpose = "serverAuth"  # of the other side

    def __init__(self, trust: Trust, host: str) -> None:
        self.trust = trust
        self.seen: x509.Certificate | None = None
        self._host = host
        self._server_name = None if is_ip(host) else host.encode("idna")

    def check(self) -> None:
        """ValueError, with the reason, if there is nothing to shake hands with."""
        _ = self.trust.current

    def saw(self, certificate: x509.Certificate) -> None:
        self.seen = certificate

    def clientConnectionForTLS(self, tlsProtocol: Any) -> SSL.Connection:
        loaded = self.trust.current
        connection = SSL.Connection(loaded.context, None)
        if self._server_name:
            connection.set_tlsext_host_name(self._server_name)
        tlsProtocol.peer_name = self._host
        tlsProtocol.creator, tlsProtocol.judged_by, tlsProtocol.path = self, loaded, Path()
        connection.set_app_data(tlsProtocol)
        return connection


@implementer(IOpenSSLServerConnectionCreator)
class ServerTls:
    """The server's TLS, of a listener."""

    purpose = "clientAuth"

    def __init__(self, trust: Trust) -> None:
        self.trust = trust

    def serverConnectionForTLS(self, tlsProtocol: Any) -> SSL.Connection:
        loaded = self.trust.current
        connection = SSL.Connection(loaded.context, None)
        tlsProtocol.creator, tlsProtocol.judged_by, tlsProtocol.path = self, loaded, Path()
        connection.set_app_data(tlsProtocol)
        return connection


def client_options(host: str, ca: str, cert: str, key: str, verify: bool) -> ClientTls:
    """TLS towards ``host``, for good; the paths as in ``TlsFiles``, errors as of ``Trust.read``."""
    trust = client_trust(TlsFiles(ca, cert, key, verify))
    trust.read()
    return ClientTls(trust, host)


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
        loaded.context.set_verify(SSL.VERIFY_PEER, verify_engine)
    return loaded


def _load_server(files: TlsFiles) -> Loaded:
    loaded = _load(files, SSL.TLS_SERVER_METHOD)
    # No session is resumed: that would pass by the judgement on its certificate.
    loaded.context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    loaded.context.set_options(SSL.OP_NO_TICKET)
    if files.verify:
        demanded = SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT
        loaded.context.set_verify(demanded, verify_client)
    return loaded


def _load(files: TlsFiles, method: int) -> Loaded:
    context = SSL.Context(method)
    context.set_min_proto_version(SSL.TLS1_2_VERSION)
    context.set_mode(_RELEASE_BUFFERS)
    context.clear_mode(_PARTIAL_WRITE)
    cas = _read(files.ca, "CA certificate", pem.certificates) if files.ca else []
    crls = _read(files.crl, "CRL", pem.revocations) if files.crl else []
    authorities = Authorities(cas, crls)
    _refuse_strange(files.crl, authorities)
    store = context.get_cert_store()
    assert store is not None
    authorities.fill(store)
    chain = _read(files.cert, "certificate", pem.certificates) if files.cert else []
    if chain:
        _show(context, chain, files)
    texts = remarks(files.ca, files.crl, files.beside, authorities, chain)
    ends = expiries(files.ca, files.cert, files.crl, authorities, chain)
    return Loaded(files, context, authorities, tuple(chain), tuple(ends), tuple(texts))


def _read(path: str, kind: str, parse: Callable[[bytes], T]) -> T:
    try:
        return load(path, LARGEST_FILE, parse)
    except BadFileError as error:
        raise ValueError(f"cannot use TLS {kind} {path}: {error}") from None


def _refuse_strange(path: str, authorities: Authorities) -> None:
    """A forged or mistaken file without a list of ours must not wait for the first handshake."""
    if any(authorities.lists.values()):
        return
    for crl in authorities.others:
        if any(ca.subject == crl.issuer for ca in authorities.cas):
            raise ValueError(
                f"cannot use TLS CRL {path}: it is not signed by our CA, {authorities.words}, "
                f"but by another called {authorities.signer(crl)}"
            )


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


def _is_there(path: str) -> bool:
    """Also where we may not look: then the attempt to read it says so."""
    try:
        os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        pass
    return True
