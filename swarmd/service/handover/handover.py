"""The hand-over, put together: a process takes the place of one that serves, and gives it up later.

One process listens, does the operators' work and speaks to systemd. Its successor meets the
engines first, while this one serves; at one moment it is given all of that, together with what
engines do not tell. This one then begins nothing new, passes waiting connections on, finishes its
streams, and ends.
"""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from twisted.application.service import Service
from twisted.logger import Logger

from swarmd import __version__
from swarmd.cluster.state import State
from swarmd.front.client_site import nobody_else
from swarmd.front.site import DockerSite
from swarmd.manager.fleet.startup_gate import StartupGate
from swarmd.service.handover.barrier import Barrier, Barriers
from swarmd.service.handover.finishing import Finishing
from swarmd.service.handover.memory import SharedMemory
from swarmd.service.handover.messages import Message
from swarmd.service.handover.operators_work import OperatorsWork
from swarmd.service.handover.predecessor import Predecessor
from swarmd.service.handover.rendezvous import (
    Call,
    MeetingPoint,
    NoAnswer,
    OtherProtocol,
    close_meeting,
    find_call,
)
from swarmd.service.handover.successor import Successor
from swarmd.service.process.listeners import ListenerGroup
from swarmd.service.process.systemd import Notifier, notify

BUSY = 60.0  # seconds for which a new process asks again where another is about to take over


class Handover(Service):
    """This process's part in hand-overs: it is before the listeners in the order of the start.

    Attributes:
        drain_time: Seconds that streams have to finish.
        finishing: Another process serves; this one ends its connections. None before.
        threads: What has to end before this process can be copied, and to begin in the copy.
        speaking: Called once this process is the one that serves, for everybody.
        on_reread: Called where the process that serves now was told to read its files again.
        overlaps: Called with whether another process is beside this one.
        released: Called once another process serves, with its number.
        background: How many works are under way that no connection waits for.
    """

    _log = Logger()

    def __init__(
        self,
        reactor: Any,
        state: State,
        site: DockerSite,
        listeners: ListenerGroup,
        work: OperatorsWork,
        memory: SharedMemory,
        gate: StartupGate,
        notifier: Notifier,
    ) -> None:
        self.reactor = self.clock = reactor
        self.state = state
        self.site = site
        self.listeners = listeners
        self.work = work
        self.memory = memory
        self.drain_time = 600.0
        self.finishing: Finishing | None = None
        self.on_reread: Callable[[], None] = lambda: None
        self.overlaps: Callable[[bool], None] = lambda there: None
        self.released: Callable[[int], None] = lambda process: None
        self.speaking: Callable[[], None] = lambda: None
        self.threads: Any = None
        self.background: Callable[[], int] = int
        self.is_orphan = self._speaks = False
        self._gate = gate
        self._notifier = notifier
        self._stop: Callable[[], None] = reactor.stop
        self._predecessor: Predecessor | None = None
        self._successor: Successor | None = None
        self._before = Barrier(reactor, partial(self._ask, lambda: self._predecessor))
        self._after = Barrier(reactor, partial(self._ask, lambda: self._successor))
        self._meeting = MeetingPoint(reactor, notifier.address, self.called, self._unit_stopped)

    # The start

    def privilegedStartService(self) -> None:
        """Raises OSError, which ends the start, where the other process will not hand over."""
        super().privilegedStartService()
        until = time.monotonic() + BUSY
        while (call := find_call(os.environ)) is not None and not self._hail(call, until):
            time.sleep(1)
        close_meeting(os.environ)

    def _hail(self, call: Call, until: float) -> bool:
        """Whether it is over: taken, or hopeless."""
        predecessor = Predecessor(self, call, self.listeners.addresses, self._serve, self._refused)
        try:
            sockets = predecessor.hail(__version__)
        except OtherProtocol as error:
            self._log.warn("the process that serves is asked to end: {error}", error=error)
            call.ask_to_end(str(error))
            call.opened.close()
            return False
        except NoAnswer as error:
            call.opened.close()
            if call.started or time.monotonic() >= until:
                raise OSError(f"cannot take over from the process that serves: {error}") from None
            self._log.warn("not taken over yet: {error}", error=error)
            return False
        self._predecessor = predecessor
        self.listeners.take(sockets)
        self._notifier.held = True
        self.work.stand_by()
        return True

    def startService(self) -> None:
        super().startService()
        self.memory.on_change(self._remember)
        if self._predecessor is None:
            self._speaks = True
            self._meeting.open()
        else:
            self._predecessor.start()
            self._gate.when_open(self._predecessor.meet_nodes)

    def _serve(self, taken: bool) -> None:
        """Everything was taken over, or there is nobody any more to take it from."""
        if not taken:
            self.work.begin_alone()
        elif self._predecessor is not None and self._predecessor.chained:
            self._wait_for(self._before)
        self._listen(self._catch_up)
        self.listeners.let_in()
        self._log.info("this process serves now")
        if not taken:
            self.speak()

    def speak(self) -> None:
        """systemd, if it is there, takes this process for the one that serves."""
        if not self._speaks:
            self._speaks = True
            self._meeting.open()
            self._notifier.release()
            self.speaking()

    def _refused(self, why: str) -> None:
        self._log.error("the process that serves keeps its place: {why}", why=why)
        self.reactor.addSystemEventTrigger("after", "shutdown", os._exit, 1)
        self._stop()

    # While it serves

    def called(self, opened: socket.socket) -> None:
        """Another process is there, to take the place of this one."""
        if self._successor is None:
            self._successor = Successor(self, opened)
            self._listen(self._catch_up)
        else:
            Successor(self, opened)  # which will be refused

    def reason_against_upgrade(self) -> str:
        """Of one that is asked for by a signal; "" if there is none."""
        if self.is_orphan or self.finishing is not None:
            return "another process has, or will have, the place of this one"
        if self._successor is not None:
            return f"process {self._successor.process} is about to take over"
        inherited = [at for at in self.listeners.addresses if at.startswith(("fd:", "systemd:"))]
        if inherited:
            only = "is systemd's, which gives it to a process that systemd starts alone"
            return f"{inherited[0]} {only}: systemctl restart does the same"
        if self._predecessor is not None and not self._predecessor.served:
            return "this process is itself about to take over from another"
        return ""

    def refusal(self, successor: Successor) -> str:
        if successor is not self._successor:
            assert self._successor is not None
            return f"process {self._successor.process} is about to take over"
        return ""

    def handed_over(self, successor: Any, kept: Sequence[str]) -> None:
        """The other process serves from now on."""
        self.listeners.give_up(kept)
        self._meeting.close()
        if not self.is_orphan and self._notifier.address:
            notify(self._notifier.address, f"MAINPID={successor.process}\nREADY=1")
        self._notifier.silence()
        successor.send("released")
        if self._predecessor is not None:
            self._predecessor.send("followed")
        self.released(successor.process)
        self.finishing = Finishing(self.clock, self._left, lambda: self.drain_time, self._stop)
        self.finishing.startService()

    def _left(self) -> int:
        self.site.pass_on()
        left = self.site.connections + self.listeners.connections + self.background()
        left += len(self.state.reservations.pending)
        if self._successor is not None:
            left += self._successor.on_the_way - self._successor.claims
        if self._predecessor is not None and self._predecessor.hears:
            left += 1  # its connections go to the next process by way of this one
        return left

    def successor_gone(self, successor: Any) -> None:
        """What is open here is served to its end."""
        if successor is self._successor:
            self._after.end()
            self.site.leaves = self.finishing is not None
            self.site.keep()
            if self.finishing is None:
                self._successor = None

    def kill(self, process: int) -> None:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)

    def end(self, why: str) -> None:
        self._log.error("another process asks for the place: {why}", why=why)
        self._stop()

    # Who ends this process

    @property
    def may_be_followed(self) -> bool:
        """A signal to end may be half of a restart: the next process calls, or systemd says so."""
        return self._meeting.kept and self.finishing is None and not self.is_orphan

    def orphan(self) -> None:
        """systemd counts this process as ended: it serves on until the next one has its place."""
        self.is_orphan = True
        if self._successor is not None:
            self._successor.cancel("systemd starts another one")
        self._notifier.silence()
        text = "systemd ends this unit or starts it anew: serving on until it has said which"
        self._log.info(text)

    def _unit_stopped(self) -> None:
        """Of a unit that runs, it means that systemd does not keep descriptors for it."""
        if self.is_orphan and self.finishing is None:
            self._log.info("the unit was stopped")
            self._stop()

    def stopService(self) -> None:
        super().stopService()
        self._meeting.close()
        if self._predecessor is not None:
            self._predecessor.stop()
        self._before.end()
        self._after.end()
        if self.finishing is not None:
            self.finishing.stopService()
        if self._successor is not None and self._successor.under_way:
            self._successor.cancel("the process that serves was told to end")

    # What is said while two processes run

    def _remember(self, table: str, row: list[Any]) -> None:
        self._send("row", table=table, row=row)

    def _send(self, kind: str, sender: Any = None, /, **about: Any) -> None:
        for other in self._others():
            if other is not sender and other.hears:
                other.send(kind, **about)

    def _others(self) -> list[Predecessor | Successor]:
        return [each for each in (self._predecessor, self._successor) if each is not None]

    def _listen(self, catch_up: Callable[[], None]) -> None:
        """Before each request, and before each choice of a node."""
        self.site.catch_up = self.state.reservations.hear = catch_up
        self.overlaps(catch_up is not nobody_else)

    def _catch_up(self) -> None:
        others = [each for each in self._others() if each.talks]
        for other in others:
            other.catch_up()
        if not others:
            self._listen(nobody_else)

    @property
    def has_predecessor(self) -> bool:
        return self._predecessor is not None and self._predecessor.talks

    def settle(self, sender: Any, answer: Callable[[bool], None]) -> None:
        before = sender is not self._predecessor
        other = self._predecessor if before else self._successor
        if other is not None and other.hears:
            (self._before if before else self._after).settle(partial(answer, False))
        else:
            answer(True)

    def _ask(self, other: Callable[[], Any], number: int) -> None:
        other().send("settle", number=number)

    def _wait_for(self, side: Barrier) -> None:
        """There are processes to that side that are not heard directly."""
        side.chained = True
        self.site.gate = Barriers(self._before, self._after)

    def predecessor_gone(self) -> None:
        self._before.end()

    def hear_later(self, message: Message, sender: Any) -> None:
        about = message.about
        if message.kind == "released":
            self.speak()
        elif message.kind == "row":
            self.memory.hear(about["table"], about["row"])
            self._send("row", sender, **about)  # there may be a third process
        elif message.kind == "line":
            self.work.drainer.follow(about["node"], about["line"])
            self.report_line(about["node"], about["line"])
        elif message.kind == "settled":
            side = self._after if sender is self._successor else self._before
            side.answered(about["number"], alone=about["alone"])
        elif message.kind == "followed":
            self._wait_for(self._after)
        elif message.kind == "reread":
            self.on_reread()

    def reread(self) -> None:
        """This process reads its files again: so does the one before, as far as it is there."""
        if self._predecessor is not None:
            self._predecessor.send("reread")

    def report_line(self, node: str, line: dict[str, Any]) -> None:
        """Of a drain, for who follows it at the process before."""
        if self._predecessor is not None:
            self._predecessor.send("line", node=node, line=line)
