"""Host ports of running and pending containers; a stopped one frees its ports.

An engine looks at them when a container starts, so where nothing else is left, less counts.
Unlike classic Swarm: 53/udp and 53/tcp are two ports, and of a range any free port will do.
"""

from __future__ import annotations

from collections.abc import Iterator

from swarmd.core.bits import Bits
from swarmd.core.engine_index import EngineIndex
from swarmd.core.model import Engine, HostPort
from swarmd.scheduler.claim import EVERY_ADDRESS, claim_ports, port_is_free, taken
from swarmd.scheduler.policy import Policy
from swarmd.scheduler.request import Counting, Placement, PortRange
from swarmd.scheduler.rule import Rule


def port(wanted: Placement, fleet: EngineIndex, policy: Policy) -> Iterator[Rule]:
    if wanted.ports_by is Counting.NOBODY:
        return
    for each in wanted.demand.ports:
        yield _fixed(each, wanted, fleet)
    if wanted.port_ranges:
        yield _ranges(wanted, fleet)


def _fixed(wish: HostPort, wanted: Placement, fleet: EngineIndex) -> Rule:
    number, proto, ip = wish
    used = fleet.ports.of((number, proto))
    by = wanted.ports_by
    doubtful = ip not in EVERY_ADDRESS or by is not Counting.HOLDING

    def free(engine: Engine) -> bool:
        return port_is_free(taken(engine, by), wish)

    def keep(among: Bits) -> Bits:
        return among & ~used | (fleet.where(free, among & used) if doubtful else 0)

    mode = f"{number}/{proto} (Host mode)" if wanted.host_mode else f"{number} (Bridge mode)"
    shown = f"port {mode}"
    place = f"{ip}:{number}/{proto}" if ip else f"{number}/{proto}"
    return Rule("port", shown, keep, lambda engine: f"port {place} is in use")


def _ranges(wanted: Placement, fleet: EngineIndex) -> Rule:
    doubtful = _doubtful(wanted, fleet)

    def keep(among: Bits) -> Bits:
        can = fleet.where(lambda e: claim_ports(wanted, e) is not None, among & doubtful)
        return among & ~doubtful | can

    shown = ", ".join(map(_text, wanted.port_ranges))
    return Rule(
        "port", f"port {shown} (Bridge mode)", keep, lambda _: f"no port of {shown} is free"
    )


def _doubtful(wanted: Placement, fleet: EngineIndex) -> Bits:
    """Where a range may be taken; where it stands alone, only where some of its ports are."""
    if len(wanted.port_ranges) > 1 or wanted.demand.ports:
        return fleet.everyone
    (wish,) = wanted.port_ranges
    taken: Bits = 0
    for number in range(wish.first, wish.last + 1):
        taken |= fleet.ports.of((number, wish.proto))
    return taken


def _text(wish: PortRange) -> str:
    return f"{wish.first}-{wish.last}/{wish.proto}"
