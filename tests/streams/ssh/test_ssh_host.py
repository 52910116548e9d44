"""The SSH connections to one host: how many, when, and how they come back."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from twisted.internet.defer import CancelledError, Deferred, gatherResults
from twisted.internet.error import ConnectionLost
from twisted.internet.protocol import Factory

from swarmd.streams.dialing.dial_errors import words
from swarmd.streams.ssh import ssh_host as module
from swarmd.streams.ssh.ssh_host import SPARES, ssh_dialer
from swarmd.streams.ssh.transport import SshError
from tests.streams.ssh.rig import Listener, SshdCase, needs_sshd, reactor


@needs_sshd
class HostTest(SshdCase):
    async def test_one_connection_carries_what_fits(self) -> None:
        self.docker("cat")
        host, before = self.host(), self.sshd.logins()
        dialled = [Deferred.fromCoroutine(self.dial(host)) for _ in range(8)]
        await gatherResults(dialled)
        assert self.sshd.logins() == before + 1

    async def test_further_ones_are_made_when_more_is_needed(self) -> None:
        self.docker("cat")
        host = self.host()
        engines = await gatherResults([Deferred.fromCoroutine(self.dial(host)) for _ in range(15)])
        assert len(host._connections) == 2
        for number, engine in enumerate(engines):
            engine.transport.write(b"%d" % number)
        await self.until(lambda: all(engine.data for engine in engines))
        assert [int(engine.data) for engine in engines] == list(range(15))

    async def test_the_next_one_finds_the_program_running(self) -> None:
        self.docker(f"echo $$ >> {self.folder}/starts; cat")
        host = self.host()
        await self.dial(host)
        await self.until(lambda: len(host._spares) == SPARES)
        dialling = Deferred.fromCoroutine(self.dial(host))
        assert dialling.called
        await dialling

    async def test_a_spare_that_has_ended_is_not_used(self) -> None:
        self.docker("read line; echo $line")
        host = self.host()
        await self.dial(host)
        await self.until(lambda: len(host._spares) == SPARES)
        spares = list(host._spares)
        for spare in spares:
            spare.write(b"x\n")
        await self.until(lambda: not any(spare.fresh for spare in spares))
        engine = await self.dial(host)
        engine.transport.write(b"y\n")
        await engine.over
        assert engine.data == b"y\n"

    async def test_without_use_it_is_closed(self) -> None:
        self.patch(module, "IDLE_LIMIT", 0.3)
        self.docker("cat")
        host = self.host()
        engine = await self.dial(host)
        engine.transport.abortConnection()
        await self.until(lambda: not host._connections)

    async def test_sshd_that_dies_ends_the_streams_and_is_found_again(self) -> None:
        self.patch(module, "_FIRST_WAIT", 600.0)
        self.patch(module, "_LONGEST_WAIT", 600.0)
        self.docker("cat")
        host = self.host()
        engine = await self.dial(host)
        self.sshd.kill()
        try:
            await engine.over
            assert not engine.ended
            assert isinstance(engine.lost, ConnectionLost | SshError)
            with pytest.raises(SshError, match="connection refused"):
                await self.dial(host)
        finally:
            self.sshd.start()
        with pytest.raises(SshError, match="connection refused"):  # not even tried
            await self.dial(host)
        host._not_before = reactor.seconds()
        await self.dial(host)

    async def test_who_gives_up_does_not_end_the_attempt_of_others(self) -> None:
        self.docker("cat")
        host = self.host()
        impatient = Deferred.fromCoroutine(self.dial(host))
        patient = Deferred.fromCoroutine(self.dial(host))
        impatient.cancel()
        with pytest.raises(CancelledError):
            await impatient
        await patient

    async def test_given_up_while_the_program_starts_it_leaves_nothing(self) -> None:
        self.docker("cat")
        host = self.host()
        await self.dial(host)
        await self.until(lambda: len(host._spares) == SPARES)
        (connection,) = host._connections
        opening = Deferred.fromCoroutine(connection.open())
        opening.cancel()
        with pytest.raises(CancelledError):
            await opening
        await self.until(lambda: connection.used == 1 + SPARES)

    async def test_a_key_that_cannot_be_used_is_the_reason(self) -> None:
        with pytest.raises(SshError, match="cannot read SSH key /gone"):
            await self.dial(self.host(key="/gone"))

    async def test_a_link_dials_it_by_its_line(self) -> None:
        self.docker("echo permission denied >&2; exit 1")
        files = module.SshFiles(str(self.sshd.known_hosts), str(self.sshd.key))
        made: list[module.SshHost] = []
        original = module.SshHost

        def remember(*given: object) -> module.SshHost:
            made.append(original(*given))  # type: ignore[arg-type]
            return made[-1]

        self.patch(module, "SshHost", remember)
        dial = ssh_dialer(reactor, self.sshd.url, files)
        self.hosts += made
        engine = await dial(Factory.forProtocol(Listener))  # type: ignore[type-var]
        await engine.over
        assert words(engine.lost).endswith("on the host: permission denied")


@needs_sshd
class FewSessionsTest(SshdCase):
    settings = ("MaxSessions 2",)

    async def test_a_refused_channel_leads_to_a_further_connection(self) -> None:
        self.docker("cat")
        host = self.host()
        for _ in range(5):
            await self.dial(host)
        assert len(host._connections) >= 2
        for engine in self.opened:
            engine.transport.write(b"x")
        await self.until(lambda: all(engine.data for engine in self.opened))

    async def test_there_is_a_bound(self) -> None:
        self.patch(module, "MOST_CONNECTIONS", 1)
        self.docker("cat")
        host = self.host()
        with pytest.raises(SshError, match="1 SSH connections are in use, which is the most"):
            for _ in range(3):
                await self.dial(host)


@needs_sshd
class NoSessionsTest(SshdCase):
    settings = ("MaxSessions 0",)

    async def test_a_host_that_opens_no_session_is_told(self) -> None:
        with pytest.raises(SshError, match="sshd opens no session: "):
            await self.dial(self.host())


def test_a_pipe_in_place_of_the_known_hosts_is_told(tmp_path: Path) -> None:
    path = tmp_path / "known_hosts"
    assert module.read_known_hosts(str(path)) == ""
    os.mkfifo(path)
    with pytest.raises(ValueError, match="known_hosts: it is no regular file"):
        module.read_known_hosts(str(path))
