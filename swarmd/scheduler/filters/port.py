"""Host ports of running and pending containers; a stopped one frees its ports.

An engine looks at them when a container starts, so where nothing else is left, less counts.
Unlike classic Swarm: 53/udp and 53/tcp are two ports, and of a range any free port will do.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from swarmd.core.container.container_state import HostPort
from swarmd.core.index.bits import Bits
from swarmd.core.index.engine_index import EngineIndex
from swarmd.core.model import Engine
from swarmd.scheduler.claim import (
    EVERY_ADDRESS,
    NOTHING,
    Port,
    claim_ports,
    claim_ports_beside,
    numbers_of,
    port_is_free,
    taken,
)
from swarmd.scheduler.placement import Counting, Placement, PortRange
from swarmd.scheduler.policy import PlacementPolicy
from swarmd.scheduler.rule import Rule

_PORTS = 1 << 16
_NAMED = 64  # ports that have a rule, and a condition in the error, of their own


def port(wanted: Placement, fleet: EngineIndex, policy: PlacementPolicy) -> Iterator[Rule]:
    if wanted.taken_by is Counting.NOBODY:
        return
    ports = wanted.demand.ports
    for each in ports[:_NAMED]:
        yield _fixed(each, wanted, fleet)
    if len(ports) > _NAMED:
        yield _others(ports[_NAMED:], wanted, fleet)
    if wanted.port_ranges:
        yield _ranges(wanted, fleet)


def _fixed(wish: HostPort, wanted: Placement, fleet: EngineIndex) -> Rule:
    def keep(among: Bits) -> Bits:
        return _free(wish, wanted, fleet, among)

    number, proto, _ = wish
    mode = f"{number}/{proto} (Host mode)" if wanted.host_mode else f"{number} (Bridge mode)"
    return Rule("port", f"port {mode}", keep, lambda engine: _in_use(wish))


def _others(wishes: tuple[HostPort, ...], wanted: Placement, fleet: EngineIndex) -> Rule:
    """One rule for the rest of many."""

    used = fleet.ports.held(numbers_of(wishes))
    doubtful = [wish for wish in wishes if wish[:2] in used] if used else []

    def keep(among: Bits) -> Bits:
        for wish in doubtful:
            among = _free(wish, wanted, fleet, among)
        return among

    def why(engine: Engine) -> str:
        there = taken(engine, wanted.taken_by)
        return next(_in_use(wish) for wish in wishes if not port_is_free(there, wish))

    return Rule("port", f"{len(wishes)} more ports", keep, why)


def _free(wish: HostPort, wanted: Placement, fleet: EngineIndex, among: Bits) -> Bits:
    used = fleet.ports.of((wish.port, wish.proto))
    if not among & used:
        return among
    by = wanted.taken_by
    doubtful = wish.ip not in EVERY_ADDRESS or by is not Counting.HOLDING

    def free(engine: Engine) -> bool:
        return port_is_free(taken(engine, by), wish)

    return among & ~used | (fleet.where(free, among & used) if doubtful else 0)


def _in_use(wish: HostPort) -> str:
    number, proto, ip = wish
    return f"port {f'{ip}:' if ip else ''}{number}/{proto} is in use"


def _ranges(wanted: Placement, fleet: EngineIndex) -> Rule:
    doubtful = _doubtful(wanted.port_ranges, fleet)
    others_can = claim_ports_beside(wanted, NOTHING) is not None

    def keep(among: Bits) -> Bits:
        can = fleet.where(lambda e: claim_ports(wanted, e) is not None, among & doubtful)
        return can | (among & ~doubtful if others_can else 0)

    shown = ", ".join(map(_text, wanted.port_ranges))
    return Rule(
        "port", f"port {shown} (Bridge mode)", keep, lambda _: f"no port of {shown} is free"
    )


def _doubtful(ranges: Sequence[PortRange], fleet: EngineIndex) -> Bits:
    """The engines where some port of the ranges is taken; all others are alike."""
    of_proto: dict[str, bytearray] = {}
    for wish in ranges:
        flags = of_proto.setdefault(wish.proto, bytearray(_PORTS))
        flags[wish.first : wish.last + 1] = b"\1" * (wish.last + 1 - wish.first)

    def is_wanted(port: Port) -> bool:
        number, proto = port
        return proto in of_proto and 0 <= number < _PORTS and of_proto[proto][number] > 0

    return fleet.ports.where(is_wanted)


def _text(wish: PortRange) -> str:
    return f"{wish.first}-{wish.last}/{wish.proto}"
