"""What a container asks of its place, as far as swarmd understands it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

from swarmd.core.container.container_state import Demand
from swarmd.core.container.resources import DeviceWish
from swarmd.core.expressions import Expression
from swarmd.core.ports.port_range import PortRange as PortRange


class Pin(NamedTuple):
    """A pin to engines.

    Only some engines will do, and the caller knows which.

    Attributes:
        condition: The wish as the user wrote it, say ``--volumes-from=data``.
        engines: Keys of the engines that will do; none if what is needed exists nowhere.
        reason: What the other engines lack, say ``container data is not there``.
    """

    condition: str
    engines: frozenset[str]
    reason: str


class Platform(NamedTuple):
    """A platform as images name it, say ("linux", "arm64"); "" is any."""

    os: str = ""
    architecture: str = ""


class Counting(IntEnum):
    """What counts as taken on an engine.

    Whose ports and resources a new container cannot have. It needs them when it starts.
    """

    HOLDING = 0  # of all that run, or are about to
    RUNNING = 1  # of those that run
    NOBODY = 2  # nobody's: its start will show


NO_DEMAND = Demand()
ANY_PLATFORM = Platform()


@dataclass(frozen=True, slots=True)
class Placement:
    """The request to the scheduler.

    One create request, resolved by the caller where it names other things.

    Attributes:
        image: Its reference or ID, for the image-locality tie-break.
        demand: CPUs, memory, fixed host ports, and devices asked for by ID.
        port_ranges: Host ports of which the engine picks one.
        host_mode: ``--network host``: the ports are those that the container exposes.
        cpuset: Number of CPUs that the engine must have for ``--cpuset-cpus``.
        dependencies: One for each ``--volumes-from``, ``--link``, ``--network container:`` ….
        networks: Names or full IDs of the networks to join.
        volumes: Names of the volumes to mount.
        platform: Of the image or the request, where known.
        platform_holders: Keys of engines of another platform that have the image for this one.
        spread: Node label over whose values containers are evened out first; "" is the default.
        taken_by: Who takes what a new container cannot have.
        pins: What else ties it to engines: a node in a network's name, a pulled image ….
    """

    name: str = ""
    image: str = ""
    demand: Demand = NO_DEMAND
    port_ranges: tuple[PortRange, ...] = ()
    host_mode: bool = False
    cpuset: int = 0
    device_wishes: tuple[DeviceWish, ...] = ()
    constraints: tuple[Expression, ...] = ()
    affinities: tuple[Expression, ...] = ()
    whitelists: tuple[Expression, ...] = ()
    dependencies: tuple[Pin, ...] = ()
    networks: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    platform: Platform = ANY_PLATFORM
    platform_holders: frozenset[str] = frozenset()
    spread: str = ""
    taken_by: Counting = Counting.HOLDING
    pins: tuple[Pin, ...] = ()
