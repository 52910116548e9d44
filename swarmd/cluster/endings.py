"""The ends of list entries, ``State`` and ``Status``, kept for as long as they stay the same.

They are all that changes in a list from one moment to the next. Of 50,000 containers, making each
text anew took 100 ms; looking whether it still holds takes 7.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from swarmd.core.listing import ending
from swarmd.core.model import Container
from swarmd.core.status import lasts, status_text

_SPARE = 4096  # endings of containers that are gone, before all are forgotten


class Endings:
    """By container ID: what the ending is of, until when it holds, and the ending."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[Container, float, bytes]] = {}

    def clear(self) -> None:
        """A clock was found to be off."""
        self._kept.clear()

    def tidy(self, containers: int) -> None:
        """There are so many containers now."""
        if len(self._kept) > containers + _SPARE:
            self._kept.clear()

    def entries(
        self, containers: Sequence[Container], offsets: Mapping[str, float], now: float
    ) -> list[bytes]:
        """Two pieces for each, its entry and its ending, with a comma behind each container.

        Args:
            offsets: Our clock minus that of each engine, in seconds.
            now: On our clock.
        """
        pieces: list[bytes] = []
        for one in containers:
            kept = self._kept.get(one.id)
            if kept is None or kept[0] is not one or kept[1] <= now:
                clock = now - offsets[one.engine]
                text = status_text(one, clock)
                kept = (one, now + lasts(one, clock), ending(one.state, text))
                self._kept[one.id] = kept
            pieces += (one.entry, kept[2])
        return pieces
