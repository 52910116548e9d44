"""Who we are over SSH: keys of an agent, or of files. There are no passwords.

A key file that is named is the only one that is shown. Without it the agent's keys are, and those
that ``ssh`` itself looks for in ``~/.ssh``. All of it is looked at anew for each connection.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any, Protocol

from twisted.conch.error import ConchError
from twisted.conch.ssh.agent import AGENT_SIGN_RESPONSE, AGENTC_SIGN_REQUEST, SSHAgentClient
from twisted.conch.ssh.common import NS, getNS
from twisted.conch.ssh.keys import EncryptedKeyError, Key
from twisted.internet.endpoints import UNIXClientEndpoint, connectProtocol
from twisted.internet.error import ConnectError

from swarmd.files.reader import BadFileError, read

AGENT_LIMIT = 5.0  # seconds for one answer of the agent
LARGEST_KEY = 64 << 10  # bytes
USUAL_FILES = ("id_ed25519", "id_ecdsa", "id_rsa")

_RSA = b"ssh-rsa"
# Flags of the agent's protocol: without one, an RSA key signs by SHA-1, which sshd refuses.
_AGENT_FLAGS = {b"rsa-sha2-256": b"\0\0\0\2", b"rsa-sha2-512": b"\0\0\0\4"}


class Signer(Protocol):
    """A key that we can prove to have.

    Attributes:
        blob: Its public half, as it goes over the wire.
    """

    @property
    def blob(self) -> bytes: ...

    async def sign(self, data: bytes, algorithm: bytes) -> bytes: ...


class FileSigner:
    """A private key in memory."""

    def __init__(self, key: Key) -> None:
        self._key = key
        self.blob: bytes = key.public().blob()

    async def sign(self, data: bytes, algorithm: bytes) -> bytes:
        return self._key.sign(data, algorithm)


class AgentSigner:
    """A key that never leaves the agent."""

    def __init__(self, agent: SSHAgentClient, blob: bytes, clock: Any) -> None:
        self._agent = agent
        self._clock = clock
        self.blob = blob

    async def sign(self, data: bytes, algorithm: bytes) -> bytes:
        request = NS(self.blob) + NS(data) + _AGENT_FLAGS.get(algorithm, b"\0\0\0\0")
        asked = self._agent.sendRequest(AGENTC_SIGN_REQUEST, request)
        answer: bytes = await asked.addTimeout(AGENT_LIMIT, self._clock)
        if answer[:1] != bytes((AGENT_SIGN_RESPONSE,)):
            raise ConchError("the agent did not sign")
        signature: bytes = getNS(answer[1:])[0]
        return signature


class SshKeys:
    """The SSH keys for one connection.

    Attributes:
        signers: In the order in which they are offered.
        sources: Where they come from, to be named when none of them is taken.
    """

    def __init__(self) -> None:
        self.signers: list[Signer] = []
        self.sources: list[str] = []
        self._agent: SSHAgentClient | None = None

    async def ask_agent(self, reactor: Any, path: str) -> None:
        """An agent that is not there is no error: there may be files."""
        endpoint = UNIXClientEndpoint(reactor, path)
        try:
            agent = await connectProtocol(endpoint, SSHAgentClient())
        except ConnectError as error:
            self.sources.append(f"the agent at {path} (not reached: {error.args[-1]})")
            return
        self._agent = agent
        held = await agent.requestIdentities().addTimeout(AGENT_LIMIT, reactor)
        self.signers += [AgentSigner(agent, blob, reactor) for blob, _ in held]
        self.sources.append(f"{len(held)} keys of the agent at {path}")

    def add_file(self, path: str) -> None:
        self.signers.append(FileSigner(read_key(path)))
        self.sources.append(path)

    def close(self) -> None:
        if self._agent is not None and self._agent.transport is not None:
            self._agent.transport.loseConnection()


async def load_keys(reactor: Any, file: str) -> SshKeys:
    """What there is to log in with.

    Args:
        file: The key to use; "" for the agent's and the usual ones.

    Raises:
        ValueError: It cannot be used.
    """
    ring = SshKeys()
    if file:
        ring.add_file(file)
        return ring
    agent = os.environ.get("SSH_AUTH_SOCK", "")
    if agent:
        await ring.ask_agent(reactor, agent)
    for path in _usual_files():
        ring.add_file(path)
    if not ring.signers:
        ring.close()
        raise ValueError(
            "there is no key to log in by SSH: give --ssh-key, or sshkey= in its line, or an agent "
            f"in SSH_AUTH_SOCK{' (asked ' + ring.sources[0] + ')' if ring.sources else ''}"
        )
    return ring


def _usual_files() -> Iterator[str]:
    """Those of them that can be used: nobody has named them."""
    for name in USUAL_FILES:
        path = os.path.expanduser(f"~/.ssh/{name}")
        try:
            read_key(path)
        except ValueError:
            continue
        yield path


def read_key(path: str) -> Key:
    """The private key in a file; ValueError says what is wrong with it, never what is in it."""
    try:
        text, status = read(path, LARGEST_KEY)
    except BadFileError as error:
        raise ValueError(f"cannot read SSH key {path}: {error}") from None
    if status.st_mode & 0o077:
        raise ValueError(f"SSH key {path} can be read by others: chmod 600 {path}")
    try:
        key: Key = Key.fromString(text)
    except EncryptedKeyError:
        raise ValueError(
            f"SSH key {path} has a passphrase: give it to an agent (SSH_AUTH_SOCK)"
        ) from None
    except Exception:  # noqa: BLE001 - whatever Conch stumbles over
        raise ValueError(f"SSH key {path} is no private key in a form that is known") from None
    if key.isPublic():
        raise ValueError(f"SSH key {path} is a public key: its other half is needed")
    return key


def algorithm_for(blob: bytes, accepted: bytes) -> bytes:
    """How a key signs; ``accepted`` is what the server has told ("" if it has not)."""
    kind: bytes = getNS(blob)[0]
    if kind != _RSA:
        return kind
    names = accepted.split(b",") if accepted else [b"rsa-sha2-512"]
    return b"rsa-sha2-512" if b"rsa-sha2-512" in names else b"rsa-sha2-256"
