"""Readiness: whether a load balancer should send clients here."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from swarmd.core.model import Engine


class Readiness:
    """The answer to whether there is something to serve, for ``/readyz``.

    Attributes:
        wanted: How many nodes have to be healthy.

    Args:
        contacted: Whether every node on the list has spoken, or was waited for long enough.
        engines: Those on the list now.
    """

    def __init__(
        self,
        contacted: Callable[[], bool],
        engines: Callable[[], Iterable[Engine]],
        wanted: int,
    ) -> None:
        self.wanted = wanted
        self._contacted = contacted
        self._engines = engines

    def __call__(self) -> bool:
        if not self._contacted():
            return False
        return not self.wanted or self._healthy() >= self.wanted

    def _healthy(self) -> int:
        return sum(engine.healthy for engine in self._engines())
