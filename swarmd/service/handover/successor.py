"""The process that is to take the place of this one: what is said to it, and when."""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from enum import Enum
from functools import partial
from typing import Any

from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger
from twisted.python.failure import Failure

from swarmd.service.handover.acknowledgements import Acknowledgements
from swarmd.service.handover.claims import ClaimMirror
from swarmd.service.handover.conversation import Conversation, converse
from swarmd.service.handover.interfaces import ServingProcess
from swarmd.service.handover.messages import PROTOCOL, Message, common_protocol

START = 120.0  # seconds that a new process has until it is ready
PAUSE = 30.0  # seconds that operators' work under way may take to its next stop
TAKING = 20.0  # seconds that the other process has to take over, once it is all its own


class Stage(Enum):
    """How far it is."""

    CALLED = "it has called, and not said who it is"
    STARTING = "it meets the engines, while this one serves"
    PAUSING = "it is ready; operators' work comes to its next stop"
    TAKING = "it has been given everything"
    SERVING = "it serves"
    GONE = "it has ended"


class Successor:
    """The next process, as the serving one sees it.

    Attributes:
        stage: How far it is.
        process: Its number, for people.
    """

    _log = Logger()

    def __init__(self, serving: ServingProcess, opened: socket.socket) -> None:
        self.stage = Stage.CALLED
        self.process = 0
        self._serving = serving
        self._clock = serving.clock
        self._document: dict[str, Any] = {}
        self._timer: IDelayedCall | None = None
        self._conversation = Conversation(self._heard, self._ended)
        self._claims = ClaimMirror(
            serving.state, f"{os.getpid()}-after", lambda about: self.send("claim", **about)
        )
        self._acknowledged = Acknowledgements(
            serving.state, lambda about: self.send("acknowledged", **about)
        )
        converse(serving.reactor, opened, self._conversation)
        self._timer = self._clock.callLater(START, self.cancel, "it took too long to be ready")

    @property
    def under_way(self) -> bool:
        return self.stage not in (Stage.SERVING, Stage.GONE)

    @property
    def hears(self) -> bool:
        """Whether it has, or will have, what was known at that moment, and needs what is new."""
        return self.stage in (Stage.TAKING, Stage.SERVING)

    @property
    def on_the_way(self) -> int:
        """Connections that it has not got yet."""
        return self._conversation.on_the_way

    @property
    def claims(self) -> int:
        """How many reservations here are its own."""
        return len(self._claims)

    @property
    def talks(self) -> bool:
        """The conversation with it has not ended."""
        return self._conversation.open

    def catch_up(self) -> None:
        """Whatever it has said so far is known from now on."""
        self._conversation.catch_up()

    def send(self, kind: str, descriptors: Sequence[int] = (), **about: Any) -> None:
        self._conversation.send(kind, descriptors, **about)

    def cancel(self, why: str) -> None:
        """It is not wanted after all, or not here."""
        self.send("refused", why=why)
        self._conversation.close()

    # What it says

    def _heard(self, message: Message, descriptors: Sequence[int]) -> None:
        for each in descriptors:
            os.close(each)
        about = message.about
        if message.kind == "hello" and self.stage is Stage.CALLED:
            self._welcome(about)
        elif message.kind == "ready" and self.stage is Stage.STARTING:
            self._pause()
        elif message.kind == "taken" and self.stage is Stage.TAKING:
            self._taken(about)
        elif message.kind == "refused":
            self._log.error("process {pid}: {why}", pid=self.process, why=about.get("why", ""))
        elif message.kind == "end":
            self._serving.end(str(about.get("why", "")))
        elif message.kind == "claim":
            self._claims.hear(about)
        elif message.kind == "acknowledged":
            self._acknowledged.hear(about)
        elif message.kind == "settle":
            self._serving.settle(self, partial(self._settled, about.get("number")))
        elif self.stage is Stage.SERVING:
            self._serving.hear_later(message, self)

    def _welcome(self, about: Any) -> None:
        self.process = int(about.get("process", 0))
        refusal = self._serving.refusal(self)
        if common_protocol(about.get("protocols")) is None:
            self.send("refused", why=f"it hands over by protocol {PROTOCOL} only", final=True)
            return
        if refusal:
            self._log.warn("process {pid} cannot take over: {why}", pid=self.process, why=refusal)
            self.cancel(refusal)
            return
        sockets = self._serving.listeners.descriptors()
        counts = {address: len(each) for address, each in sockets.items()}
        every = [descriptor for each in sockets.values() for descriptor in each]
        self.stage = Stage.STARTING
        up = [key for key, engine in self._serving.state.engines.items() if engine.healthy]
        self.send("welcome", every, protocol=PROTOCOL, listeners=counts, up=up)
        self._claims.open()
        self._acknowledged.open()  # it asks engines for the rest
        self._log.info("process {pid} is about to take over", pid=self.process)

    def _pause(self) -> None:
        self._stop_timer()
        self.stage = Stage.PAUSING
        work = self._serving.work.pause().addTimeout(PAUSE, self._clock)
        work.addErrback(self._too_long).addCallback(self._give)
        work.addErrback(lambda failure: self._log.failure("handing over", failure))

    def _too_long(self, failure: Failure) -> None:
        """As when swarmd is killed: the other one mends what is left half done."""
        self._log.warn("operators' work is still under way: it is broken off")
        self._serving.work.break_off()

    def _give(self, _: object) -> None:
        """From here on, until it is taken or not, nothing new is begun by anybody."""
        if self.stage is not Stage.PAUSING:
            return
        serving, self.stage = self._serving, Stage.TAKING
        self._timer = self._clock.callLater(TAKING, self._give_up)
        serving.listeners.hold()
        serving.site.successor = self
        self._document = serving.work.document()
        memory, chained = serving.memory.document(), serving.has_predecessor
        self.send("yours", work=self._document, memory=memory, chained=chained)
        serving.work.leave()
        self._claims.send_all()

    def _settled(self, number: Any, alone: bool) -> None:
        self.send("settled", number=number, alone=alone)

    def _give_up(self) -> None:
        """It may be about to serve, or never: two must not, so it has to be gone for sure."""
        text = "process {pid} has not taken over in {seconds:.0f}s, and is killed"
        self._log.error(text, pid=self.process, seconds=TAKING)
        self._serving.kill(self.process)

    def _taken(self, about: Any) -> None:
        self.stage = Stage.SERVING
        self._stop_timer()
        self._log.info("process {pid} serves now", pid=self.process)
        self._serving.handed_over(self, list(about.get("listen", ())))

    # Connections

    def take(self, transport: Any, ahead: bytes) -> bool:
        """A client's connection goes there; not before that process serves."""
        if self.stage is not Stage.SERVING:
            return False
        family = transport.socket.family
        self.send("client", [transport.fileno()], family=int(family), ahead=ahead.decode("latin-1"))
        return True

    # The end

    def _ended(self) -> None:
        stage, self.stage = self.stage, Stage.GONE
        self._stop_timer()
        self._claims.close()
        self._acknowledged.close()
        if stage in (Stage.CALLED, Stage.STARTING, Stage.PAUSING, Stage.TAKING):
            text = "process {pid} has ended before it was ready: this one serves on"
            self._log.error(text, pid=self.process)
        if stage in (Stage.PAUSING, Stage.TAKING):
            self._serving.work.resume()
        if stage is Stage.TAKING:
            self._serving.work.begin(self._document)
            self._serving.listeners.let_in()
        self._serving.successor_gone(self)

    def _stop_timer(self) -> None:
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
