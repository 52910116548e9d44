"""Acts once, at one point of one call that passes a wire: before it, while it is worked on, or when
its answer is on the way."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Callable

MOMENTS = ("asked", "begun", "answered")


class Trap:
    """Attributes:
    call: What the call's method and path must match, as "POST /containers/create".
    moment: "asked": the engine has not heard of it. "begun": it has got the request, or its
        beginning. "answered": it has done what was asked, and nobody has heard of that yet.
    sprung: Set once it has acted.
    """

    def __init__(self, call: str, moment: str, act: Callable[[str], None] | None = None) -> None:
        """``act`` is given the address of the engine; without it the connection is reset."""
        self._call = re.compile(rb"(?m)^" + call.encode().replace(b" /", rb" (?:/v1\.\d+)?/", 1))
        self.moment = moment
        self._act = act
        self._taken = False
        self.sprung = threading.Event()

    def meets(self, data: bytes) -> bool:
        """Whether it is this piece of a request that it waited for; True once."""
        if self._taken or not self._call.search(data):
            return False
        self._taken = True
        return True

    async def spring(self, engine: str) -> bool:
        """Whether the connection is to be reset now."""
        if self._act is not None:
            await asyncio.get_running_loop().run_in_executor(None, self._act, engine)
        self.sprung.set()
        return self._act is None
