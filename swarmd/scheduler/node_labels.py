"""The engine labels that placement itself obeys.

They come from the engine's ``--label`` or the hosts file. A value that is no number counts as
absent, as classic Swarm had it for ``containerslots``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache

from swarmd.core.model import Engine

SLOTS = "containerslots"  # most containers, of every state
WEIGHT = "weight"  # how much a node takes beside one of weight 1
RESOURCE = "resource."  # resource.gpu=0,1 or resource.gpu=GPU-a1,GPU-b2 or resource.slot=0-7

MOST_DEVICES = 1024  # of one kind on one node


def weight(engine: Engine) -> float:
    """Above 0; 1 if not given."""
    return parse_weight(engine.labels.get(WEIGHT, ""))


def parse_weight(text: str) -> float:
    value = _number(text)
    return value if value is not None and value > 0 else 1.0


def parse_overcommit(text: str, default: float) -> float:
    """Above -1."""
    value = _number(text)
    return value if value is not None and value > -1 else default


def slots(engine: Engine) -> int | None:
    """None: no limit."""
    try:
        return int(engine.labels.get(SLOTS, ""))
    except ValueError:
        return None


def devices(engine: Engine, kind: str) -> tuple[str, ...]:
    """The IDs of a node's devices of one kind, as declared."""
    return _devices(engine.labels.get(RESOURCE + kind, ""))


@lru_cache(maxsize=1024)
def _devices(declared: str) -> tuple[str, ...]:
    ids = (each for word in declared.split(",") for each in _expanded(word.strip()) if each)
    return tuple(dict.fromkeys(ids))[:MOST_DEVICES]


def _expanded(word: str) -> Iterator[str]:
    """``0-3`` is four devices; a name with a dash is one."""
    first, dash, last = word.partition("-")
    if dash and first.isdecimal() and last.isdecimal():
        stop = min(int(last) + 1, int(first) + MOST_DEVICES)
        yield from map(str, range(int(first), stop))
    else:
        yield word


@lru_cache(maxsize=1024)
def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
