"""A network or volume that lives on some engines only draws containers there.

What no engine has, or what reaches beyond one engine (overlay, a shared volume driver), draws
nothing: the engine makes it, finds it, or refuses in its own words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from swarmd.core.model import Engine, Network, Volume
from swarmd.scheduler.filters.dependency import pinned
from swarmd.scheduler.policy import Policy
from swarmd.scheduler.request import Pin, Placement
from swarmd.scheduler.rule import Rule

_EVERYWHERE = frozenset({"", "default", "bridge", "host", "none", "nat"})  # on every engine


def network(wanted: Placement, engines: Sequence[Engine], policy: Policy) -> Iterator[Rule]:
    for name in dict.fromkeys(wanted.networks):
        if name not in _EVERYWHERE:
            yield from _drawn("network", name, engines, _network)


def volume(wanted: Placement, engines: Sequence[Engine], policy: Policy) -> Iterator[Rule]:
    for name in dict.fromkeys(wanted.volumes):
        yield from _drawn("volume", name, engines, _volume)


def _drawn(
    kind: str,
    name: str,
    engines: Sequence[Engine],
    find: Callable[[Engine, str], Network | Volume | None],
) -> Iterator[Rule]:
    found = [(engine, thing) for engine in engines if (thing := find(engine, name)) is not None]
    if found and all(thing.scope == "local" for _, thing in found):
        holders = ", ".join(engine.name for engine, _ in found[:3])
        more = f" and {len(found) - 3} more" if len(found) > 3 else ""
        keys = frozenset(engine.key for engine, _ in found)
        reason = f"{kind} {name} is not there, but on {holders}{more}"
        yield pinned(kind, Pin(f"{kind}=={name}", keys, reason))


def _network(engine: Engine, name: str) -> Network | None:
    """Names are few on an engine, and not unique there: the ID goes first."""
    by_id = engine.networks.get(name)
    return by_id or next((each for each in engine.networks.values() if each.name == name), None)


def _volume(engine: Engine, name: str) -> Volume | None:
    return engine.volumes.get(name)
