"""What clients were told, and whether it is true."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Seen:
    """A container as somebody lists it; ``name`` is the plain one."""

    id: str
    name: str


class Ledger:
    """Filled by many clients; each touches only what it made itself."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made: dict[str, set[str]] = {}  # ID -> the names that it may have
        self._doubtful: set[str] = set()  # IDs that were perhaps removed
        self._removed: set[str] = set()
        self._tried: set[str] = set()  # names that a create was sent with

    def trying(self, name: str) -> None:
        """A create goes out: from now on there may be one container of that name."""
        with self._lock:
            self._tried.add(name)

    def made(self, container_id: str, name: str) -> None:
        """swarmd has acknowledged it."""
        with self._lock:
            self._made[container_id] = {name}

    def renaming(self, container_id: str, name: str) -> None:
        """Until it is acknowledged, either name may be true."""
        with self._lock:
            self._tried.add(name)
            self._made[container_id].add(name)

    def renamed(self, container_id: str, name: str) -> None:
        with self._lock:
            self._made[container_id] = {name}

    def removing(self, container_id: str) -> None:
        with self._lock:
            self._doubtful.add(container_id)

    def removed(self, container_id: str) -> None:
        with self._lock:
            self._removed.add(container_id)

    def holds(self, container_id: str) -> bool:
        """It was acknowledged, and nobody has tried to remove it."""
        with self._lock:
            return container_id in self._made and container_id not in self._doubtful

    @property
    def acknowledged(self) -> int:
        with self._lock:
            return len(self._made)

    def reconcile(self, engines: Mapping[str, Iterable[Seen]]) -> None:
        """What is there and what is not is beyond doubt from now on."""
        there = {one.id for seen in engines.values() for one in seen}
        with self._lock:
            self._removed |= self._doubtful - there
            self._doubtful &= there
            self._doubtful -= self._removed

    def violations(
        self, engines: Mapping[str, Iterable[Seen]], shown: Mapping[str, Iterable[Seen]]
    ) -> list[str]:
        """What is wrong, in words; both arguments are node -> containers.

        Args:
            engines: As the engines say themselves.
            shown: As swarmd says.
        """
        with self._lock:
            return [*self._lost(engines), *_twice(engines, self._tried), *_unequal(engines, shown)]

    def _lost(self, engines: Mapping[str, Iterable[Seen]]) -> Iterator[str]:
        there = {one.id: one.name for seen in engines.values() for one in seen}
        for container_id, names in self._made.items():
            gone = container_id in self._doubtful or container_id in self._removed
            if container_id not in there and not gone:
                yield f"{min(names)} ({container_id[:12]}) was acknowledged and is nowhere"
            elif container_id in there and there[container_id] not in names:
                yield f"{container_id[:12]} is called {there[container_id]}, not {min(names)}"
        for container_id in self._removed & there.keys():
            yield f"{there[container_id]} ({container_id[:12]}) was removed and is there"


def _twice(engines: Mapping[str, Iterable[Seen]], names: set[str]) -> Iterator[str]:
    everything = [one for seen in engines.values() for one in seen]
    for name, count in Counter(one.name for one in everything).items():
        if count > 1:
            yield f"{name} is there {count} times"
    for one in everything:
        if one.name not in names:
            yield f"nobody asked for {one.name}"


def _unequal(
    engines: Mapping[str, Iterable[Seen]], shown: Mapping[str, Iterable[Seen]]
) -> Iterator[str]:
    real = {(node, one.id, one.name) for node, seen in engines.items() for one in seen}
    known = {(node, one.id, one.name) for node, seen in shown.items() for one in seen}
    for node, container_id, name in sorted(real - known):
        yield f"{name} ({container_id[:12]}) is on {node} and not listed there"
    for node, container_id, name in sorted(known - real):
        yield f"{name} ({container_id[:12]}) is listed on {node} and not there"
