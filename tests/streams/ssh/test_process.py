"""A process's words and its end, by a shell in place of ssh."""

from __future__ import annotations

import os
import signal

import pytest
from twisted.internet.task import deferLater
from twisted.trial.unittest import TestCase

from swarmd.streams.ssh import process as module
from swarmd.streams.ssh.process import SshProcess
from swarmd.streams.ssh.reasons import SshError
from tests.streams.ssh.rig import reactor


class ProcessTest(TestCase):
    timeout = 120.0

    def run_(self, script: str) -> SshProcess:
        heard: list[str] = []
        process = SshProcess(reactor, heard.append)
        process.start(["sh", "-c", script], {})
        self.heard = heard
        return process

    async def test_its_words_are_heard_line_by_line(self) -> None:
        process = self.run_("echo one >&2; echo >&2; printf 'two\\nthree' >&2; exit 3")
        await process.ended()
        assert self.heard == list(process.lines) == ["one", "two", "three"]
        assert (process.over, process.status) == (True, 3)
        await process.ended()  # also afterwards

    async def test_what_it_says_is_bounded(self) -> None:
        process = self.run_("head -c 3000000 /dev/zero | tr '\\0' x >&2; yes | head -1000 >&2")
        await process.ended()
        assert len(process.lines) == module._MOST_LINES
        assert max(map(len, self.heard)) <= module._LONGEST_LINE

    async def test_it_is_ended(self) -> None:
        process = self.run_("echo up >&2; exec sleep 600")
        while not self.heard:
            await deferLater(reactor, 0.01)
        process.stop()
        process.stop()
        await process.ended()
        assert process.status == 128 + signal.SIGTERM

    async def test_it_gets_nothing_of_our_environment_that_it_does_not_need(self) -> None:
        os.environ["SWARMD_SECRET"] = "s"
        self.addCleanup(os.environ.pop, "SWARMD_SECRET")
        await self.run_("env >&2").ended()
        names = {line.partition("=")[0] for line in self.heard}
        assert names <= {*module._ENVIRONMENT, "PWD", "SHLVL", "_", "OLDPWD"}

    async def test_it_ends_with_us(self) -> None:
        """However we end: with the last process that holds what its guard waits for."""
        process = self.run_("echo up >&2; exec sleep 600")
        while not self.heard:
            await deferLater(reactor, 0.01)
        copy = os.dup(process._lifeline)  # as a process has that was forked from this one
        process.stop()
        await deferLater(reactor, 0.2)
        assert not process.over
        os.close(copy)
        await process.ended()

    def test_without_the_program_that_is_told(self) -> None:
        with pytest.raises(SshError, match="the program ssh is not installed here"):
            SshProcess(reactor).start(["no-such-ssh"], {})
