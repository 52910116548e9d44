"""A channel is a transport: each direction ends alone, and is only as fast as who reads."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from twisted.internet.error import ConnectionAborted, ConnectionDone
from twisted.internet.task import deferLater

from swarmd.streams.ssh.ssh_channel import MOST_WAITING, WINDOW
from tests.streams.ssh.rig import SshdCase, needs_sshd, reactor

PIECE = bytes(range(256)) * 256


class Source:
    """A producer of so many pieces, which then ends its direction."""

    def __init__(self, transport: Any, pieces: int) -> None:
        self._transport = transport
        self._left = pieces
        self._paused = False
        self.pauses = 0
        self.most_waiting = 0

    def start(self) -> None:
        self._transport.registerProducer(self, True)
        self.resumeProducing()

    def pauseProducing(self) -> None:
        self._paused = True
        self.pauses += 1

    def resumeProducing(self) -> None:
        self._paused = False
        while self._left and not self._paused:
            self._left -= 1
            self._transport.write(PIECE)
            self.most_waiting = max(self.most_waiting, len(self._transport._waiting))
        if not self._left and not self._paused:
            self._transport.unregisterProducer()
            self._transport.loseWriteConnection()

    def stopProducing(self) -> None:
        """Lost."""


@needs_sshd
class ChannelTest(SshdCase):
    async def test_each_direction_ends_alone(self) -> None:
        self.docker("cat; sleep 0.2; echo after")
        engine = await self.dial(self.host())
        engine.transport.write(b"before ")
        engine.transport.loseWriteConnection()
        await engine.over
        assert (bytes(engine.data), engine.ended) == (b"before after\n", True)
        assert isinstance(engine.lost, ConnectionDone)

    async def test_what_comes_after_the_end_of_our_direction_is_not_sent(self) -> None:
        self.docker("cat")
        engine = await self.dial(self.host())
        engine.transport.writeSequence([b"a", b"b"])
        engine.transport.loseWriteConnection()
        engine.transport.write(b"c")
        await engine.over
        assert engine.data == b"ab"

    async def test_bulk_arrives_and_little_waits_in_memory(self) -> None:
        self.docker("sha256sum")
        engine = await self.dial(self.host())
        source = Source(engine.transport, 200)
        source.start()
        await engine.over
        assert engine.data.split()[0].decode() == sha256(PIECE * 200).hexdigest()
        assert source.pauses and source.most_waiting <= MOST_WAITING + len(PIECE)

    async def test_a_reader_that_pauses_holds_the_program_up(self) -> None:
        self.docker("head -c 8000000 /dev/zero; echo all out >&2")
        engine = await self.dial(self.host())
        engine.transport.pauseProducing()
        await self.until(lambda: engine.transport.localWindowLeft == 0)
        await deferLater(reactor, 0.1)
        held = sum(map(len, engine.transport._held))
        assert not engine.data and held <= WINDOW
        engine.transport.resumeProducing()
        await engine.over
        assert len(engine.data) == 8000000 and engine.ended

    async def test_it_may_pause_again_while_it_gets_what_was_held(self) -> None:
        self.docker("printf one; sleep 0.1; printf two")
        engine = await self.dial(self.host())
        engine.transport.pauseProducing()
        await self.until(lambda: engine.transport.remoteClosed)
        take = engine.dataReceived

        def take_and_pause(data: bytes) -> None:
            take(data)
            engine.transport.pauseProducing()
            engine.transport.resumeProducing()
            engine.transport.pauseProducing()

        engine.dataReceived = take_and_pause  # type: ignore[method-assign]
        engine.transport.resumeProducing()
        assert engine.data == b"one" and engine.lost is None
        engine.transport.resumeProducing()
        engine.transport.resumeProducing()
        assert engine.data == b"onetwo" and engine.ended and engine.lost is not None

    async def test_what_a_failing_program_said_is_the_reason(self) -> None:
        self.docker("echo permission denied on >&2; echo the socket >&2; exit 1")
        engine = await self.dial(self.host())
        await engine.over
        assert not engine.ended
        assert str(engine.lost) == (
            "'docker system dial-stdio' on the host: permission denied on the socket"
        )

    async def test_a_program_that_fails_in_silence_has_its_status(self) -> None:
        self.docker("exit 3")
        engine = await self.dial(self.host())
        await engine.over
        assert str(engine.lost).endswith("on the host: ended with status 3")

    async def test_an_output_cut_off_by_a_signal_does_not_look_complete(self) -> None:
        self.docker("echo half; kill -9 $$")
        engine = await self.dial(self.host())
        await engine.over
        assert engine.data == b"half\n" and not engine.ended
        assert str(engine.lost).endswith("was ended by signal KILL")

    async def test_a_host_without_docker_says_so(self) -> None:
        self.docker("exec no-such-program")
        engine = await self.dial(self.host())
        await engine.over
        assert "not found; is the docker CLI installed there" in str(engine.lost)

    async def test_abort_is_told_once_and_frees_the_place(self) -> None:
        self.docker("cat")
        engine = await self.dial(host := self.host())
        await self.until(lambda: len(host._spares) == 2)
        (connection,) = host._connections
        assert connection.used == 3
        engine.transport.write(b"lost")
        engine.transport.abortConnection()
        engine.transport.abortConnection()
        await engine.over
        assert isinstance(engine.lost, ConnectionAborted)
        await self.until(lambda: connection.used == 2)

    async def test_closing_lets_what_was_written_out(self) -> None:
        self.docker(f"cat >> {self.folder}/got")
        engine = await self.dial(self.host())
        engine.transport.write(PIECE)
        engine.transport.loseConnection()
        await engine.over
        assert (self.folder / "got").read_bytes() == PIECE

    async def test_it_leads_to_the_host(self) -> None:
        self.docker("cat")
        engine = await self.dial(self.host())
        assert engine.transport.getPeer().host == "127.0.0.1"
        assert engine.transport.getPeer().port == self.sshd.port
        assert engine.transport.getHost().host == "127.0.0.1"
        stopped = []
        engine.transport.abortConnection()
        producer = type("Late", (), {"stopProducing": lambda _: stopped.append(1)})()
        engine.transport.registerProducer(producer, True)
        assert stopped


@needs_sshd
class RekeyTest(SshdCase):
    """Keys that are changed on the way change nothing else."""

    settings = ("RekeyLimit 1M",)
    kind = "rsa"

    async def test_bulk_passes_both_ways(self) -> None:
        self.docker("cat")
        engine = await self.dial(self.host())
        Source(engine.transport, 64).start()
        await engine.over
        assert sha256(engine.data).digest() == sha256(PIECE * 64).digest()
