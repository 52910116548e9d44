"""A network or volume that lives on some engines only draws containers there.

An overlay network draws to the engines of its swarm. What no engine has, or what reaches to all
(a network or volume driver of global scope), draws nothing: the engine makes it, finds it, or
refuses in its own words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from swarmd.core.index.bits import Bits
from swarmd.core.index.engine_index import EngineIndex
from swarmd.core.model import Engine, Network, Volume
from swarmd.scheduler.filters.dependency import pinned
from swarmd.scheduler.placement import Pin, Placement
from swarmd.scheduler.policy import PlacementPolicy
from swarmd.scheduler.rule import Rule

_ADVICE = (
    "{0} {1} keeps what uses it on {2}: constraint:node=={2} on all that belongs together holds it "
    "there; so does the label com.docker.swarm.constraints on a network or volume that is made "
    "anew; {3} reaches further"
)
_FURTHER = {"network": "an overlay network", "volume": "a volume driver of global scope"}
_EVERYWHERE = frozenset({"", "default", "bridge", "host", "none", "nat"})  # on every engine


def network(wanted: Placement, fleet: EngineIndex, policy: PlacementPolicy) -> Iterator[Rule]:
    for name in dict.fromkeys(wanted.networks):
        if name not in _EVERYWHERE:
            yield from _drawn("network", name, fleet, fleet.networks.of(name), _network)


def volume(wanted: Placement, fleet: EngineIndex, policy: PlacementPolicy) -> Iterator[Rule]:
    for name in dict.fromkeys(wanted.volumes):
        yield from _drawn("volume", name, fleet, fleet.volumes.of(name), _volume)


def _drawn(
    kind: str,
    name: str,
    fleet: EngineIndex,
    having: Bits,
    find: Callable[[Engine, str], Network | Volume | None],
) -> Iterator[Rule]:
    holders = fleet.engines(having)
    scopes = {thing.scope for engine in holders if (thing := find(engine, name)) is not None}
    if scopes == {"local"}:
        yield _there(kind, name, holders, fleet)
    elif scopes == {"swarm"}:
        members = _members(fleet.engines(fleet.everyone), holders)
        reason = f"{kind} {name} is of a swarm that it is not in"
        yield pinned(kind, Pin(f"{kind}=={name}", members, reason), fleet)


def _there(kind: str, name: str, holders: Sequence[Engine], fleet: EngineIndex) -> Rule:
    some = ", ".join(engine.name for engine in holders[:3])
    more = f" and {len(holders) - 3} more" if len(holders) > 3 else ""
    keys = frozenset(engine.key for engine in holders)
    reason = f"{kind} {name} is not there, but on {some}{more}"
    rule = pinned(kind, Pin(f"{kind}=={name}", keys, reason), fleet)
    return replace(rule, advice=_ADVICE.format(kind, name, holders[0].name, _FURTHER[kind]))


def _members(engines: Iterable[Engine], holders: Sequence[Engine]) -> frozenset[str]:
    """Keys of the engines in the swarm of ``holders``.

    Its workers list an overlay network only while they use it; the swarm's own, ``ingress``, is
    on all of them.
    """
    shared = {one for holder in holders for one in _of_swarm(holder)}
    return frozenset(engine.key for engine in engines if not shared.isdisjoint(_of_swarm(engine)))


def _of_swarm(engine: Engine) -> Iterator[str]:
    return (one.id for one in engine.networks.values() if one.scope == "swarm")


def _network(engine: Engine, name: str) -> Network | None:
    """Names are few on an engine, and not unique there: the ID goes first."""
    by_id = engine.networks.get(name)
    return by_id or next((each for each in engine.networks.values() if each.name == name), None)


def _volume(engine: Engine, name: str) -> Volume | None:
    return engine.volumes.get(name)
