"""The login: one public key after another, until the host takes one."""

from __future__ import annotations

from twisted.conch.ssh.common import NS
from twisted.conch.ssh.service import SSHService
from twisted.conch.ssh.userauth import MSG_USERAUTH_REQUEST, SSHUserAuthClient
from twisted.internet.defer import Deferred
from twisted.logger import ILogObserver, LogEvent, Logger
from zope.interface import implementer

from swarmd.streams.ssh.keys import Signer, SshKeys, algorithm_for

_PUBLIC_KEY = b"publickey"


@implementer(ILogObserver)
class _Nobody:
    def __call__(self, event: LogEvent) -> None:
        """Conch tells of every packet; what matters is in the errors that we make."""


QUIET = Logger(observer=_Nobody())


class LoginRefusedError(Exception):
    """No key was taken; the text says which were offered."""


class Login(SSHUserAuthClient):
    """The authentication by SSH keys.

    Conch's would sign with RSA keys by SHA-1, which sshd has refused since 2021.
    """

    _log = QUIET
    preferredOrder = [_PUBLIC_KEY]  # noqa: RUF012 - Conch's name

    def __init__(self, user: str, keys: SshKeys, service: SSHService) -> None:
        super().__init__(user.encode(), service)
        self._keys = keys
        self._left = list(keys.signers)
        self._signer: Signer | None = None
        self._algorithm = b""

    def tryAuth(self, kind: bytes) -> Deferred[bool] | None:
        """Nothing but keys: there is nobody who could type a password."""
        return Deferred.fromCoroutine(self._offer()) if kind == _PUBLIC_KEY else None

    async def _offer(self) -> bool:
        if not self._left:
            return False
        self._signer = signer = self._left.pop(0)
        assert self.transport is not None
        accepted = self.transport.peerExtensions.get(b"server-sig-algs", b"")
        self._algorithm = algorithm_for(signer.blob, accepted)
        self.askForAuth(_PUBLIC_KEY, b"\0" + NS(self._algorithm) + NS(signer.blob))
        return True

    def ssh_USERAUTH_PK_OK(self, packet: bytes) -> None:
        """The host would take this key: prove that it is ours."""
        Deferred.fromCoroutine(self._prove()).addErrback(lambda _: self.askForAuth(b"none", b""))

    async def _prove(self) -> None:
        assert self._signer is not None and self.transport is not None
        session = self.transport.sessionID or b""
        parts = NS(_PUBLIC_KEY) + b"\1" + NS(self._algorithm) + NS(self._signer.blob)
        request = NS(self.user) + NS(self.instance.name) + parts
        signed = await self._signer.sign(
            NS(session) + bytes((MSG_USERAUTH_REQUEST,)) + request, self._algorithm
        )
        self.askForAuth(_PUBLIC_KEY, parts[len(NS(_PUBLIC_KEY)) :] + NS(signed))

    def ssh_USERAUTH_BANNER(self, packet: bytes) -> None:
        """For human eyes."""

    def refused(self) -> LoginRefusedError:
        tried = ", ".join(self._keys.sources)
        return LoginRefusedError(
            f"sshd takes no key of ours for user {self.user.decode()} (offered: {tried})"
        )
