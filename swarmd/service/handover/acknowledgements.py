"""What engines have acknowledged to clients of the other process: known here before they ask here.

A client that was told by one process may ask the other one next, sooner than engines' events tell
that one. So each change is sent before the client is answered, and heard before a request is begun
(``Conversation.catch_up``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from swarmd.cluster.reducers.acknowledged import AGAIN, BEGUN
from swarmd.cluster.state import State


class Acknowledgements:
    """The acknowledged changes of one other process, and ours for it.

    Args:
        send: Gives the other one a change.
    """

    def __init__(self, state: State, send: Callable[[Mapping[str, Any]], None]) -> None:
        self._state = state
        self._send = send
        self._hearing = False
        self._starts: set[str] = set()  # under way there

    def open(self) -> None:
        """From now on the other one hears of what changes here."""
        self._state.acknowledged.append(self._on_change)

    def close(self) -> None:
        """The other one has ended: what became of its starts only their engines tell."""
        if self._on_change in self._state.acknowledged:
            self._state.acknowledged.remove(self._on_change)
        for container_id in self._starts:
            self._state.end_start(container_id, done=None)
        self._starts.clear()

    def _on_change(self, change: str, about: Sequence[Any]) -> None:
        if not self._hearing:
            self._send({"change": change, "about": list(about)})

    def hear(self, message: Mapping[str, Any]) -> None:
        """A change there; it goes on to a third process, if there is one."""
        self._hearing = True
        try:
            self._state.take_in(message["change"], message["about"])
        finally:
            self._hearing = False
        if message["change"] == "start_changed":
            self._note(*message["about"])

    def _note(self, container_id: str, step: str, why: str = "") -> None:
        if step in (BEGUN, AGAIN):
            self._starts.add(container_id)
        else:
            self._starts.discard(container_id)
