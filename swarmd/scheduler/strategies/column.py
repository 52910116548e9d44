"""One number for each engine; the smaller, the better."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from swarmd.core.model import Engine
from swarmd.scheduler.policy import Policy
from swarmd.scheduler.request import Placement


class Column(NamedTuple):
    """``values`` are parallel to the engines given."""

    name: str
    values: Sequence[float]


Strategy = Callable[[Placement, Sequence[Engine], Policy, int], list[Column]]
"""From the candidates, and a seed, to columns of which the first counts most."""
