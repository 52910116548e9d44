"""The channels that share one SSH connection.

All of them wait while the connection's socket is full, so that at most one packet each is queued
there. A host that says nothing for a while is asked whether it lives.
"""

from __future__ import annotations

import struct
from typing import Any, Protocol

from twisted.conch.ssh.common import NS, getNS
from twisted.conch.ssh.connection import SSHConnection
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from swarmd.streams.ssh.login import QUIET
from swarmd.streams.ssh.ssh_channel import SshChannel
from swarmd.timers.periodic import Periodic

MOST_CHANNELS = 10  # what sshd allows (MaxSessions) unless it is told otherwise
KEEP_ALIVE = 20.0  # seconds of silence after which the host is asked
SILENCE_LIMIT = 80.0  # seconds after which it is lost, as with the kernel's keep-alive


class MultiplexerOwner(Protocol):
    """The owner of a multiplexer, who keeps the connections to one host."""

    def channel_gone(self, connection: Multiplexer) -> None: ...

    def connection_lost(self, connection: Multiplexer) -> None: ...


class Multiplexer(SSHConnection):
    """The SSH connection that carries several channels.

    Conch's, with windows that mind who reads, and a producer's view of the socket.

    Attributes:
        used: Channels that are open, or about to be.
        proven: The host has opened a channel for us.
        obeys: sshd passes signals on; older ones do not if we log in as root.
    """

    _log = QUIET
    transport: Any

    def __init__(self, clock: Any, owner: MultiplexerOwner) -> None:
        super().__init__()
        self.clock = clock
        self._blocked = False
        self.used = 0
        self.proven = False
        self.obeys = True
        self._owner = owner
        self._heard = 0.0
        self._pulse = Periodic(clock, KEEP_ALIVE, self._beat, failed="a host could not be asked")

    def serviceStarted(self) -> None:
        self.transport.transport.registerProducer(self, True)
        self.heard()
        self._pulse.startService()
        self.transport.logged_in()

    def serviceStopped(self) -> None:
        self._pulse.stopService()
        self._owner.connection_lost(self)
        super().serviceStopped()

    def lost_because(self) -> Exception:
        reason: Exception = self.transport.failure()
        return reason

    # Channels.

    async def open(self) -> SshChannel:
        """One that runs our program.

        Raises:
            ChannelRefusedError: The host opens no more.
            CommandFailedError: It does not run our program.
        """
        self.used += 1
        channel = SshChannel(self)
        self.openChannel(channel)
        await channel.opened
        self.proven = True
        return channel

    def kill(self, channel: SshChannel) -> None:
        """Ends the program of a channel that is about to be closed."""
        if self.obeys and not channel.localClosed:
            asked = self.sendRequest(channel, b"signal", NS(b"TERM"), wantReply=1)
            asked.addErrback(self._disobeyed, channel)

    def _disobeyed(self, _: Failure, channel: SshChannel) -> None:
        """The end of its input must do then; asking again would only fill sshd's log."""
        if not channel.over:  # else there was nothing left to end
            self.obeys = False

    def channel_gone(self, channel: SshChannel) -> None:
        """Its place is free, on the host as well."""
        self.used -= 1
        self._owner.channel_gone(self)

    def ssh_CHANNEL_DATA(self, packet: bytes) -> None:
        """Conch's opens the window again whether anybody has read or not."""
        number, length = struct.unpack(">2L", packet[:8])
        self._take(self.channels[number], length)
        self.channels[number].dataReceived(packet[8:])

    def ssh_CHANNEL_EXTENDED_DATA(self, packet: bytes) -> None:
        number, kind, length = struct.unpack(">3L", packet[:12])
        self._take(self.channels[number], length)
        self.channels[number].extReceived(kind, getNS(packet[8:])[0])

    def _take(self, channel: SshChannel, length: int) -> None:
        if length > channel.localWindowLeft or length > channel.localMaxPacket:
            raise ValueError("more data than its window allows")
        channel.localWindowLeft -= length

    # The socket's producer.

    @property
    def full(self) -> bool:
        """The socket takes no more now; or keys are changed, and Conch would queue it all."""
        return self._blocked or bool(self.transport.changes_keys)

    def pauseProducing(self) -> None:
        self._blocked = True

    def resumeProducing(self) -> None:
        self._blocked = False
        self.keys_changed()

    def keys_changed(self) -> None:
        """What has waited may go, if the socket takes it."""
        for channel in list(self.channelsToRemoteChannel):
            if self.full:
                break
            channel.flush()

    def stopProducing(self) -> None:
        """The connection is lost, and tells it itself."""

    # Whether the host lives.

    def heard(self) -> None:
        self._heard = self.clock.seconds()

    def _beat(self) -> None:
        silence = self.clock.seconds() - self._heard
        if silence >= SILENCE_LIMIT:
            self.transport.no_word(f"it has said nothing for {silence:.0f} s")
        elif silence >= KEEP_ALIVE * 0.9:
            asked: Deferred[Any] = self.sendGlobalRequest(
                b"keepalive@openssh.com", b"", wantReply=1
            )
            asked.addErrback(_answered)


def _answered(_: Failure) -> None:
    """sshd does not know the request, and says so: it lives."""
