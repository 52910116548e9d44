"""Containers that must be on the same engine, and whatever else ties one to engines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from swarmd.core.index.engine_index import EngineIndex
from swarmd.scheduler.placement import Pin, Placement
from swarmd.scheduler.policy import PlacementPolicy
from swarmd.scheduler.rule import Rule

_ADVICE = (
    "all that a container is tied to must be on one node: affinity:container==NAME holds a later "
    "one with an earlier one, and so does a network that they share"
)


def dependency(wanted: Placement, fleet: EngineIndex, policy: PlacementPolicy) -> Iterator[Rule]:
    """``--volumes-from``, ``--link``, ``--network container:X``, ``--pid`` and ``--ipc`` alike."""
    apart = len({pin.engines for pin in wanted.dependencies}) > 1
    for pin in wanted.dependencies:
        rule = pinned("dependency", pin, fleet)
        yield replace(rule, advice=_ADVICE) if apart else rule


def pins(wanted: Placement, fleet: EngineIndex, policy: PlacementPolicy) -> Iterator[Rule]:
    return (pinned("pin", pin, fleet) for pin in wanted.pins)


def pinned(name: str, pin: Pin, fleet: EngineIndex) -> Rule:
    """The rule of filter ``name`` that only the pin's engines pass."""
    keep = fleet.keyed(pin.engines).__and__
    return Rule(name, pin.condition, keep, lambda engine: pin.reason)
