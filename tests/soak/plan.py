"""What happens, round by round; the same for the same seed."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

# What is done to one engine, or to the wire between it and swarmd.
HARMS = (
    *("kill", "stop", "freeze", "cut", "flap", "full disk"),
    *("slow", "hang", "reset", "refuse", "truncate", "answer 500", "answer garbage"),
)
# What is done to swarmd itself, or to its hosts file.
OWN = ("kill swarmd", "stop swarmd", "leave", "garbled hosts", "no hosts", "nothing")

VERBS = (
    *(["run"] * 4 + ["create"] * 3 + ["remove"] * 3 + ["exec"] * 2 + ["list"] * 3),
    *("stop", "start", "rename", "inspect", "logs", "wait", "attach", "events", "client leaves"),
    *("volume", "build", "docker-py", "upload cut short", "info"),
)


@dataclass(frozen=True)
class Round:
    """One fault while clients work, and the peace after it.

    Attributes:
        node: Which engine it hits, from 0.
        seconds: How long it lasts.
        works: For each client the verbs that it tries, in order.
    """

    number: int
    fault: str
    node: int
    seconds: float
    works: tuple[tuple[str, ...], ...]


def rounds(seed: int, engines: int, clients: int, first: int = 1) -> Iterator[Round]:
    """Endlessly; every fault comes once before one comes again. ``first`` skips those before it."""
    chance = random.Random(seed)
    number = 0
    while True:
        for fault in _shuffled(chance, (*HARMS, *OWN)):
            number += 1
            one = Round(
                number,
                fault,
                chance.randrange(engines),
                round(chance.uniform(1.0, 6.0), 1),
                tuple(tuple(chance.choices(VERBS, k=12)) for _ in range(clients)),
            )
            if number >= first:
                yield one


def _shuffled(chance: random.Random, items: Sequence[str]) -> list[str]:
    return chance.sample(items, len(items))
