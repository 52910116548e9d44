"""The very ports and devices that a container gets on an engine.

A reservation holds concrete ports and device IDs, so that two creates under way never share one.
"""

from __future__ import annotations

from collections.abc import Sequence

from swarmd.core.model import Demand, Engine, HostPort
from swarmd.core.resources import DeviceWish
from swarmd.core.tally import Held
from swarmd.scheduler import node_labels
from swarmd.scheduler.request import Counting, Placement, PortRange

EVERY_ADDRESS = ("", "0.0.0.0", "::")

Device = tuple[str, str]
_NOTHING = Held()


def claim(wanted: Placement, engine: Engine) -> Demand:
    """The demand to reserve on ``engine``: a range becomes one port, a count becomes device IDs.

    Raises:
        ValueError: It does not fit; never so for an engine just ranked.
    """
    ports = claim_ports(wanted, engine)
    devices = claim_devices(wanted, engine)
    if ports is None or devices is None:
        raise ValueError(f"no free ports or devices on {engine.name}")
    return wanted.demand._replace(ports=ports, devices=devices)


def taken(engine: Engine, by: Counting) -> Held:
    """What a new container cannot have there."""
    return (engine.tally, engine.tally.up, _NOTHING)[by]


def port_is_free(there: Held, port: HostPort) -> bool:
    """An address and "every address" exclude each other; protocols are apart."""
    held = there.ports.get((port.port, port.proto))
    if held is None:
        return True
    if port.ip in EVERY_ADDRESS:
        return False
    return port.ip not in held and not any(every in held for every in EVERY_ADDRESS)


def claim_ports(wanted: Placement, engine: Engine) -> tuple[HostPort, ...] | None:
    """Fixed ports, then one for each range in the order of the ranges; None if there is none.

    Ranges that end first choose first and take their lowest free port: that serves all of them
    whenever they can be served.
    """
    fixed = list(wanted.demand.ports)
    found: dict[int, HostPort] = {}
    order = sorted(enumerate(wanted.port_ranges), key=lambda item: item[1].last)
    there = taken(engine, wanted.ports_by)
    for index, wish in order:
        port = _lowest_free(wish, there, [*fixed, *found.values()])
        if port is None:
            return None
        found[index] = port
    return (*fixed, *(found[index] for index in sorted(found)))


def _lowest_free(wish: PortRange, there: Held, own: Sequence[HostPort]) -> HostPort | None:
    used = {(port.port, port.proto) for port in own}
    for number in range(wish.first, wish.last + 1):
        port = HostPort(number, wish.proto, wish.ip)
        if (number, wish.proto) not in used and port_is_free(there, port):
            return port
    return None


def claim_devices(wanted: Placement, engine: Engine) -> tuple[Device, ...] | None:
    """Those named by ID, then the first free ones for each count; None if there are too few."""
    named = [(wish.kind, device) for wish in wanted.device_wishes for device in wish.ids]
    claimed = tuple(dict.fromkeys([*wanted.demand.devices, *named]))
    by = wanted.resources_by
    if any(device not in _free(engine, device[0], by) for device in claimed):
        return None
    for wish in wanted.device_wishes:
        more = _counted(wish, engine, claimed, by)
        if more is None:
            return None
        claimed += more
    return claimed


def _counted(
    wish: DeviceWish, engine: Engine, claimed: Sequence[Device], by: Counting
) -> tuple[Device, ...] | None:
    """-1 means all that the node has, and at least one."""
    kind, count, ids = wish
    if ids:
        return ()
    wanted = count if count >= 0 else max(1, len(node_labels.devices(engine, kind)))
    free = [device for device in _free(engine, kind, by) if device not in claimed]
    return tuple(free[:wanted]) if len(free) >= wanted else None


def _free(engine: Engine, kind: str, by: Counting) -> list[Device]:
    """Those that the fewest have come first."""
    held, tally = taken(engine, by).devices, engine.tally
    devices = ((kind, each) for each in node_labels.devices(engine, kind))
    free = (device for device in devices if device not in held)
    return sorted(free, key=lambda device: (tally.up.devices[device], tally.devices[device]))
