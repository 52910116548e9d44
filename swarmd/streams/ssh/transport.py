"""One SSH connection to a host: whom we trust, as whom we log in, and why it ended."""

from __future__ import annotations

import struct
from typing import Any

from twisted.conch.ssh.common import getNS
from twisted.conch.ssh.transport import SSHClientTransport
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.python.failure import Failure

from swarmd.core.addresses import Address
from swarmd.streams.dialing.dial_errors import SilentError
from swarmd.streams.ssh.keys import SshKeys
from swarmd.streams.ssh.known_hosts import HostKeyRefusedError, algorithms, check, lines_for
from swarmd.streams.ssh.login import QUIET, Login
from swarmd.streams.ssh.multiplexer import Multiplexer

_MOST_WORDS = 300  # characters of what the host says


class SshError(Exception):
    """A failure between us and sshd; the text says what went wrong."""


class SilentSshError(SshError, SilentError):
    """The silence of an SSH host: nothing, or nothing more, came from it."""


class SshTransport(SSHClientTransport):
    """The SSH transport.

    Conch's, without what is too weak for sshd of today, or for us.

    Attributes:
        ready: Fires with the multiplexer once we are logged in; fails with the reason.
    """

    _log = QUIET
    transport: Any
    supportedCiphers = [b"aes128-ctr", b"aes192-ctr", b"aes256-ctr"]  # noqa: RUF012 - Conch's names
    supportedMACs = [b"hmac-sha2-256", b"hmac-sha2-512"]  # noqa: RUF012
    supportedCompressions = [b"none"]  # noqa: RUF012
    supportedKeyExchanges = [  # noqa: RUF012
        name for name in SSHClientTransport.supportedKeyExchanges if not name.endswith(b"sha1")
    ]

    def __init__(
        self, address: Address, known: tuple[str, str], keys: SshKeys, multiplexer: Multiplexer
    ) -> None:
        """``known`` is a known_hosts file's text and path; ``address`` has a user."""
        self.ready: Deferred[Multiplexer] = Deferred(lambda _: self.no_word("given up"))
        self._address = address
        self._path = known[1]
        self._lines = lines_for(known[0], address)
        self._keys = keys
        self._multiplexer = multiplexer
        self._login = Login(address.user, keys, multiplexer)
        self._failure: Exception | None = None
        self._secure = False
        strong = [each for each in self.supportedPublicKeys if each not in (b"ssh-rsa", b"ssh-dss")]
        self.supportedPublicKeys = algorithms(self._lines, strong)

    def failure(self) -> Exception:
        return self._failure or ConnectionLost("the SSH connection was lost")

    def give_up(self, reason: str) -> None:
        """Ends it at once, for what the host has sent."""
        self._ended(SshError(f"SSH: {reason}"))
        self.transport.abortConnection()

    def no_word(self, reason: str) -> None:
        """The same, for what the host has not sent."""
        self._ended(SilentSshError(f"SSH: {reason}"))
        self.transport.abortConnection()

    def logged_in(self) -> None:
        self._keys.close()
        self.ready.callback(self._multiplexer)

    def dataReceived(self, data: bytes) -> None:
        """A host can send anything; it costs it this connection."""
        self._multiplexer.heard()
        try:
            super().dataReceived(data)
        except Exception as error:  # noqa: BLE001
            self.give_up(f"it sent what is no SSH ({type(error).__name__}: {error})")

    def ssh_KEXINIT(self, packet: bytes) -> Any:
        if not self._secure and not self._common(packet):
            return None
        return super().ssh_KEXINIT(packet)

    def _common(self, packet: bytes) -> bool:
        """Whether host and we know the same algorithms; if not, which is lacking is told."""
        offered = [names.split(b",") for names in getNS(packet[16:], 10)[:10]]
        ours = (
            ("key exchange", self.supportedKeyExchanges, offered[0]),
            ("host key", self.supportedPublicKeys, offered[1]),
            ("cipher", self.supportedCiphers, offered[2]),
            ("MAC", self.supportedMACs, offered[4]),
        )
        for what, have, theirs in ours:
            if not set(have) & set(theirs):
                known, their_names = (
                    b", ".join(names).decode("ascii", "replace") for names in (have, theirs)
                )
                self.give_up(f"no {what} in common: it offers {their_names}; swarmd has {known}")
                return False
        return True

    def verifyHostKey(self, hostKey: bytes, fingerprint: bytes) -> Deferred[bool]:
        try:
            check(self._lines, hostKey, self._address, self._path)
        except HostKeyRefusedError as error:
            self._ended(error)
            return fail(error)
        return succeed(True)

    def connectionSecure(self) -> None:
        """Also called whenever keys were changed on the way."""
        if not self._secure:
            self._secure = True
            self.requestService(self._login)
        else:
            self._multiplexer.keys_changed()

    @property
    def changes_keys(self) -> bool:
        return bool(self._keyExchangeState != self._KEY_EXCHANGE_NONE)  # Conch's names

    def ssh_DISCONNECT(self, packet: bytes) -> None:
        (code,) = struct.unpack(">L", packet[:4])
        said = getNS(packet[4:])[0].decode("utf-8", "replace")[:_MOST_WORDS]
        self._ended(SshError(f"sshd has closed the connection: {said or code}"))
        self.transport.loseConnection()

    def sendDisconnect(self, reason: int, desc: bytes) -> None:
        """Ours: Conch gives up."""
        if self.service is self._login:
            self._ended(self._login.refused())
        self._ended(SshError(f"SSH: {desc.decode('utf-8', 'replace')[:_MOST_WORDS]}"))
        super().sendDisconnect(reason, desc)

    def connectionLost(self, reason: Failure | None = None) -> None:
        if self._failure is None and not self.gotVersion:
            words = "it closed the connection before it said that it speaks SSH"
            self._ended(SilentSshError(words))
        elif self._failure is None and reason is not None and reason.check(ConnectionDone):
            self._ended(SshError("sshd has closed the connection"))
        self._ended(ConnectionLost("the SSH connection was lost"))
        super().connectionLost(reason)

    def _ended(self, error: Exception) -> None:
        """The first reason is the one."""
        if self._failure is None:
            self._failure = error
            self._keys.close()
            if not self.ready.called:
                self.ready.errback(error)
