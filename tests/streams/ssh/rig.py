"""A real sshd on loopback whose ``docker`` is a shell script of the test, and who dials it."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any, ClassVar

import pytest
from twisted.internet import reactor as installed
from twisted.internet.defer import Deferred
from twisted.internet.protocol import Factory, connectionDone
from twisted.internet.task import deferLater
from twisted.python.failure import Failure
from twisted.trial.unittest import TestCase

from swarmd.core.addresses import parse_address
from swarmd.streams.ssh.ssh_host import SshFiles, SshHost
from tests.lab.daemon import free_port
from tests.lab.sshd import PROGRAM, Sshd

reactor: Any = installed
needs_sshd = pytest.mark.skipif(
    os.geteuid() != 0 or not os.path.exists(PROGRAM), reason="needs root and openssh-server"
)


class Listener:
    """Takes an engine's place: keeps what comes, and how it ended."""

    def __init__(self) -> None:
        self.transport: Any = None
        self.data = bytearray()
        self.ended = False
        self.lost: BaseException | None = None
        self.over: Deferred[None] = Deferred()

    def makeConnection(self, transport: Any) -> None:
        self.transport = transport

    def dataReceived(self, data: bytes) -> None:
        self.data += data

    def readConnectionLost(self) -> None:
        self.ended = True

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.lost = reason.value
        self.over.callback(None)


class SshdCase(TestCase):
    """Tests against one sshd; the script is for each test to write."""

    timeout = 60
    settings: ClassVar[tuple[str, ...]] = ()
    kind = "ed25519"
    folder: Path
    sshd: Sshd

    @classmethod
    def setUpClass(cls) -> None:
        cls.folder = Path(tempfile.mkdtemp())
        (cls.folder / "docker").write_text(f". {cls.folder}/script\n")
        (cls.folder / "docker").chmod(0o755)
        env, port = {"PATH": f"{cls.folder}:/usr/bin:/bin"}, free_port()
        cls.sshd = Sshd(cls.folder / "sshd", *cls.settings, kind=cls.kind, env=env, port=port)
        cls.sshd.start()

    @classmethod
    def tearDownClass(cls) -> None:
        cls.sshd.kill()
        shutil.rmtree(cls.folder)

    def setUp(self) -> None:
        self.opened: list[Listener] = []
        self.hosts: list[SshHost] = []

    def host(self, **files: str) -> SshHost:
        chosen = {"known_hosts": str(self.sshd.known_hosts), "key": str(self.sshd.key), **files}
        host = SshHost(reactor, parse_address(self.sshd.url), SshFiles(**chosen), lambda: 0.0)
        self.hosts.append(host)
        return host

    def docker(self, script: str) -> None:
        """What ``docker system dial-stdio`` does from now on."""
        (self.folder / "script").write_text(f"{script}\n")

    async def dial(self, host: SshHost) -> Listener:
        factory = Factory.forProtocol(Listener)  # type: ignore[type-var]
        listener: Listener = await Deferred.fromCoroutine(host.open(factory))
        self.opened.append(listener)
        return listener

    async def until(self, condition: Any) -> None:
        while not condition():
            await deferLater(reactor, 0.02)

    async def tearDown(self) -> None:  # type: ignore[override]
        for host in self.hosts:
            await self.until(lambda host=host: not host._coming)  # type: ignore[misc]
            for connection in list(host._connections):
                connection.transport.give_up("the test is over")
            await self.until(lambda host=host: not host._connections)  # type: ignore[misc]
        await deferLater(reactor, 0.05)  # a socket is closed one turn after it is given up
