"""Containers that must be on the same engine, and whatever else ties one to engines."""

from __future__ import annotations

from collections.abc import Iterator

from swarmd.core.engine_index import EngineIndex
from swarmd.scheduler.policy import Policy
from swarmd.scheduler.request import Pin, Placement
from swarmd.scheduler.rule import Rule


def dependency(wanted: Placement, fleet: EngineIndex, policy: Policy) -> Iterator[Rule]:
    """``--volumes-from``, ``--link``, ``--network container:X``, ``--pid`` and ``--ipc`` alike."""
    return (pinned("dependency", pin, fleet) for pin in wanted.dependencies)


def pins(wanted: Placement, fleet: EngineIndex, policy: Policy) -> Iterator[Rule]:
    return (pinned("pin", pin, fleet) for pin in wanted.pins)


def pinned(name: str, pin: Pin, fleet: EngineIndex) -> Rule:
    """The rule of filter ``name`` that only the pin's engines pass."""
    keep = fleet.keyed(pin.engines).__and__
    return Rule(name, pin.condition, keep, lambda engine: pin.reason)
