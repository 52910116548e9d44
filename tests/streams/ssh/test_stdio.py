"""A process for each stream."""

from __future__ import annotations

import os

import pytest

from swarmd.streams.ssh import stdio as module
from swarmd.streams.ssh.reasons import SshError
from swarmd.streams.ssh.stdio import Stdio
from tests.streams.ssh.rig import SshdCase, needs_sshd, reactor

BULK = os.urandom(1 << 20) * 4


@needs_sshd
class StdioTest(SshdCase):
    def setUp(self) -> None:
        super().setUp()
        self.stdio = Stdio(reactor, self.address, self.files)
        self.addCleanup(self.until, lambda: not self.stdio.used)
        self.addCleanup(self.stdio.stop)

    async def test_bulk_comes_back_whole_and_each_direction_ends_alone(self) -> None:
        listener = await self.dial(self.stdio)
        listener.transport.write(BULK)
        listener.transport.loseWriteConnection()
        await listener.over
        assert bytes(listener.data) == BULK
        await self.until(lambda: not self.stdio.used)
        assert not self.stdio.refused

    async def test_where_nobody_reads_any_more_the_program_is_ended(self) -> None:
        self.docker("sleep 600")
        listener = await self.dial(self.stdio)
        listener.transport.abortConnection()
        await listener.over
        self.stdio.tidy()
        await self.until(lambda: not self.stdio.used)

    async def test_the_last_words_of_one_that_failed(self) -> None:
        self.docker("echo permission denied >&2; exit 1")
        listener = await self.dial(self.stdio)
        await listener.over
        error = await self.stdio.last_words()
        assert str(error).endswith("system dial-stdio' on the host: permission denied")
        assert self.stdio.refused

    async def test_the_last_words_of_ssh_itself(self) -> None:
        self.sshd.kill()
        try:
            await (await self.dial(self.stdio)).over
            assert str(await self.stdio.last_words()) == "connection refused"
        finally:
            self.sshd.start()

    async def test_the_next_streams_find_their_programs_running(self) -> None:
        self.docker(f"echo >> {self.folder}/starts; exec cat")
        self.stdio.provide()
        assert self.stdio.used == module.SPARES
        await self.until(
            lambda: (
                (self.folder / "starts").exists()
                and len((self.folder / "starts").read_text()) == module.SPARES
            )
        )
        for _ in range(module.SPARES):
            await self.echoes(await self.dial(self.stdio))
        assert self.stdio.used == module.SPARES

    async def test_a_spare_one_that_has_ended_is_not_used(self) -> None:
        self.docker("exit 1")
        self.stdio.provide()
        await self.until(lambda: not self.stdio.used)
        self.docker("cat")
        await self.echoes(await self.dial(self.stdio))

    async def test_there_is_a_bound(self) -> None:
        self.patch(module, "MOST_PROCESSES", 2)
        for _ in range(2):
            await self.dial(self.stdio)
        with pytest.raises(SshError, match="2 streams by SSH are in use, which is the most"):
            await self.dial(self.stdio)
