"""The way to one host: found once, and found again."""

from __future__ import annotations

import os

import pytest
from twisted.internet.defer import CancelledError, Deferred, gatherResults
from twisted.internet.protocol import Factory

from swarmd.core.addresses import parse_address
from swarmd.streams.dialing.dial_errors import silent
from swarmd.streams.ssh import ssh_host as module
from swarmd.streams.ssh import stdio
from swarmd.streams.ssh.reasons import SshError
from swarmd.streams.ssh.ssh_host import ssh_dialer
from tests.lab.sshd import make_key
from tests.streams.ssh.rig import Listener, SshdCase, needs_sshd, reactor


@needs_sshd
class HostTest(SshdCase):
    async def test_one_login_carries_all_streams(self) -> None:
        host, before = self.host(), self.sshd.logins()
        dialled = [Deferred.fromCoroutine(self.dial(host)) for _ in range(20)]
        for number, listener in enumerate(await gatherResults(dialled)):
            await self.echoes(listener, b"%d" % number)
        assert self.sshd.logins() == before + 1

    async def test_clients_are_shown_the_host(self) -> None:
        listener = await self.dial(self.host())
        peer = listener.transport.getPeer()
        assert (peer.host, peer.port) == (self.sshd.ip, self.sshd.port)

    async def test_an_engine_that_is_gone_is_told_and_found_again(self) -> None:
        self.patch(module, "_FIRST_WAIT", 0.0)
        self.docker("echo 'Is the docker daemon running?' >&2; exit 1")
        host = self.host()
        await self.echoes(await self.dial(host))
        await self.stop_engine()
        lost = await self.dial(host)  # the host does not open it
        await lost.over
        with pytest.raises(SshError, match=r"running.*and sshd opens no .*/engine: ") as told:
            await self.dial(host)
        assert silent(told.value)
        self.start_engine()
        before = self.sshd.logins()
        await self.echoes(await self.dial(host))
        assert self.sshd.logins() == before

    async def test_after_a_failure_there_is_a_pause(self) -> None:
        self.patch(module, "_FIRST_WAIT", 600.0)
        self.patch(module, "_LONGEST_WAIT", 600.0)
        host = self.host()
        listener = await self.dial(host)
        self.sshd.kill()
        try:
            with pytest.raises(SshError, match="connection refused") as told:
                while True:  # until ssh has ended, it takes connections and ends them
                    await listener.over
                    listener = await self.dial(host)
            assert silent(told.value)
        finally:
            self.sshd.start()
        with pytest.raises(SshError, match="connection refused"):  # not even tried
            await self.dial(host)
        host._not_before = reactor.seconds()
        await self.echoes(await self.dial(host))

    async def test_who_gives_up_does_not_end_the_search_of_others(self) -> None:
        host = self.host()
        impatient = Deferred.fromCoroutine(self.dial(host))
        patient = Deferred.fromCoroutine(self.dial(host))
        impatient.cancel()
        with pytest.raises(CancelledError):
            await impatient
        await patient

    async def test_without_use_the_login_is_given_up(self) -> None:
        self.patch(module, "IDLE_LIMIT", 0.1)
        self.patch(module, "TIDY", 0.05)
        host = self.host()
        listener = await self.dial(host)
        await self.echoes(listener)
        listener.transport.abortConnection()
        await self.until(lambda: host.idle)
        await self.echoes(await self.dial(host))

    async def test_a_key_that_cannot_be_used_is_the_reason(self) -> None:
        with pytest.raises(SshError, match="cannot read SSH key /gone"):
            await self.dial(self.host(key="/gone"))

    async def test_a_key_that_the_host_does_not_take_is_named(self) -> None:
        other = make_key(self.folder / "other")
        said = rf"sshd takes no key of ours for user root \(offered: {other}\)"
        with pytest.raises(SshError, match=said) as told:
            await self.dial(self.host(key=str(other)))
        assert not silent(told.value)
        os.unlink(other)

    async def test_a_host_that_is_not_known_shows_its_key(self) -> None:
        with pytest.raises(SshError, match=r"is not known: it shows ssh-ed25519 SHA256:\S+; if"):
            await self.dial(self.host(known_hosts="/dev/null"))

    async def test_a_link_dials_it_by_its_line(self) -> None:
        made: list[module.SshHost] = []
        original = module.SshHost

        def remember(*given: object) -> module.SshHost:
            made.append(original(*given))  # type: ignore[arg-type]
            return made[-1]

        self.patch(module, "SshHost", remember)
        dial = ssh_dialer(reactor, str(self.address), self.files)
        self.hosts += made
        listener = await dial(Factory.forProtocol(Listener))  # type: ignore[type-var]
        await self.echoes(listener)
        listener.transport.abortConnection()


@needs_sshd
class NoForwardingTest(SshdCase):
    settings = ("AllowStreamLocalForwarding no",)

    async def test_each_stream_has_a_program_of_its_own(self) -> None:
        self.docker(f'echo "$*" >> {self.folder}/calls; exec cat')
        host = self.host()
        for number in range(3):
            await self.echoes(await self.dial(host), b"%d" % number)
        assert not host._forward or not host._forward.alive
        calls = (self.folder / "calls").read_text().splitlines()
        assert set(calls) == {f"--host unix://{self.folder}/engine system dial-stdio"}
        assert len(calls) >= 4

    async def test_a_program_that_fails_is_the_reason(self) -> None:
        self.docker("echo permission denied >&2; exit 1")
        with pytest.raises(SshError, match="on the host: permission denied ") as told:
            await self.dial(self.host())
        assert not silent(told.value)

    async def test_it_is_looked_at_again_once_a_program_has_failed(self) -> None:
        self.patch(stdio, "SPARES", 0)
        host = self.host()
        await self.echoes(await self.dial(host))
        self.docker("echo cannot connect: connection refused >&2; exit 1")
        lost = await self.dial(host)
        await lost.over
        await self.until(lambda: host._stdio.refused)
        with pytest.raises(SshError, match="connection refused") as told:
            await self.dial(host)
        assert silent(told.value)


def test_a_host_needs_no_user() -> None:
    """Who logs in is what OpenSSH's own configuration says, or who we are."""
    module.SshHost(reactor, parse_address("ssh://10.0.0.9"), module.SshFiles())
