"""The process that served before this one: what is taken from it, and when."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from twisted.logger import Logger

from swarmd.service.handover.acknowledgements import Acknowledgements
from swarmd.service.handover.claims import ClaimMirror
from swarmd.service.handover.conversation import Conversation, converse
from swarmd.service.handover.interfaces import ServingProcess
from swarmd.service.handover.messages import PROTOCOL, Message
from swarmd.service.handover.rendezvous import Call
from swarmd.timers.periodic import Periodic

MEETING = 60.0  # seconds that nodes have which the other process reaches
LOOK = 0.05


class Predecessor:
    """The process before, as the new one sees it.

    Attributes:
        served: Everything was taken over, and this process serves.
        chained: At that moment there was a process before that one.

    Args:
        listen: The addresses that this process listens on.
        on_served: Called at that moment; or where the other one ended without it, its argument
            tells which.
        on_refused: The other one has thought better of it; the text says why.
    """

    _log = Logger()

    def __init__(
        self,
        serving: ServingProcess,
        call: Call,
        listen: Sequence[str],
        on_served: Callable[[bool], None],
        on_refused: Callable[[str], None],
    ) -> None:
        self.served = self.chained = False
        self._serving = serving
        self._call = call
        self._listen = listen
        self._on_served = on_served
        self._on_refused = on_refused
        self._ready = self._is_gone = self._refused = False
        self._until = 0.0
        self._meeting_nodes = Periodic(serving.clock, LOOK, self._look, now=True)
        self._conversation = Conversation(self._heard, self._ended)
        self._claims = ClaimMirror(
            serving.state, f"{os.getpid()}-before", lambda about: self.send("claim", **about)
        )
        self._acknowledged = Acknowledgements(
            serving.state, lambda about: self.send("acknowledged", **about)
        )

    def hail(self, version: str) -> dict[str, list[int]]:
        """Says hello; returns the descriptors of its listening sockets, by address.

        Blocks, since it comes before the reactor runs. Raises NoAnswer.
        """
        call = self._call
        call.hail(protocols=[PROTOCOL], process=os.getpid(), version=version)
        waiting, sockets = list(call.descriptors), dict[str, list[int]]()
        for address, count in call.welcome.about["listeners"].items():
            sockets[address], waiting = waiting[:count], waiting[count:]
        return sockets

    def start(self) -> None:
        converse(self._serving.reactor, self._call.opened, self._conversation)
        self._conversation.begin(self._call.reader, self._call.more)
        self.send("received", count=len(self._call.descriptors))

    def stop(self) -> None:
        self._meeting_nodes.stopService()

    # Until this process is ready

    def meet_nodes(self) -> None:
        """First contact is made. What the other process reaches, this one has to reach, too."""
        self._until = self._serving.clock.seconds() + MEETING
        self._meeting_nodes.startService()

    def _look(self) -> None:
        engines = self._serving.state.engines
        up = [key for key in self._call.welcome.about.get("up", ()) if key in engines]
        missing = [engines[key] for key in up if not engines[key].healthy]
        if missing and not self._is_gone and self._serving.clock.seconds() < self._until:
            return
        self._meeting_nodes.stopService()
        if missing and len(missing) == len(up) and not self._is_gone:
            first = missing[0]
            node = first.name or first.address
            why = f"it reaches no node: {node}: {first.error or 'silent'}"
            self.send("refused", why=why)
            self._refuse(why)
        else:
            self._be_ready()

    def _be_ready(self) -> None:
        self._ready = True
        if self._is_gone:
            self._begin_alone()
        else:
            self.send("ready")

    @property
    def hears(self) -> bool:
        """Whether it finishes what it had begun, and needs what is new here."""
        return self.served and not self._is_gone

    @property
    def talks(self) -> bool:
        """The conversation with it has not ended."""
        return self._conversation.open

    def catch_up(self) -> None:
        """Whatever it has said so far is known from now on."""
        self._conversation.catch_up()

    def send(self, kind: str, descriptors: Sequence[int] = (), **about: Any) -> None:
        self._conversation.send(kind, descriptors, **about)

    # What it says

    def _heard(self, message: Message, descriptors: Sequence[int]) -> None:
        if message.kind == "client":
            self._adopt(message, descriptors)
            return
        for each in descriptors:
            os.close(each)
        if message.kind == "yours":
            self._take(message)
        elif message.kind == "refused":
            self._refuse(str(message.about.get("why", "")))
        elif message.kind == "claim":
            self._claims.hear(message.about)
        elif message.kind == "acknowledged":
            self._acknowledged.hear(message.about)
        elif message.kind == "settle":
            self._serving.settle(self, partial(self._settled, message.about.get("number")))
        else:
            self._serving.hear_later(message, self)

    def _settled(self, number: Any, alone: bool) -> None:
        self.send("settled", number=number, alone=alone)

    def _take(self, message: Message) -> None:
        try:
            self._serving.memory.take_in(message.about["memory"])
            self._serving.work.begin(message.about["work"])
        except Exception as error:  # noqa: BLE001 - whatever it is, the other one serves on
            self._log.failure("taking over")
            self._refuse(f"what it has left cannot be taken over: {error}")
            return
        self.served, self.chained = True, bool(message.about.get("chained"))
        self._claims.open()
        self._acknowledged.open()
        self._on_served(True)
        self.send("taken", listen=list(self._listen))

    def _refuse(self, why: str) -> None:
        self._refused = True
        self._on_refused(why)

    def _adopt(self, message: Message, descriptors: Sequence[int]) -> None:
        """A client's connection that waited for its next request."""
        [descriptor] = descriptors
        with socket.socket(fileno=descriptor) as opened:
            opened.setblocking(False)
            family = socket.AddressFamily(message.about["family"])
            try:
                transport = self._serving.reactor.adoptStreamConnection(
                    opened.fileno(), family, self._serving.site
                )
            except OSError as error:  # usually, the client has left
                self._log.debug("a connection was not taken over: {error}", error=error)
                return
            ahead = str(message.about["ahead"]).encode("latin-1")
            if transport is not None and ahead:
                transport.protocol.dataReceived(ahead)

    # The end

    def _ended(self) -> None:
        self._is_gone = True
        self._claims.close()
        self._acknowledged.close()
        self._serving.predecessor_gone()
        if self._refused:
            return
        if not self.served:
            self._log.warn("the process before has ended without handing over")
            if self._ready:
                self._begin_alone()
        else:
            self._log.info("the process before has ended")
            self._serving.speak()

    def _begin_alone(self) -> None:
        """It was killed: what engines and the state file tell has to do."""
        self.served = True
        self._on_served(False)
