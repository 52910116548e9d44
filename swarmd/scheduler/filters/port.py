"""Host ports of running and pending containers; a stopped one frees its ports.

Unlike classic Swarm: 53/udp and 53/tcp are two ports, and of a range any free port will do.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from swarmd.core.model import Engine, HostPort
from swarmd.scheduler.claim import claim_ports, port_is_free
from swarmd.scheduler.policy import Policy
from swarmd.scheduler.request import Placement, PortRange
from swarmd.scheduler.rule import Rule


def port(wanted: Placement, engines: Sequence[Engine], policy: Policy) -> Iterator[Rule]:
    for each in wanted.demand.ports:
        yield _fixed(each, wanted.host_mode)
    if wanted.port_ranges:
        yield _ranges(wanted)


def _fixed(wish: HostPort, host_mode: bool) -> Rule:
    number, proto, ip = wish
    key = (number, proto)

    def keep(engines: Sequence[Engine]) -> list[Engine]:
        return [e for e in engines if key not in e.tally.ports or port_is_free(e, wish)]

    shown = f"port {number}/{proto} (Host mode)" if host_mode else f"port {number} (Bridge mode)"
    place = f"{ip}:{number}/{proto}" if ip else f"{number}/{proto}"
    return Rule("port", shown, keep, lambda engine: f"port {place} is in use")


def _ranges(wanted: Placement) -> Rule:
    def keep(engines: Sequence[Engine]) -> list[Engine]:
        return [engine for engine in engines if claim_ports(wanted, engine) is not None]

    shown = ", ".join(map(_text, wanted.port_ranges))
    return Rule(
        "port", f"port {shown} (Bridge mode)", keep, lambda _: f"no port of {shown} is free"
    )


def _text(wish: PortRange) -> str:
    return f"{wish.first}-{wish.last}/{wish.proto}"
