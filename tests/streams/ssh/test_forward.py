"""One process that forwards a socket."""

from __future__ import annotations

import os

import pytest
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import ConnectError

from swarmd.streams.ssh.forward import Forward
from swarmd.streams.ssh.reasons import SshError
from tests.streams.ssh.rig import Listener, SshdCase, needs_sshd, reactor

BULK = os.urandom(1 << 20) * 4


@needs_sshd
class ForwardTest(SshdCase):
    def forward(self) -> Forward:
        forward = Forward(reactor, self.address, self.files)
        self.addCleanup(forward.process.ended)
        self.addCleanup(forward.stop)
        return forward

    async def started(self) -> Forward:
        forward = self.forward()
        await Deferred.fromCoroutine(forward.start())
        return forward

    async def test_only_we_may_use_its_socket_and_nothing_is_left_of_it(self) -> None:
        forward = await self.started()
        assert forward._folder is not None
        folder = forward._folder.path
        assert os.stat(folder).st_mode & 0o077 == 0
        assert os.stat(forward._socket).st_mode & 0o077 == 0
        forward.stop()
        assert not forward.alive
        await forward.process.ended()
        assert not os.path.exists(folder)
        with pytest.raises(ConnectError):
            await self.dial(forward)

    async def test_bulk_comes_back_whole_and_each_direction_ends_alone(self) -> None:
        listener = await self.dial(await self.started())
        listener.transport.write(BULK)
        listener.transport.loseWriteConnection()
        await listener.over
        assert bytes(listener.data) == BULK

    async def test_a_stream_that_the_host_does_not_open(self) -> None:
        await self.stop_engine()
        forward = await self.started()
        listener: Listener = await self.dial(forward)
        await listener.over
        await self.until(lambda: forward.refused)
        assert (bytes(listener.data), forward.reason) == (b"", "connect failed: open failed")
        assert forward.alive

    async def test_many_at_once(self) -> None:
        forward = await self.started()
        listeners = [await self.dial(forward) for _ in range(100)]
        for number, listener in enumerate(listeners):
            listener.transport.write(b"%d" % number)
        await self.until(lambda: forward.refused or all(listener.data for listener in listeners))
        assert not forward.refused, forward.reason
        assert [int(listener.data) for listener in listeners] == list(range(100))

    async def test_who_is_stopped_or_dies_ends_its_streams(self) -> None:
        forward = await self.started()
        listener = await self.dial(forward)
        await self.echoes(listener)
        forward.process.stop()
        await listener.over

    async def test_given_up_while_it_starts_it_leaves_nothing(self) -> None:
        forward = self.forward()
        starting = Deferred.fromCoroutine(forward.start())
        starting.cancel()
        with pytest.raises(CancelledError):
            await starting
        await forward.process.ended()
        assert forward._folder is not None and not os.path.exists(forward._folder.path)

    async def test_why_it_did_not_start(self) -> None:
        self.sshd.kill()
        try:
            with pytest.raises(SshError, match="connection refused"):
                await self.started()
        finally:
            self.sshd.start()
