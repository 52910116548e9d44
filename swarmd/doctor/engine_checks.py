"""Checks of an engine's own description. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson

from swarmd.certificates.describe import cut
from swarmd.core.model import Spec
from swarmd.core.request.version import ADVERTISED_FLOOR, show
from swarmd.core.units import show_size
from swarmd.doctor.advice import advice
from swarmd.doctor.finding import Finding, error, ok, warning

_LONGEST_WARNING = 400  # characters
CLOCK_LIMIT = 2.0  # seconds
_SLOW_DRIVERS = {
    "vfs": "copies every layer of every container",
    "devicemapper": "is deprecated, and was removed in Docker 25",
    "aufs": "is deprecated, and was removed in Docker 24",
    "overlay": "is deprecated, and was removed in Docker 24",
}
_LOOP = "it is a swarmd, or a classic Swarm, and no engine: it would lead round in circles"


def of_engine(address: str, spec: Spec) -> list[Finding]:
    if spec.version.startswith("swarm/"):
        return [error(address, _LOOP, advice(_LOOP))]
    speaks = f"API {show(spec.api_min)} to {show(spec.api_max)}"
    size = f"{spec.cpus} CPUs, {show_size(spec.memory)}"
    found = [ok(address, f"{cut(spec.name)}: Docker {cut(spec.version)}, {speaks}, {size}")]
    return [*found, *_clock(address, spec.clock_offset), *_of_info(address, _decoded(spec.info))]


def _decoded(body: bytes) -> Mapping[str, Any]:
    try:
        info = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return info if isinstance(info, dict) else {}


def _clock(address: str, offset: float) -> Iterator[Finding]:
    """``offset`` is our clock minus the engine's."""
    if abs(offset) >= CLOCK_LIMIT:
        side = "behind" if offset > 0 else "ahead of"
        yield warning(
            address,
            f"its clock is {abs(offset):.0f} s {side} this machine's",
            "let both follow NTP (chrony, systemd-timesyncd); certificates and logs depend on it",
        )


def _of_info(address: str, info: Mapping[str, Any]) -> Iterator[Finding]:
    swarm = info.get("Swarm")
    if isinstance(swarm, dict) and swarm.get("LocalNodeState") not in (None, "", "inactive"):
        yield warning(
            address,
            f"it is in swarm mode ({cut(str(swarm['LocalNodeState']))})",
            "swarmd manages its containers, but not its services; `docker swarm leave` ends it",
        )
    driver = str(info.get("Driver") or "")
    if driver in _SLOW_DRIVERS:
        yield warning(address, f"storage driver {driver} {_SLOW_DRIVERS[driver]}", "use overlay2")
    yield from _of_disk(address, info.get("DriverStatus"))
    warnings = info.get("Warnings")
    for text in warnings if isinstance(warnings, list) else ():
        words = " ".join(str(text).removeprefix("WARNING: ").split())
        yield warning(address, f"says itself: {cut(words, _LONGEST_WARNING)}")


def _of_disk(address: str, rows: Any) -> Iterator[Finding]:
    pairs = rows if isinstance(rows, list) else ()
    status = {str(row[0]): str(row[1]) for row in pairs if isinstance(row, list) and len(row) == 2}
    if status.get("Supports d_type") == "false":
        yield warning(
            address,
            "its file system has no d_type, so that files in images go wrong",
            "use ext4, or xfs made with ftype=1",
        )
    if status.get("Data loop file"):
        yield warning(address, "its layers are in a loop file, which is slow", "use overlay2")


def of_fleet(specs: Sequence[tuple[str, Spec]]) -> Iterator[Finding]:
    """``specs`` are of all that answered, each with its address."""
    first: dict[str, str] = {}
    for address, spec in specs:
        if spec.id and first.setdefault(spec.id, address) != address:
            yield error(
                address,
                f"it is the same engine as {first[spec.id]} (ID {cut(spec.id)})",
                "take one of the lines out; if these are two machines, one was copied from the "
                "other: delete engine-id in /var/lib/docker, or /etc/docker/key.json, of one and "
                "restart its dockerd",
            )
    versions = sorted({spec.api_max for _, spec in specs})
    if len(versions) > 1 and versions[0] < ADVERTISED_FLOOR:
        old = [address for address, spec in specs if spec.api_max == versions[0]]
        yield warning(
            "API versions",
            f"{show(versions[0])} to {show(versions[-1])}; the oldest on {', '.join(old[:8])}",
            "what is newer than that goes only to engines that know it; upgrade the old ones",
        )
