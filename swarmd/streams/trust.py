"""Whom to trust over TLS: contexts made from PEM files, and the reasons when a peer is refused.

The same rules as Docker's: ``verify`` demands a certificate of the CA from the other side; an
engine's certificate must also hold the name or address it was dialled by, as a subjectAltName
(RFC 9525; the common name does not count). TLS 1.2 is the least.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import load_pem_private_key
from OpenSSL import SSL
from OpenSSL.crypto import X509
from service_identity import VerificationError
from service_identity.exceptions import CertificateError
from service_identity.hazmat import DNS_ID, IPAddress_ID, verify_service_identity
from service_identity.pyopenssl import extract_patterns
from twisted.internet.interfaces import (
    IOpenSSLClientConnectionCreator,
    IOpenSSLServerConnectionCreator,
)
from zope.interface import implementer

# Gives idle connections' buffers back: 42 KB in place of 66 KB for each. pyOpenSSL has no name.
_RELEASE_BUFFERS = 0x10

_VERIFY_WORDS = {
    9: "is not valid yet",
    10: "has expired",
    23: "was revoked",
    26: "is not made for this purpose (extended key usage)",
}
# Self-signed, or the chain ends in what we do not know; depth and certificate vary with the chain.
_STRANGE_CA = (18, 19, 20, 21)


@implementer(IOpenSSLClientConnectionCreator)
class ClientTls:
    """TLS towards one engine: a shared context and the name that the engine must prove."""

    def __init__(self, context: SSL.Context, host: str) -> None:
        self._context = context
        self._host = host
        self._server_name = None if _is_ip(host) else host.encode("idna")

    def clientConnectionForTLS(self, tlsProtocol: Any) -> SSL.Connection:
        connection = SSL.Connection(self._context, None)
        if self._server_name:
            connection.set_tlsext_host_name(self._server_name)
        tlsProtocol.peer_name = self._host
        connection.set_app_data(tlsProtocol)
        return connection


@implementer(IOpenSSLServerConnectionCreator)
class ServerTls:
    """TLS of a listener."""

    def __init__(self, context: SSL.Context) -> None:
        self._context = context

    def serverConnectionForTLS(self, tlsProtocol: Any) -> SSL.Connection:
        connection = SSL.Connection(self._context, None)
        connection.set_app_data(tlsProtocol)
        return connection


def client_options(host: str, ca: str, cert: str, key: str, verify: bool) -> ClientTls:
    """TLS towards the engine ``host``; the paths as ``client_context``."""
    return ClientTls(client_context(ca, cert, key, verify), host)


def client_context(ca: str, cert: str, key: str, verify: bool) -> SSL.Context:
    """What all engines with the same certificates can share.

    Args:
        ca, cert, key: Paths of PEM files; "" for none. Without ``ca`` the system's CAs count.
        verify: False accepts any certificate: encrypted, but with whom is not known.

    Raises:
        ValueError: A file cannot be read or does not fit; the text names it.
    """
    context = _context(SSL.TLS_CLIENT_METHOD, ca, cert, key)
    if verify:
        if not ca:
            context.set_default_verify_paths()
        context.set_verify(SSL.VERIFY_PEER, _judge_engine)
    return context


def server_options(ca: str, cert: str, key: str, verify: bool) -> ServerTls:
    """TLS of a listener; ``verify`` demands a client certificate of ``ca``.

    Raises:
        ValueError: A file cannot be read or does not fit; the text names it.
    """
    context = _context(SSL.TLS_SERVER_METHOD, ca, cert, key)
    context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    if verify:
        context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, _judge_client)
    return ServerTls(context)


def _context(method: int, ca: str, cert: str, key: str) -> SSL.Context:
    context = SSL.Context(method)
    context.set_min_proto_version(SSL.TLS1_2_VERSION)
    context.set_mode(_RELEASE_BUFFERS)
    if ca:
        _load(lambda: context.load_verify_locations(ca), "CA certificate", ca)
    if cert:
        _load(lambda: context.use_certificate_chain_file(cert), "certificate", cert)
        _load(lambda: context.use_privatekey(_private_key(key)), "key", key)
        _load(context.check_privatekey, "key", f"{key} for certificate {cert}")
    return context


def _load(load: Callable[[], None], kind: str, path: str) -> None:
    try:
        load()
    except SSL.Error as error:
        raise ValueError(f"cannot use TLS {kind} {path}: {openssl_words(error)}") from None
    except (OSError, ValueError, TypeError) as error:
        raise ValueError(f"cannot use TLS {kind} {path}: {error}") from None


def _private_key(path: str) -> Any:
    """Read here, because OpenSSL would ask for a password at the terminal."""
    return load_pem_private_key(Path(path).read_bytes(), None)


def openssl_words(error: SSL.Error) -> str:
    """The reasons in OpenSSL's error queue, last cause first; "" if it says nothing."""
    queue: Any = error.args[0] if error.args else ()
    if not isinstance(queue, list):
        return ""
    return "; ".join(dict.fromkeys(entry[-1] for entry in queue if entry[-1]))


def _judge_engine(connection: Any, cert: X509, problem: int, depth: int, ok: int) -> bool:
    if not _judge_client(connection, cert, problem, depth, ok):
        return False
    tls = connection.get_app_data()
    if depth == 0:
        tls.refusal = _missing_name(cert, tls.peer_name)
    return not tls.refusal


def _judge_client(connection: Any, cert: X509, problem: int, depth: int, ok: int) -> bool:
    if ok:
        return True
    if problem in _STRANGE_CA:
        refusal = "its certificate is not signed by our CA"
    else:
        words = _VERIFY_WORDS.get(problem, f"was refused by OpenSSL (reason {problem})")
        refusal = f"{'the CA' if depth else 'its'} certificate {_subject(cert)} {words}"
    connection.get_app_data().refusal = refusal
    return False


def _missing_name(cert: X509, host: str) -> str:
    """Why ``cert`` does not prove to be ``host``; "" if it does.

    Nothing may escape into OpenSSL: an exception there would be lost, and with it the refusal.
    """
    try:
        wanted = IPAddress_ID(host) if _is_ip(host) else DNS_ID(host.encode("idna").decode())
        names = extract_patterns(cert)
        verify_service_identity(names, [wanted], [])
    except (CertificateError, VerificationError):
        held = ", ".join(_shown(names)) or "no name at all"
        return f"its certificate {_subject(cert)} is not for {host}: its SAN has {held}"
    except Exception as error:  # noqa: BLE001
        return f"its certificate cannot be understood: {error}"
    return ""


def _shown(patterns: Sequence[Any]) -> list[str]:
    values = (getattr(each, "hostname_pattern", None) or each.pattern for each in patterns)
    texts = (getattr(value, "pattern", value) for value in values)
    return [text.decode() if isinstance(text, bytes) else str(text) for text in texts]


def _subject(cert: X509) -> str:
    return f'"{cert.to_cryptography().subject.rfc4514_string() or "without a name"}"'


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
