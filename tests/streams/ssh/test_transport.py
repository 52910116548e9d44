"""Whom we take for the host, and what a host may do to us."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from swarmd.core.addresses import parse_address
from swarmd.streams.ssh.keys import SshKeys
from swarmd.streams.ssh.multiplexer import Multiplexer
from swarmd.streams.ssh.transport import SshError, SshTransport
from tests.lab.sshd import make_key, public
from tests.streams.ssh.rig import SshdCase, needs_sshd
from tests.streams.ssh.test_multiplexer import Owner


@needs_sshd
class HostKeyTest(SshdCase):
    async def refusal(self, known: str) -> str:
        path = self.folder / "known"
        path.write_text(known)
        with pytest.raises(SshError) as refused:
            await self.dial(self.host(known_hosts=str(path)))
        return str(refused.value)

    async def test_an_unknown_host_is_refused(self) -> None:
        assert "is not known: it shows ssh-ed25519 SHA256:" in await self.refusal("")

    async def test_a_changed_key_is_refused(self) -> None:
        other = make_key(self.folder / "other")
        said = await self.refusal(
            self.sshd.known_line().replace(public(self.sshd.host_key), public(other))
        )
        assert said.startswith(f"THE HOST KEY OF [127.0.0.1]:{self.sshd.port} HAS CHANGED")

    async def test_a_missing_file_knows_nobody(self) -> None:
        with pytest.raises(SshError, match="is not known"):
            await self.dial(self.host(known_hosts=str(self.folder / "gone")))


@needs_sshd
class ForeignTest(SshdCase):
    settings = ("Ciphers chacha20-poly1305@openssh.com",)

    async def test_algorithms_that_we_lack_are_named(self) -> None:
        said = (
            r"no cipher in common: it offers chacha20-poly1305@openssh.com; swarmd has aes128-ctr"
        )
        with pytest.raises(SshError, match=said):
            await self.dial(self.host())


class StrangeTest(SynchronousTestCase):
    """What sends something else than sshd costs itself the connection."""

    def start(self) -> Any:
        multiplexer = Multiplexer(Clock(), Owner())
        address = parse_address("ssh://root@h:22")
        transport = SshTransport(address, ("", "/k"), SshKeys(), multiplexer)
        transport.makeConnection(StringTransport())
        return transport

    def said(self, transport: Any) -> str:
        return self.failureResultOf(transport.ready).getErrorMessage()

    def test_garbage_after_the_greeting(self) -> None:
        for junk in (b"\0\0\0\x0c\x0a\x14" + b"\0" * 20, b"\0\0\0\x0c\x04\x5a\0\0\0\0\0\0\0\0\0\0"):
            transport = self.start()
            transport.dataReceived(b"SSH-2.0-x\r\n" + junk)
            if not transport.ready.called:
                transport.connectionLost(Failure(ConnectionDone()))
            assert self.said(transport)

    def test_what_is_no_ssh_at_all(self) -> None:
        transport = self.start()
        transport.dataReceived(b"HTTP/1.1 400 Bad Request\r\n\r\n" * 200)
        assert "Peer version string longer than 4KB" in self.said(transport)
        transport = self.start()
        transport.connectionLost(Failure(ConnectionDone()))
        assert "before it said that it speaks SSH" in self.said(transport)

    def test_an_old_version(self) -> None:
        transport = self.start()
        transport.dataReceived(b"SSH-1.5-old\r\n")
        assert self.said(transport) == "SSH: bad version 1.5"

    def test_its_goodbye_is_the_reason(self) -> None:
        transport = self.start()
        transport.ssh_DISCONNECT(struct.pack(">L", 11) + b"\0\0\0\x08too many\0\0\0\0")
        transport.connectionLost(Failure(ConnectionDone()))
        assert self.said(transport) == "sshd has closed the connection: too many"

    def test_a_connection_that_ends_early(self) -> None:
        transport = self.start()
        transport.gotVersion = True
        transport.connectionLost(Failure(ConnectionDone()))
        assert self.said(transport) == "sshd has closed the connection"

    def test_who_no_longer_waits_ends_it(self) -> None:
        transport = self.start()
        transport.ready.cancel()
        assert self.said(transport) == "SSH: given up"
        assert transport.transport.disconnected
