"""Containers that clients know by another ID than their engine does: both ways, in bytes.

An ID's 64 digits stand for nothing else, and both are of one length: so what an engine says is put
into the terms of clients without reading what is around it, and stays as long as it was.
"""

from __future__ import annotations

import re

REMEMBERED = 1000  # of containers that are gone
FEW = 16  # texts that are looked for one by one sooner than all digits are walked
_LONGEST = 64
_SHORT = 12
# Whole IDs; and short ones that are a text of their own: engines make a name of them in networks.
_IDS = re.compile(rb'[0-9a-f]{64}|"[0-9a-f]{12}"')
_IN_PATH = re.compile(r"%[0-9A-Fa-f]{2}|[0-9a-f]{64}")  # an escape may end in such a digit
_UNFINISHED = re.compile(rb'"?[0-9a-f]{0,64}"?\Z')


class IdMap:
    """The IDs of one engine's containers that have another one for clients.

    Those of containers that are gone are kept for a while: answers and events still tell of them.
    """

    __slots__ = ("_gone", "_own", "_shown")

    def __init__(self) -> None:
        self._own: dict[str, str] = {}  # as clients know it -> as the engine does
        self._shown: dict[bytes, bytes] = {}
        self._gone: dict[str, None] = {}  # as clients know it, oldest first

    def __bool__(self) -> bool:
        return bool(self._own)

    def put(self, own: str, shown: str) -> None:
        self._forget(shown)
        self._own[shown] = own
        self._shown.update(_pairs(own, shown))

    def gone(self, shown: str) -> None:
        if shown in self._own:
            self._gone[shown] = None
            if len(self._gone) > REMEMBERED:
                self._forget(next(iter(self._gone)))

    def _forget(self, shown: str) -> None:
        self._gone.pop(shown, None)
        if (own := self._own.pop(shown, None)) is not None:
            for said, _ in _pairs(own, shown):
                self._shown.pop(said, None)

    def has(self, shown: str) -> bool:
        return shown in self._own

    def own(self, shown: str) -> str:
        """The engine's ID of what clients know as ``shown``."""
        return self._own.get(shown, shown)

    def own_in(self, text: str) -> str:
        """``text``, a path and query say, with all IDs as the engine knows them."""
        return _IN_PATH.sub(lambda found: self.own(found[0]), text) if self._own else text

    def shown_in(self, said: bytes) -> bytes:
        """What the engine ``said``, with all IDs as clients know them."""
        if not self._own:
            return said
        if len(self._shown) <= FEW:
            for own, shown in self._shown.items():
                said = said.replace(own, shown)
            return said
        return _IDS.sub(lambda found: self._shown.get(found[0], found[0]), said)


class Translation:
    """The same for what an engine says bit by bit: an ID may come in two pieces."""

    __slots__ = ("_held", "_ids")

    def __init__(self, ids: IdMap) -> None:
        self._ids = ids
        self._held = b""

    def feed(self, data: bytes) -> bytes:
        data = self._held + data
        found = _UNFINISHED.search(data, max(0, len(data) - _LONGEST - 2))
        end = found.start() if found else len(data)
        self._held = data[end:]
        return self._ids.shown_in(data[:end])

    def rest(self) -> bytes:
        held, self._held = self._held, b""
        return self._ids.shown_in(held)


def _pairs(own: str, shown: str) -> tuple[tuple[bytes, bytes], ...]:
    short = f'"{own[:_SHORT]}"'.encode(), f'"{shown[:_SHORT]}"'.encode()
    return (own.encode(), shown.encode()), short
