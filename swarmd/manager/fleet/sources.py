"""A registry of sources, of which each is asked for its share of a list."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

T = TypeVar("T")


class Sources(Generic[T]):
    """A registry of sources; called, it gives what all of them say now, in the order they came."""

    def __init__(self) -> None:
        self._sources: list[Callable[[], Iterable[T]]] = []

    def add(self, source: Callable[[], Iterable[T]]) -> None:
        self._sources.append(source)

    def __call__(self) -> list[T]:
        return [each for source in self._sources for each in source()]
