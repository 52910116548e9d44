"""A real sshd on loopback, what it leads to, and who dials it.

The engine is a socket that echoes; ``docker`` on the host is a shell script of the test.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import pytest
from twisted.internet import reactor as installed
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IHalfCloseableProtocol
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.internet.task import deferLater
from twisted.python.failure import Failure
from twisted.trial.unittest import TestCase
from zope.interface import implementer

from swarmd.core.addresses import Address, parse_address
from swarmd.streams.ssh.files import SshFiles
from swarmd.streams.ssh.ssh_host import SshHost
from tests.lab.ports import free_port
from tests.lab.sshd import PROGRAM, Sshd

reactor: Any = installed
T = TypeVar("T", bound=Callable[..., Any])
BACKLOG = 200  # more than any test dials in one moment; sshd does not wait for room
_needed = pytest.mark.skipif(
    os.geteuid() != 0 or not os.path.exists(PROGRAM), reason="needs root and openssh-server"
)


def needs_sshd(test: T) -> T:
    """As with engines: root, a real daemon, and a machine that others share."""
    marked: T = pytest.mark.engines(_needed(test))
    return marked


@implementer(IHalfCloseableProtocol)
class Echo(Protocol):
    """The engine: gives back what comes, and ends once it has."""

    transport: Any

    def dataReceived(self, data: bytes) -> None:
        self.transport.write(data)

    def readConnectionLost(self) -> None:
        self.transport.loseConnection()

    def writeConnectionLost(self) -> None:
        """The other side reads no more; it ends as well."""


class Listener:
    """Takes an engine connection's place: keeps what comes, and how it ended."""

    def __init__(self) -> None:
        self.transport: Any = None
        self.data = bytearray()
        self.ended = False
        self.over: Deferred[None] = Deferred()

    def makeConnection(self, transport: Any) -> None:
        self.transport = transport

    def dataReceived(self, data: bytes) -> None:
        self.data += data

    def readConnectionLost(self) -> None:
        self.ended = True

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.over.callback(None)


class SshdCase(TestCase):
    """Tests against one sshd."""

    timeout = 120.0
    settings: ClassVar[tuple[str, ...]] = ()
    folder: Path
    sshd: Sshd

    @classmethod
    def setUpClass(cls) -> None:
        cls.folder = Path(tempfile.mkdtemp())
        (cls.folder / "docker").write_text(f". {cls.folder}/script\n")
        (cls.folder / "docker").chmod(0o755)
        env, port = {"PATH": f"{cls.folder}:/usr/bin:/bin"}, free_port()
        cls.sshd = Sshd(cls.folder / "sshd", *cls.settings, env=env, port=port)
        cls.sshd.start()

    @classmethod
    def tearDownClass(cls) -> None:
        cls.sshd.kill()
        shutil.rmtree(cls.folder)

    def setUp(self) -> None:
        self.docker("cat")
        self.hosts: list[SshHost] = []
        self.address = parse_address(f"{self.sshd.url}{self.folder}/engine")
        self.files = SshFiles(str(self.sshd.known_hosts), str(self.sshd.key))
        self.engine: Any = None
        self.start_engine()

    def start_engine(self) -> None:
        factory = Factory.forProtocol(Echo)
        self.engine = reactor.listenUNIX(str(self.folder / "engine"), factory, backlog=BACKLOG)

    async def stop_engine(self) -> None:
        engine, self.engine = self.engine, None
        if engine is not None:
            await engine.stopListening()

    def host(self, address: Address | None = None, **files: str) -> SshHost:
        chosen = {"known_hosts": self.files.known_hosts, "key": self.files.key, **files}
        host = SshHost(reactor, address or self.address, SshFiles(**chosen), lambda: 0.0)
        self.hosts.append(host)
        return host

    def docker(self, script: str) -> None:
        """What ``docker system dial-stdio`` does from now on."""
        (self.folder / "script").write_text(f"{script}\n")

    async def dial(self, way: Any) -> Listener:
        factory = Factory.forProtocol(Listener)  # type: ignore[type-var]
        listener: Listener = await Deferred.fromCoroutine(way.open(factory))
        self.addCleanup(listener.transport.abortConnection)
        return listener

    async def echoes(self, listener: Listener, words: bytes = b"hello") -> None:
        listener.transport.write(words)
        await self.until(lambda: listener.data.endswith(words))

    async def until(self, condition: Any) -> None:
        while not condition():
            await deferLater(reactor, 0.02)

    async def tearDown(self) -> None:  # type: ignore[override]
        await self.stop_engine()
        for host in self.hosts:
            host.close()
            await self.until(lambda host=host: host.idle)  # type: ignore[misc]
        await deferLater(reactor, 0.05)  # a socket is closed one turn after it is given up
