"""The engines by what placement asks of them, so that no placement walks them all.

The state tells which engine has changed (``touch``); what that engine is now is read before the
next question, so that any number of changes between two placements costs one look.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from heapq import heappop, heappush
from typing import Any, NamedTuple, Protocol

from swarmd.core.index.bits import Bits, Holders, bits_of, slots
from swarmd.core.index.usage import Used, used_of
from swarmd.core.model import Engine, Health
from swarmd.core.names import KEPT_ID
from swarmd.core.pattern import Pattern
from swarmd.core.predefined import IDS

_MANY = 256  # changed engines that are looked at together, so that none holds the reactor long

OVERCOMMIT = "overcommit"  # label: share that a node gives beyond what it has


class Load(NamedTuple):
    """The load of an engine: what it has, and what containers hold of it in nano-CPUs and bytes.

    Engines of one kind that hold the same are one load, so a fleet has few of them.
    """

    cpus: int
    memory: int
    held_cpus: int
    held_memory: int
    overcommit: str  # the label's text
    spare_memory: int = 0  # of what is held, where reservations count before limits


def load_of(engine: Engine) -> Load:
    spec, tally = engine.spec, engine.tally
    overcommit = engine.labels.get(OVERCOMMIT, "")
    return Load(spec.cpus, spec.memory, tally.cpus, tally.memory, overcommit, tally.spare_memory)


class _Facts(NamedTuple):
    """What is indexed of one engine; each is a set of values."""

    labels: frozenset[tuple[str, str]] = frozenset()
    names: frozenset[str] = frozenset()
    health: frozenset[Health] = frozenset()
    cordoned: frozenset[bool] = frozenset()
    failures: frozenset[int] = frozenset()
    active: frozenset[int] = frozenset()
    loads: frozenset[Load] = frozenset()
    used: frozenset[Used] = frozenset()
    platforms: frozenset[tuple[str, str]] = frozenset()
    ports: frozenset[tuple[int, str]] = frozenset()
    images: frozenset[str] = frozenset()
    meanings: frozenset[tuple[str, str]] = frozenset()
    networks: frozenset[str] = frozenset()
    volumes: frozenset[str] = frozenset()


_NOTHING = _Facts()


class _Labels(dict[str, Holders[str]]):
    """Label -> its values, for as long as any engine has it."""

    def flip(self, slot: int, pairs: Iterable[tuple[str, str]]) -> None:
        for key, value in pairs:
            values = self.setdefault(key, Holders())
            values.flip(slot, (value,))
            if not values:
                del self[key]


class Meanings(Holders[tuple[str, str]]):
    """An index by meaning: (reference, whole ID of the image that it names) -> engines.

    Attributes:
        split: References that name different images.
    """

    def __init__(self) -> None:
        super().__init__()
        self.split: set[str] = set()
        self._counts: dict[str, int] = {}

    def flip(self, slot: int, values: Iterable[tuple[str, str]]) -> None:
        for pair in values:
            before = bool(self.of(pair))
            super().flip(slot, (pair,))
            if bool(self.of(pair)) != before:
                self._count(pair[0], -1 if before else 1)

    def _count(self, ref: str, change: int) -> None:
        count = self._counts.pop(ref, 0) + change
        if count:
            self._counts[ref] = count
        if count > 1:
            self.split.add(ref)
        else:
            self.split.discard(ref)


class NodeIndex(Protocol):
    """Engines as constraints name them."""

    def named(self, pattern: Pattern) -> Bits: ...

    def labelled(self, key: str, pattern: Pattern) -> Bits: ...


class EngineIndex:
    """The engines in slots, with an index of all that placement asks of them.

    Each engine has a slot for as long as it is listed.

    Attributes:
        labels: Label -> its values -> engines.
        names: Name and ID -> engines.
        health, cordoned, failures: As in ``Engine``.
        active: Number of containers that hold their resources -> engines.
        loads: What there is and what is held of it -> engines.
        used: What there is and what is really used of it -> engines.
        platforms: (operating system, architecture), as engines say them -> engines.
        ports: (port, proto) -> engines where somebody holds it on some address.
        images: Reference or whole ID -> engines.
        meanings: What references name -> engines.
        networks: Name, ID or the ID that clients know -> engines.
        volumes: Name -> engines.
    """

    def __init__(self, engines: Iterable[Engine] = ()) -> None:
        self.labels = _Labels()
        self.names: Holders[str] = Holders()
        self.health: Holders[Health] = Holders()
        self.cordoned: Holders[bool] = Holders()
        self.failures: Holders[int] = Holders()
        self.active: Holders[int] = Holders()
        self.loads: Holders[Load] = Holders()
        self.used: Holders[Used] = Holders()
        self.platforms: Holders[tuple[str, str]] = Holders()
        self.ports: Holders[tuple[int, str]] = Holders()
        self.images: Holders[str] = Holders()
        self.meanings = Meanings()
        self.networks: Holders[str] = Holders()
        self.volumes: Holders[str] = Holders()
        self.everyone: Bits = 0
        self._engines: list[Engine | None] = []
        self._facts: list[_Facts] = []
        self._read: list[tuple[Any, ...]] = []
        self._slots: dict[str, int] = {}  # by the engine's key
        self._free: list[int] = []
        self._changed: dict[str, Engine] = {}
        for engine in engines:
            self.add(engine)

    # News

    def add(self, engine: Engine) -> None:
        """A new one takes the lowest slot that is free."""
        slot = heappop(self._free) if self._free else self._grow()
        self._slots[engine.key] = slot
        self._engines[slot] = engine
        self.everyone |= 1 << slot
        self.touch(engine)

    def drop(self, engine: Engine) -> None:
        slot = self._slots.pop(engine.key)
        self._changed.pop(engine.key, None)
        self._replace(slot, _NOTHING)
        self._engines[slot], self._read[slot] = None, ()
        self.everyone ^= 1 << slot
        heappush(self._free, slot)

    def touch(self, engine: Engine) -> None:
        """Something about it has changed; nothing happens for one that is not (any more) here."""
        slot = self._slots.get(engine.key)
        if slot is not None and self._engines[slot] is engine:
            self._changed[engine.key] = engine
            if len(self._changed) > _MANY:
                self.refresh()

    def refresh(self) -> None:
        """Looks at what has changed; whoever asks does this first."""
        for key, engine in self._changed.items():
            slot = self._slots[key]
            self._replace(slot, self._facts_of(slot, engine))
        self._changed.clear()

    # Questions

    def engine(self, slot: int) -> Engine:
        engine = self._engines[slot]
        assert engine is not None
        return engine

    def engines(self, among: Bits) -> list[Engine]:
        return [engine for slot in slots(among) if (engine := self._engines[slot]) is not None]

    def where(self, test: Callable[[Engine], bool], among: Bits) -> Bits:
        """Those of ``among`` that pass ``test``: a walk, for what has no index."""
        passed = (slot for slot in slots(among) if test(self.engine(slot)))
        return bits_of(passed, len(self._engines))

    def keyed(self, keys: Iterable[str]) -> Bits:
        found = (self._slots[key] for key in keys if key in self._slots)
        return bits_of(found, len(self._engines))

    def named(self, pattern: Pattern) -> Bits:
        """By name or ID."""
        if pattern.exact is not None:
            return self.names.of(pattern.exact)
        return self.names.where(pattern.matches)

    def labelled(self, key: str, pattern: Pattern) -> Bits:
        """A missing label is the empty text."""
        if pattern.exact:
            return self.values(key).of(pattern.exact)
        found = self.values(key).where(pattern.matches)
        return found | self.unlabelled(key) if pattern.matches("") else found

    def bearing(self, key: str) -> Bits:
        """Those that have the label, whatever its value."""
        return self.values(key).where(lambda value: True)

    def unlabelled(self, key: str) -> Bits:
        return self.everyone & ~self.bearing(key)

    def values(self, key: str) -> Holders[str]:
        """The values of a label."""
        return self.labels.get(key) or Holders()

    # What an engine is

    def _grow(self) -> int:
        self._engines.append(None)
        self._facts.append(_NOTHING)
        self._read.append(())
        return len(self._engines) - 1

    def _facts_of(self, slot: int, engine: Engine) -> _Facts:
        """Lists and labels are replaced, never edited, so the same ones hold the same things."""
        known, old = self._facts[slot], self._read[slot]
        read = (engine.labels, engine.image_refs, engine.networks, engine.volumes)
        self._read[slot] = read
        same = [a is b for a, b in zip(read, old, strict=True)] if old else [False] * len(read)
        return _Facts(
            labels=known.labels if same[0] else frozenset(engine.labels.items()),
            names=frozenset((engine.name, engine.spec.id)),
            health=frozenset((engine.health,)),
            cordoned=frozenset((engine.cordoned,)),
            failures=frozenset((engine.failures,)),
            active=frozenset((engine.tally.active,)),
            loads=frozenset((load_of(engine),)),
            used=frozenset((used_of(engine),)),
            platforms=frozenset(((engine.spec.os_type, engine.spec.architecture),)),
            ports=frozenset(engine.tally.ports),
            images=known.images if same[1] else frozenset((*engine.image_refs, *engine.images)),
            meanings=known.meanings if same[1] else frozenset(engine.image_refs.items()),
            networks=known.networks if same[2] else frozenset(_network_names(engine)),
            volumes=known.volumes if same[3] else frozenset(engine.volumes),
        )

    def _replace(self, slot: int, new: _Facts) -> None:
        old, self._facts[slot] = self._facts[slot], new
        for what, before, after in zip(_Facts._fields, old, new, strict=True):
            if before is not after and before != after:
                getattr(self, what).flip(slot, before ^ after)


def _network_names(engine: Engine) -> Iterator[str]:
    for network in engine.networks.values():
        yield from (network.id, network.name)
        if kept := IDS.get(network.name) or network.labels.get(KEPT_ID):
            yield kept
