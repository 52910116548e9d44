"""Failover of one question: if an engine cannot answer it, the next one is asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from swarmd.core.errors import ApiError, EngineUnreachable, Unavailable
from swarmd.core.model import Engine
from swarmd.manager.interfaces import FleetView
from swarmd.streams.link import Answer

TRIES = 3  # engines that are asked

Headers = Sequence[tuple[bytes, bytes]]


async def ask_with_failover(
    fleet: FleetView,
    engines: Sequence[Engine],
    method: str,
    target: Callable[[Engine], bytes],
    *,
    body: bytes = b"",
    headers: Headers = (),
    timeout: float = 30.0,
    absent: bool = False,
) -> Answer:
    """The first answer that is one: neither an engine's own trouble nor, with ``absent``, a 404.

    If all engines fail, the last one's answer; it may be the engines that are right.

    Raises:
        EngineUnreachable: None of them answered at all.
        Unavailable: There are no engines.
    """
    refusal: Answer | None = None
    lost: ApiError = Unavailable("No healthy node available in the cluster")
    for engine in engines[:TRIES]:
        try:
            link = fleet.link(engine)
            line = target(engine).decode()
            answer = await link.call(method, line, body=body, headers=headers, timeout=timeout)
        except EngineUnreachable as error:
            lost = error
            continue
        if answer.status < 500 and not (absent and answer.status == 404):
            return answer
        refusal = answer
    if refusal is None:
        raise lost
    return refusal


def by_load(fleet: FleetView) -> list[Engine]:
    """Healthy engines, the least busy first; those with recent failures last."""
    return sorted(fleet.healthy(), key=lambda e: (e.failures, e.tally.total, e.name))
