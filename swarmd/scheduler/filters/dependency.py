"""Containers that must be on the same engine, and whatever else ties one to engines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from swarmd.core.model import Engine
from swarmd.scheduler.policy import Policy
from swarmd.scheduler.request import Pin, Placement
from swarmd.scheduler.rule import Rule


def dependency(wanted: Placement, engines: Sequence[Engine], policy: Policy) -> Iterator[Rule]:
    """``--volumes-from``, ``--link``, ``--network container:X``, ``--pid`` and ``--ipc`` alike."""
    return (pinned("dependency", pin) for pin in wanted.dependencies)


def pins(wanted: Placement, engines: Sequence[Engine], policy: Policy) -> Iterator[Rule]:
    return (pinned("pin", pin) for pin in wanted.pins)


def pinned(name: str, pin: Pin) -> Rule:
    """The rule of filter ``name`` that only the pin's engines pass."""

    def keep(engines: Sequence[Engine]) -> list[Engine]:
        return [engine for engine in engines if engine.key in pin.engines]

    return Rule(name, pin.condition, keep, lambda engine: pin.reason)
