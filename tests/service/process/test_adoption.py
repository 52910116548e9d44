"""Sockets that systemd has opened stay what they are: whose they are, who may, and where."""

from __future__ import annotations

import os
import socket
import stat
import tempfile

from twisted.internet import reactor
from twisted.internet.protocol import Factory
from twisted.internet.threads import deferToThread
from twisted.protocols.wire import Echo
from twisted.trial.unittest import TestCase

from swarmd.service.process.adoption import adopt, family_of


class AdoptionTest(TestCase):
    async def test_a_unix_socket_keeps_its_mode_and_its_path(self) -> None:
        path = os.path.join(tempfile.mkdtemp(dir="/tmp"), "socket")
        self.addCleanup(os.rmdir, os.path.dirname(path))
        self.addCleanup(os.unlink, path)
        with socket.socket(socket.AF_UNIX) as opened:
            opened.bind(path)
            os.chmod(path, 0o660)
            self.assertEqual(family_of(opened.fileno()), socket.AF_UNIX)
            port = adopt(reactor, opened.fileno(), Factory.forProtocol(Echo))
            self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o660)
            with socket.socket(socket.AF_UNIX) as client:
                client.connect(path)
                client.sendall(b"hello")
                self.assertEqual(await deferToThread(client.recv, 9), b"hello")
            await port.stopListening()
            with socket.socket(socket.AF_UNIX) as client:
                client.connect(path)  # as systemd goes on listening while swarmd restarts
        self.assertTrue(os.path.exists(path))

    async def test_a_tcp_socket_goes_on_listening(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as opened:
            port = adopt(reactor, opened.fileno(), Factory.forProtocol(Echo))
            await port.stopListening()
            socket.create_connection(opened.getsockname(), timeout=5).close()
