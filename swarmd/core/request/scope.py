"""A part of the fleet, by label: whoever is in it sees and touches nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Scope(NamedTuple):
    """A label, ``team=ml``, and with it what bears that label."""

    key: str
    value: str

    def owns(self, labels: Mapping[str, str]) -> bool:
        return labels.get(self.key) == self.value

    def __str__(self) -> str:
        return f"{self.key}={self.value}"
