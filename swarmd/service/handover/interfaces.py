"""What the two sides of a hand-over need of the process that they are in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from twisted.internet.interfaces import IReactorTime

from swarmd.cluster.state import State
from swarmd.front.site import DockerSite
from swarmd.service.handover.memory import SharedMemory
from swarmd.service.handover.messages import Message
from swarmd.service.handover.operators_work import OperatorsWork
from swarmd.service.process.listeners import ListenerGroup


class ServingProcess(Protocol):
    """A process of swarmd, and what of it changes hands."""

    reactor: Any
    clock: IReactorTime
    state: State
    site: DockerSite
    listeners: ListenerGroup
    work: OperatorsWork
    memory: SharedMemory

    def refusal(self, successor: Any) -> str:
        """Why it cannot take over now; "" if it can."""

    def handed_over(self, successor: Any, kept: Sequence[str]) -> None:
        """The other process serves, and listens on the addresses ``kept``."""

    def successor_gone(self, successor: Any) -> None:
        """It has ended."""

    def speak(self) -> None:
        """Towards systemd, this process is the one that serves."""

    @property
    def has_predecessor(self) -> bool:
        """A process before this one has not ended yet."""

    def settle(self, sender: Any, answer: Callable[[bool], None]) -> None:
        """Calls ``answer`` when all that processes on the other side have said is known here.

        Its argument tells whether there is none. ``sender`` is the side here of who asks.
        """

    def predecessor_gone(self) -> None:
        """It has ended."""

    def hear_later(self, message: Message, sender: Any) -> None:
        """What another process tells while two of them run; ``sender`` is its side here."""

    def kill(self, process: int) -> None:
        """The other process is given no chance to do anything more."""

    def end(self, why: str) -> None:
        """The other process cannot take over, and asks for the place."""
