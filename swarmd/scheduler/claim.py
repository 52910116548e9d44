"""The very ports and devices that a container gets on an engine.

A reservation holds concrete ports and device IDs, so that two creates under way never share one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import lru_cache

from swarmd.core.container.container_state import Demand, HostPort
from swarmd.core.container.resources import DeviceWish
from swarmd.core.index.tally import Held
from swarmd.core.model import Engine
from swarmd.scheduler import node_labels
from swarmd.scheduler.placement import Counting, Placement, PortRange

EVERY_ADDRESS = ("", "0.0.0.0", "::")

Device = tuple[str, str]
Port = tuple[int, str]  # number and protocol
NOTHING = Held()


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
    return (engine.tally, engine.tally.up, NOTHING)[by]


def port_is_free(there: Held, port: HostPort) -> bool:
    """An address and "every address" exclude each other; protocols are apart."""
    return not _excludes(there.ports.get((port.port, port.proto), ()), port.ip)


def _excludes(held: Collection[str], ip: str) -> bool:
    """Whether a port that is held on these addresses cannot be had on ``ip``."""
    return bool(held) and (ip in EVERY_ADDRESS or ip in held or _on_every(held))


def _on_every(held: Collection[str]) -> bool:
    return any(every in held for every in EVERY_ADDRESS)


def claim_ports(wanted: Placement, engine: Engine) -> tuple[HostPort, ...] | None:
    """Fixed ports, then one for each range in the order of the ranges; None if there is none.

    Ranges that end first choose first and take their lowest free port: that serves all of them
    whenever they can be served.
    """
    return claim_ports_beside(wanted, taken(engine, wanted.taken_by))


def claim_ports_beside(wanted: Placement, there: Held) -> tuple[HostPort, ...] | None:
    """The same on any engine where that is held."""
    found: dict[int, HostPort] = {}
    free = _Free(there.ports, numbers_of(wanted.demand.ports))
    order = sorted(enumerate(wanted.port_ranges), key=lambda item: item[1].last)
    for index, wish in order:
        port = free.lowest(wish)
        if port is None:
            return None
        found[index] = port
    return (*wanted.demand.ports, *(found[index] for index in sorted(found)))


@lru_cache(maxsize=8)
def numbers_of(ports: tuple[HostPort, ...]) -> frozenset[Port]:
    """Without the addresses: kept, since one create is ranked several times, on many engines."""
    return frozenset((port.port, port.proto) for port in ports)


class _Free:
    """The ports that an engine's containers leave, less those that are given out meanwhile.

    A port that was seen taken, on every address or on one, stays so. What leads from it to the next
    one is kept, so that ranges which overlap do not look at the same ports again and again.

    Args:
        held: Ports of the engine, with the addresses that they are held on.
        fixed: Those that are given out before.
    """

    def __init__(self, held: Mapping[Port, Collection[str]], fixed: Collection[Port]) -> None:
        self._held = held
        self._fixed = fixed
        self._next: dict[tuple[int, str, str | None], int] = {}  # None: whatever the address

    def lowest(self, wish: PortRange) -> HostPort | None:
        ip = "" if wish.ip in EVERY_ADDRESS else wish.ip
        number = self._untaken(wish.first, wish.proto, ip)
        while number <= wish.last and _excludes(self._held.get((number, wish.proto), ()), ip):
            everywhere = _on_every(self._held[number, wish.proto])
            self._next[number, wish.proto, None if everywhere else ip] = number + 1
            number = self._untaken(number, wish.proto, ip)
        if number > wish.last:
            return None
        self._next[number, wish.proto, None] = number + 1
        return HostPort(number, wish.proto, wish.ip)

    def _untaken(self, number: int, proto: str, ip: str) -> int:
        """The lowest from ``number`` on that is not known to be taken for ``ip``."""
        passed, end = [], number
        while (step := self._step(self._given(end, proto), proto, ip)) != end:
            passed.append(end)
            end = step
        self._next.update({(one, proto, ip): end for one in passed})
        return end

    def _given(self, number: int, proto: str) -> int:
        """The lowest from ``number`` on that is not taken for all addresses."""
        passed, end = [], number
        while (step := self._step(end, proto, None)) != end or (end, proto) in self._fixed:
            passed.append(end)
            end = max(step, end + 1)
        self._next.update({(one, proto, None): end for one in passed})
        return end

    def _step(self, number: int, proto: str, ip: str | None) -> int:
        return self._next.get((number, proto, ip), number)


def claim_devices(wanted: Placement, engine: Engine) -> tuple[Device, ...] | None:
    """Those named by ID, then the first free ones for each count; None if there are too few."""
    named = [(wish.kind, device) for wish in wanted.device_wishes for device in wish.ids]
    claimed = dict.fromkeys([*wanted.demand.devices, *named])
    by = wanted.taken_by
    free = {kind: frozenset(_free(engine, kind, by)) for kind, _ in claimed}
    if any(device not in free[device[0]] for device in claimed):
        return None
    for wish in wanted.device_wishes:
        more = _counted(wish, engine, claimed, by)
        if more is None:
            return None
        claimed.update(dict.fromkeys(more))
    return tuple(claimed)


def _counted(
    wish: DeviceWish, engine: Engine, claimed: Collection[Device], by: Counting
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
