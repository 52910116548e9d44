"""Starts under way, until what engines say of the container is news of that.

From the call on the container has what it asks for, so that two starts under way never share it.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from swarmd.core.container.container_state import Container

GRACE = 30.0  # seconds in which an engine may still carry out a start whose answer was lost


class _Start(NamedTuple):
    again: bool  # it may run already, so that it runs tells nothing
    answered: float  # older news tells nothing; infinite while the engine is at it


class Starts:
    """The starts that an engine was asked for and has not reported yet.

    By the container's full ID; all times are monotonic seconds.
    """

    def __init__(self) -> None:
        self._starts: dict[str, _Start] = {}
        self._refused: set[str] = set()
        self._errors: dict[str, str] = {}

    def begin(self, container_id: str, *, again: bool) -> None:
        self._starts[container_id] = _Start(again, math.inf)
        self._refused.discard(container_id)
        self._errors.pop(container_id, None)

    def error(self, container_id: str) -> str:
        """Why its last start was refused before its engine heard of it; "" if it was not."""
        return self._errors.get(container_id, "")

    def answer(self, container_id: str, at: float, *, done: bool | None) -> None:
        """``done`` is None if the answer was lost."""
        start = self._starts.get(container_id)
        if start is None:
            return
        if done is False:
            self.refuse(container_id)
        else:
            known_from = at if done else at + GRACE
            self._starts[container_id] = start._replace(answered=known_from)

    def refuse(self, container_id: str, why: str = "") -> None:
        """Nothing came of it; what was created for it is nobody's until the next start.

        Args:
            why: In words, where its engine does not know.
        """
        if why:
            self._errors[container_id] = why
        self._starts.pop(container_id, None)
        self._refused.add(container_id)

    def forget(self, container_id: str) -> None:
        self._starts.pop(container_id, None)
        self._refused.discard(container_id)
        self._errors.pop(container_id, None)

    def marked(self, container: Container) -> Container:
        """``container``, which its engine has just told of, with what is known of its start."""
        start = self._starts.get(container.id)
        if start is not None and _is_over(start, container):
            del self._starts[container.id]
            start = None
        if container.state != "created":
            self._refused.discard(container.id)
        if container.running:  # it was started past us
            self._errors.pop(container.id, None)
        starting, refused = start is not None, container.id in self._refused
        if (container.starting, container.refused) == (starting, refused):
            return container
        return container._replace(starting=starting, refused=refused)


def _is_over(start: _Start, container: Container) -> bool:
    return container.touched > start.answered or (container.running and not start.again)
