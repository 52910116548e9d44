"""What tracking needs from the layers around it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from twisted.internet.interfaces import IReactorTime

from swarmd.cluster.actions import Action
from swarmd.core.container.id_map import IdMap

Dispatch = Callable[[Action], None]
OnEvent = Callable[[str, Mapping[str, Any]], None]
Headers = Sequence[tuple[bytes, bytes]]


class Head(Protocol):
    """The head of a response."""

    @property
    def status(self) -> int: ...


class Answer(Protocol):
    """A whole response."""

    @property
    def status(self) -> int: ...

    @property
    def body(self) -> bytes: ...


class Question(Protocol):
    """A question that was asked, and may be without an answer yet."""

    def cancel(self) -> None:
        """Nothing will be told; does nothing if it was told already."""


class Link(Protocol):
    """All connections to one engine; EngineUnreachable from every call that gets no answer.

    Attributes:
        peer: The IP address that answered last, "" for a UNIX socket.
        clock: For time limits.
        ids: Of containers that clients know by another ID than the engine does.
    """

    node: str
    peer: str
    ids: IdMap
    clock: IReactorTime

    async def call(
        self,
        method: str,
        target: str,
        *,
        body: bytes = b"",
        headers: Headers = (),
        timeout: float = 10.0,
        limit: int = 256 << 20,
    ) -> Answer: ...

    def ask(self, target: str, on_answer: Callable[[Any], None]) -> Question: ...

    async def stream(
        self,
        method: str,
        target: str,
        receive: Callable[[bytes], None],
        *,
        body: bytes = b"",
        headers: Headers = (),
        on_head: Callable[[Any], None] | None = None,
        idle_timeout: float | None = None,
    ) -> Answer: ...
