"""The client against real listeners on loopback: plain, with certificates, and a Unix socket."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from OpenSSL.SSL import Error
from twisted.internet import reactor as installed
from twisted.internet.error import ConnectionLost
from twisted.python.failure import Failure
from twisted.trial.unittest import TestCase
from twisted.web.client import ResponseFailed, ResponseNeverReceived
from twisted.web.resource import Resource
from twisted.web.server import Site

from swarmd.cli.client import Daemon, DaemonHost
from swarmd.cli.errors import CommandError
from swarmd.tls.half_close import ServerTLSFactory
from tests.lab.certificates import Authority, server_options

reactor: Any = installed


class Tree(Resource):
    isLeaf = True

    def render(self, request: Any) -> bytes:
        if request.path == b"/lines":
            return b'{"a": 1}\n{"b": 2}\n'
        if request.path == b"/refused":
            request.setResponseCode(409)
            return b'{"message": "not now"}'
        if request.path == b"/page":
            return b"<html>"
        return b'{"Method": "%b", "Body": %b}' % (request.method, request.content.read() or b"null")


class Calls(TestCase):
    def path(self) -> str:
        """In a folder of its own, which goes with the test."""
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        return str(Path(folder.name, "x"))

    def site(self) -> Site:
        site = Site(Tree())
        site.log = lambda request: None
        site.noisy = False
        return site

    def opened(self, port: Any) -> Any:
        self.addCleanup(port.stopListening)
        return port.getHost()

    async def asked(self, host: DaemonHost) -> None:
        daemon = Daemon(reactor, host)
        found = await daemon.call("POST", "/x", {"k": "v"})
        self.assertEqual(found, {"Method": "POST", "Body": {"k": "v"}})
        lines: list[Any] = []
        await daemon.lines("POST", "/lines", lines.append)
        self.assertEqual(lines, [{"a": 1}, {"b": 2}])
        with pytest.raises(CommandError, match=r"what answers at .* is no swarmd"):
            await daemon.call("GET", "/page")
        with pytest.raises(CommandError, match=r"^not now$"):
            await daemon.call("POST", "/refused")

    async def test_plain(self) -> None:
        port = self.opened(reactor.listenTCP(0, self.site(), interface="127.0.0.1")).port
        await self.asked(DaemonHost(f"tcp://127.0.0.1:{port}"))

    async def test_unix(self) -> None:
        path = self.path()
        self.opened(reactor.listenUNIX(path, self.site()))
        await self.asked(DaemonHost(f"unix://{Path(path).absolute()}"))

    async def test_certificates(self) -> None:
        folder = Path(self.path())
        authority = Authority(folder)
        mine = authority.issue("server", ("127.0.0.1",))
        for name, path in (("ca", mine.ca), ("cert", mine.cert), ("key", mine.key)):
            (folder / f"{name}.pem").write_bytes(path.read_bytes())
        creator = server_options(str(mine.ca), str(mine.cert), str(mine.key), True)
        factory = ServerTLSFactory(creator, self.site())
        listening = reactor.listenTCP(0, factory, interface="127.0.0.1")
        port = self.opened(listening).port
        await self.asked(DaemonHost(f"tcp://127.0.0.1:{port}", folder))

    async def test_nobody_there(self) -> None:
        daemon = Daemon(reactor, DaemonHost(f"unix://{Path(self.path()).absolute()}"))
        with pytest.raises(CommandError, match="cannot talk to swarmd at unix://"):
            await daemon.call("GET", "/x")


def test_where_docker_would_look() -> None:
    assert DaemonHost.of({}).url == "tcp://127.0.0.1:2375"
    assert DaemonHost.of({"DOCKER_HOST": "unix:///x", "DOCKER_TLS_VERIFY": "1"}) == DaemonHost(
        "unix:///x"
    )
    secure = {"DOCKER_HOST": "tcp://a:1", "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": "/c"}
    assert DaemonHost.of(secure) == DaemonHost("tcp://a:1", Path("/c"))
    assert DaemonHost.of(secure, "tcp://b:2").url == "tcp://b:2"
    with pytest.raises(CommandError):
        DaemonHost.of({"DOCKER_HOST": "ssh://a"})


def test_missing_certificates_are_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"ca\.pem: No such file"):
        Daemon(reactor, DaemonHost("tcp://a:1", tmp_path))


@pytest.mark.parametrize("wrapper", [ResponseNeverReceived, ResponseFailed])
def test_what_the_agent_wraps_is_told_in_words(wrapper: Any) -> None:
    alert = Error([("SSL routines", "", "tlsv13 alert certificate required")])
    wrapped = wrapper([Failure(ConnectionLost()), Failure(wrapper([Failure(alert)]))])
    error = Daemon(reactor, DaemonHost("tcp://h:1"))._broken(wrapped)
    assert str(error) == (
        "cannot talk to swarmd at tcp://h:1: it demands a client certificate, and none was given"
    )
