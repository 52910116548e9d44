"""What a policy has yet to say of a request, at the moment when it is carried out."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

from swarmd.core.container.container_state import Container, Demand
from swarmd.core.model import Engine


@dataclass(frozen=True, slots=True)
class RequestTerms:
    """A policy's conditions on a create or a start; None of what it has nothing to say.

    Attributes:
        admit: Raises ApiError if nothing of that size may be added now, in place of those.
        admit_start: Raises ApiError if that container may not be started now.
        vet: Raises ApiError if volumes of these names, on this engine, must not be mounted.
        devices_by_environment: Env and image may ask a runtime for devices.
        allows: Whether the sender has a right, by its noun and verb; it has all of them if None.
    """

    admit: Callable[[Demand, Sequence[Container]], None] | None = None
    admit_start: Callable[[Container], None] | None = None
    vet: Callable[[Engine, Sequence[str]], Coroutine[Any, Any, None]] | None = None
    devices_by_environment: bool = True
    allows: Callable[[str, str], bool] | None = None


NO_TERMS = RequestTerms()
