"""What a ``HostConfig`` takes of its host's CPUs, memory and devices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from swarmd.core.container.container_state import Demand, HostPort
from swarmd.core.names import SWARM_LABELS

Json = Mapping[str, Any]

ONE_CPU = 1_000_000_000
_DEFAULT_PERIOD = 100_000

# Classic Swarm took `--cpu-shares 2` for two CPUs, while an engine takes it for a weight next to
# the 1024 of everyone else. Nobody asks an engine for so small a weight, and no classic cluster
# had hosts with so many CPUs to give: below this, shares are CPUs and are reserved; from here on
# they are weights, and a weight keeps nothing free. The engine gets the weight that so many of its
# CPUs have, and the label keeps what was asked for.
_LEAST_WEIGHT = 64
_CLASSIC_SHARES = frozenset(map(str, range(1, _LEAST_WEIGHT)))
RESERVE_LABEL = SWARM_LABELS + "reserve"
RESERVES = ("hard", "soft")
SHARES_LABEL = SWARM_LABELS + "cpu-shares"
_ALL_SHARES = 1024
_LEAST_SHARES = 2  # that the kernel takes


# Runtimes of these makers give a container the devices that its environment names, an image's
# own included, beside all that was asked of the engine.
_MAKERS = ("nvidia", "amd", "habana", "ascend")
_VISIBLE = tuple(f"{maker.upper()}_VISIBLE_DEVICES" for maker in _MAKERS)
_NONE = ("", "void", "none")
# An old image that has this means all of them.
_OF_OLD_IMAGES = "CUDA_VERSION"


class DeviceWish(NamedTuple):
    """A ``--gpus``: so many devices of a kind (-1 is all of them), or these very ones."""

    kind: str
    amount: int
    ids: tuple[str, ...]


def cpus(host: Json, labels: Json | None = None) -> int:
    """Nano-CPUs: ``--cpus``, else the CPU quota, else CPU shares that mean whole CPUs."""
    if nano := int(host.get("NanoCpus") or 0):
        return nano
    if (quota := int(host.get("CpuQuota") or 0)) > 0:
        return quota * ONE_CPU // int(host.get("CpuPeriod") or _DEFAULT_PERIOD)
    return shared_cpus(host, labels) * ONE_CPU


def shared_cpus(host: Json, labels: Json | None) -> int:
    """How many CPUs the shares mean, 0 if they are a weight."""
    shares = int(host.get("CpuShares") or 0)
    kept = str((labels or {}).get(SHARES_LABEL) or "")
    if shares and kept in _CLASSIC_SHARES:
        return int(kept)
    return shares if 0 < shares < _LEAST_WEIGHT else 0


def shares_label(host: Json, labels: Json | None) -> dict[str, str]:
    """The label that keeps what was asked for, where shares mean CPUs; else {}."""
    wanted = shared_cpus(host, labels)
    return {SHARES_LABEL: str(wanted)} if wanted else {}


def as_made(config: Json, host: Json) -> Json:
    """``host`` of a container that is there: without shares that an engine was given as a weight.

    Those that mean CPUs leave their label. By itself, or by ``docker update``, an engine takes any
    number for a weight, however small.
    """
    if SHARES_LABEL in (config.get("Labels") or {}):
        return host
    return {key: value for key, value in host.items() if key != "CpuShares"}


def weight(wanted: int, available: int) -> int:
    """The CPU shares that ``wanted`` of ``available`` CPUs are for an engine."""
    return max(_LEAST_SHARES, -(-wanted * _ALL_SHARES // max(1, available)))


def memory(host: Json) -> int:
    """Bytes: the limit, else the reservation."""
    return max(0, int(host.get("Memory") or host.get("MemoryReservation") or 0))


def least_memory(host: Json) -> int:
    """Bytes: the reservation, where there is a limit beyond that; else 0."""
    kept = max(0, int(host.get("MemoryReservation") or 0))
    return kept if kept < memory(host) else 0


def reserve(labels: Json | None) -> str:
    """What a container says of its limits: "hard", they are reserved, or "soft"; else ""."""
    said = str((labels or {}).get(RESERVE_LABEL) or "")
    return said if said in RESERVES else ""


def demanded(
    config: Json, host: Json, ports: Iterable[HostPort], ids: Iterable[tuple[str, str]]
) -> Demand:
    """Of a container with the labels of ``config``; each port and device once."""
    labels = config.get("Labels")
    return Demand(
        cpus(host, labels),
        memory(host),
        tuple(dict.fromkeys(ports)),
        tuple(ids),
        least_memory(host),
        reserve(labels),
    )


def resized(demand: Demand, config: Json, host: Json, update: Json) -> Demand:
    """``demand`` of the container with ``config`` and ``host`` after ``docker update``.

    What the update does not give stays as it is. TypeError or ValueError where no engine takes it.
    """
    given = {key: value for key, value in update.items() if value and key != "CpuShares"}
    new = {**as_made(config, host), **given}
    found = demanded(config, new, (), ())
    return found._replace(ports=demand.ports, devices=demand.devices)


def cpuset_size(cpus_text: str) -> int:
    """How many CPUs a host must have for ``0-2,5``: 6; 0 where nothing is asked. ValueError."""
    numbers = [int(number) for number in cpus_text.replace("-", ",").split(",") if number.strip()]
    return max(numbers) + 1 if numbers else 0


def device_wishes(host: Json) -> tuple[DeviceWish, ...]:
    return tuple(
        DeviceWish(
            _kind(request),
            int(request.get("Count") or 0),
            tuple(str(device) for device in request.get("DeviceIDs") or ()),
        )
        for request in host.get("DeviceRequests") or ()
    )


def devices(host: Json) -> tuple[tuple[str, str], ...]:
    """The devices that are asked for by ID."""
    return tuple((wish.kind, device) for wish in device_wishes(host) for device in wish.ids)


def _kind(request: Json) -> str:
    """The first capability, "gpu" for ``--gpus``; else the driver's name."""
    capabilities: Iterable[Iterable[str]] = request.get("Capabilities") or ()
    words = [word for group in capabilities for word in group]
    if not all(isinstance(word, str) for word in words):
        raise TypeError("a capability is a word")
    if "gpu" in words:
        return "gpu"
    return words[0] if words else str(request.get("Driver") or "device")


def asked_by_environment(entries: Any) -> str:
    """The first entry that asks a maker's runtime for devices; "" if none does."""
    given = entries if isinstance(entries, (list, tuple)) else ()
    for entry in given:
        name, _, value = str(entry).partition("=")
        if name in _VISIBLE and value not in _NONE:
            return name
    return ""


def taken_by_environment(entries: Iterable[str]) -> bool:
    """The same of all that a container has, its image's included."""
    names = {str(entry).partition("=")[0] for entry in entries}
    old = _OF_OLD_IMAGES in names and names.isdisjoint(_VISIBLE)
    return old or bool(asked_by_environment(list(entries)))


def hands_out_devices(runtime: str, info: Json) -> bool:
    """Whether a runtime of an engine, "" for its own choice, goes by the environment."""
    name = runtime or str(info.get("DefaultRuntime") or "")
    known = info.get("Runtimes")
    entry = known.get(name) if isinstance(known, dict) else None
    path = str(entry.get("path") or "") if isinstance(entry, dict) else ""
    return any(maker in text.lower() for maker in _MAKERS for text in (name, path))


def without_visible_devices(entries: Iterable[str]) -> list[str]:
    """``entries``, and that no devices are asked for, over what the image says."""
    left = [one for one in entries if one.partition("=")[0] not in _VISIBLE]
    return [*left, *(f"{name}=void" for name in _VISIBLE)]
