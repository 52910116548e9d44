"""A node that is away, as one process of swarmd leaves it to the next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from swarmd.manager.nodes.operator_state import Loss


@dataclass(frozen=True, slots=True)
class Absence:
    """A node that is away, and what is to be made again of it.

    Attributes:
        left: Seconds until it is lost: 0 if it is; None while nobody counts.
    """

    key: str
    losses: tuple[Loss, ...]
    left: float | None

    def document(self) -> dict[str, Any]:
        return asdict(self)


def read_absence(document: Mapping[str, Any]) -> Absence:
    """Raises KeyError or TypeError for what is none."""
    losses = tuple(Loss(**each) for each in document["losses"])
    return Absence(document["key"], losses, document["left"])


def declared(losses: Sequence[Loss]) -> bool:
    """Whether an operator has said that their node is lost."""
    return any(loss.declared for loss in losses)
