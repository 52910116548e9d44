"""A process that hands over, or takes over, with parts that only note what is done with them."""

from __future__ import annotations

from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred, succeed

from swarmd.cluster.actions import EngineListed
from swarmd.cluster.state import State


class Parts:
    """Listeners, operators' work, memory and the site in one; ``done`` has what was asked."""

    def __init__(self, done: list[str]) -> None:
        self.done = done
        self.successor: Any = None
        self.paused: Deferred[Any] = succeed(None)

    def __getattr__(self, name: str) -> Any:
        return lambda *args: self.done.append(name)

    def pause(self) -> Deferred[Any]:
        self.done.append("pause")
        return self.paused

    def descriptors(self) -> dict[str, list[int]]:
        return {"tcp://a:1": [0]}

    def document(self) -> dict[str, Any]:
        return {"book": 1}


class ServingDouble:
    """As ``ServingProcess`` says."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.reactor = self.clock = reactor
        self.state = State(lambda: 1.0)
        self.state.dispatch(EngineListed("e:1", "e:1"))
        parts: Any = Parts(self.done)
        self.site = self.listeners = self.work = self.memory = parts
        self.why = ""
        self.has_predecessor = False
        self.gone: Deferred[None] = Deferred()
        self.over: Deferred[None] = Deferred()

    def refusal(self, successor: Any) -> str:
        return self.why

    def handed_over(self, successor: Any, kept: Any) -> None:
        self.done.append(f"handed over {kept}")
        self.over.callback(None)

    def successor_gone(self, successor: Any) -> None:
        self.gone.callback(None)

    def speak(self) -> None:
        self.done.append("speak")

    def settle(self, sender: Any, answer: Any) -> None:
        answer(True)

    def predecessor_gone(self) -> None:
        self.done.append("predecessor gone")

    def hear_later(self, message: Any, sender: Any) -> None:
        self.done.append(f"hear {message.kind}")

    def kill(self, process: int) -> None:
        self.done.append(f"kill {process}")

    def end(self, why: str) -> None:
        self.done.append(f"end {why}")
