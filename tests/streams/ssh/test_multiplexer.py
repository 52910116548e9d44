"""One SSH connection under several channels, without a host: what a silent one means."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionLost
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.trial.unittest import SynchronousTestCase

from swarmd.streams.ssh.multiplexer import KEEP_ALIVE, SILENCE_LIMIT, Multiplexer
from swarmd.streams.ssh.ssh_channel import CommandFailedError


class Wire:
    """A transport that keeps the packets."""

    def __init__(self) -> None:
        self.transport = StringTransport()
        self.sent: list[tuple[int, bytes]] = []
        self.given_up = ""
        self.changes_keys = False

    def sendPacket(self, kind: int, payload: bytes) -> None:
        self.sent.append((kind, payload))

    def logged_in(self) -> None:
        """Nobody waits for it."""

    def failure(self) -> Exception:
        return ConnectionLost()

    def no_word(self, reason: str) -> None:
        self.given_up = reason


class Owner:
    def channel_gone(self, connection: Multiplexer) -> None:
        """Not looked at here."""

    connection_lost = channel_gone


class MultiplexerTest(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock, self.wire = Clock(), Wire()
        self.connection = Multiplexer(self.clock, Owner())
        self.connection.transport = self.wire
        self.connection.serviceStarted()
        self.addCleanup(self.connection.serviceStopped)

    def channel(self, window: int = 1 << 20) -> Any:
        opening = Deferred.fromCoroutine(self.connection.open())
        number = self.connection.localChannelID - 1
        self.connection.ssh_CHANNEL_OPEN_CONFIRMATION(struct.pack(">4L", number, 7, window, 32768))
        self.connection.ssh_CHANNEL_SUCCESS(struct.pack(">L", number))
        return self.successResultOf(opening)

    def test_a_silent_host_is_asked_and_then_given_up(self) -> None:
        for _ in range(3):
            self.clock.advance(KEEP_ALIVE)
            kind, payload = self.wire.sent.pop()
            assert (kind, b"keepalive@openssh.com" in payload) == (80, True)
            assert not self.wire.given_up
        self.clock.advance(KEEP_ALIVE)
        assert self.wire.given_up == f"it has said nothing for {SILENCE_LIMIT:.0f} s"

    def test_a_host_that_speaks_is_not_asked(self) -> None:
        for _ in range(10):
            self.clock.advance(KEEP_ALIVE / 2)
            self.connection.heard()
        assert self.wire.sent == []

    def test_a_full_socket_holds_all_channels(self) -> None:
        one, two = self.channel(), self.channel()
        self.connection.pauseProducing()
        self.wire.sent.clear()
        one.write(b"one")
        two.write(b"two")
        assert self.wire.sent == []
        self.connection.resumeProducing()
        assert [payload[-3:] for _, payload in self.wire.sent] == [b"one", b"two"]

    def test_the_socket_may_be_full_again_at_once(self) -> None:
        one, two = self.channel(), self.channel()
        self.connection.pauseProducing()
        one.write(b"one")
        two.write(b"two")
        self.wire.sent.clear()
        send = self.wire.sendPacket

        def fill(kind: int, payload: bytes) -> None:
            send(kind, payload)
            self.connection.pauseProducing()

        self.wire.sendPacket = fill  # type: ignore[method-assign]
        self.connection.resumeProducing()
        assert len(self.wire.sent) == 1

    def test_nothing_is_queued_while_keys_are_changed(self) -> None:
        channel = self.channel()
        self.wire.sent.clear()
        self.wire.changes_keys = True
        channel.write(b"x" * 200_000)
        assert self.wire.sent == []
        self.wire.changes_keys = False
        self.connection.keys_changed()
        assert sum(len(payload) - 8 for _, payload in self.wire.sent) == 200_000

    def opening(self) -> tuple[Any, int]:
        opening = Deferred.fromCoroutine(self.connection.open())
        number = self.connection.localChannelID - 1
        self.connection.ssh_CHANNEL_OPEN_CONFIRMATION(struct.pack(">4L", number, 7, 9999, 9999))
        return opening, number

    def test_a_host_that_does_not_run_the_program_is_told(self) -> None:
        opening, number = self.opening()
        self.connection.ssh_CHANNEL_FAILURE(struct.pack(">L", number))
        words = self.failureResultOf(opening).getErrorMessage()
        assert words == "sshd does not run 'docker system dial-stdio'"

    def test_a_channel_that_is_closed_at_once_is_told(self) -> None:
        opening, number = self.opening()
        self.connection.ssh_CHANNEL_CLOSE(struct.pack(">L", number))
        self.failureResultOf(opening, CommandFailedError, ConnectionLost)
        assert self.connection.used == 0

    def test_what_comes_after_an_abort_goes_nowhere(self) -> None:
        channel = self.channel()
        channel.abortConnection()
        self.connection.ssh_CHANNEL_DATA(struct.pack(">2L", channel.id, 1) + b"x")
        self.connection.ssh_CHANNEL_FAILURE(struct.pack(">L", channel.id))
        assert not channel.fresh and not self.connection.obeys
        self.connection.ssh_CHANNEL_CLOSE(struct.pack(">L", channel.id))
        assert self.connection.used == 0

    def test_a_program_that_had_ended_could_not_obey(self) -> None:
        channel = self.channel()
        channel.request_exit_status(struct.pack(">L", 0))
        channel.abortConnection()
        self.connection.ssh_CHANNEL_FAILURE(struct.pack(">L", channel.id))
        assert self.connection.obeys

    def test_more_than_the_window_is_refused(self) -> None:
        channel = self.channel()
        with pytest.raises(ValueError, match="more data than its window allows"):
            self.connection.ssh_CHANNEL_DATA(struct.pack(">2L", channel.id, 40000) + b"x" * 40000)
        with pytest.raises(ValueError, match="more data than its window allows"):
            self.connection.ssh_CHANNEL_EXTENDED_DATA(struct.pack(">3L", channel.id, 1, 1 << 21))

    def test_the_window_opens_again_only_for_who_reads(self) -> None:
        channel = self.channel()
        channel.pauseProducing()
        self.wire.sent.clear()
        piece = struct.pack(">2L", channel.id, 32768) + b"x" * 32768
        for _ in range(32):
            self.connection.ssh_CHANNEL_DATA(piece)
        complaint = struct.pack(">3L", channel.id, 1, 0)
        self.connection.ssh_CHANNEL_EXTENDED_DATA(complaint)
        assert channel.localWindowLeft == 0 and self.wire.sent == []
