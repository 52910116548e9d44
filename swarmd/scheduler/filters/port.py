"""Host ports of running and pending containers; a stopped one frees its ports.

Unlike classic Swarm: 53/udp and 53/tcp are two ports, and of a range any free port will do.
"""

from __future__ import annotations

from collections.abc import Iterator

from swarmd.core.bits import Bits
from swarmd.core.engine_index import EngineIndex
from swarmd.core.model import HostPort
from swarmd.scheduler.claim import EVERY_ADDRESS, claim_ports, port_is_free
from swarmd.scheduler.policy import Policy
from swarmd.scheduler.request import Placement, PortRange
from swarmd.scheduler.rule import Rule


def port(wanted: Placement, fleet: EngineIndex, policy: Policy) -> Iterator[Rule]:
    for each in wanted.demand.ports:
        yield _fixed(each, wanted.host_mode, fleet)
    if wanted.port_ranges:
        yield _ranges(wanted, fleet)


def _fixed(wish: HostPort, host_mode: bool, fleet: EngineIndex) -> Rule:
    number, proto, ip = wish
    used = fleet.ports.of((number, proto))

    def keep(among: Bits) -> Bits:
        other_address = 0
        if ip not in EVERY_ADDRESS:
            other_address = fleet.where(lambda engine: port_is_free(engine, wish), among & used)
        return among & ~used | other_address

    shown = f"port {number}/{proto} (Host mode)" if host_mode else f"port {number} (Bridge mode)"
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
