"""How much the containers of a role, or of one identity, may take together.

Containers carry who made them as labels, so a restart forgets nothing; those that are stopped count
as well, since they can be started at any time. What a new one takes the place of does not: clients
make the new one first. Then there is one too many, and starts are judged until it is gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from swarmd.authz.policy import NO_QUOTA, Role
from swarmd.core.container.container_state import Container, Demand
from swarmd.core.container.personal_labels import OWNER, ROLE
from swarmd.core.container.resources import asked_by_environment

_GPU = "gpu"
_ONE_CPU = 1_000_000_000
NOTHING = ("", "")  # is exceeded
# Before API 1.19 limits stood beside HostConfig, where engines look only if it has none.
_OLD_PLACES = ("Memory", "MemorySwap", "CpuShares", "Cpuset")
# What an update may not change under a quota: it would be judged by what is not known yet.
FIXED = (
    "Memory",
    "MemoryReservation",
    "MemorySwap",
    "NanoCpus",
    "CpuQuota",
    "CpuPeriod",
    "CpuShares",
)


def has_quota(role: Role) -> bool:
    return (role.quota, role.quota_each) != (NO_QUOTA, NO_QUOTA)


def unbounded(body: Mapping[str, Any], role: Role) -> str:
    """What a create must say because a quota counts it; "" if it says all."""
    if any(body.get(key) for key in _OLD_PLACES):
        return "limits in HostConfig only"
    given = body.get("HostConfig")
    host = given if isinstance(given, dict) else {}
    quotas = (role.quota, role.quota_each)
    if any(quota.memory is not None for quota in quotas):
        if not _positive(host.get("Memory")):
            return "a memory limit (--memory)"
        if not _is_usual_swap(host.get("MemorySwap"), host["Memory"]):
            return "no more swap than memory (--memory-swap)"
    limited = _positive(host.get("NanoCpus")) or _positive(host.get("CpuQuota"))
    if any(quota.cpus is not None for quota in quotas) and not limited:
        return "a CPU limit (--cpus)"
    if counts_gpus(role) and not all(map(_counts, host.get("DeviceRequests") or ())):
        return "a number of GPUs, and gpu among the capabilities"
    if counts_gpus(role) and asked_by_environment(body.get("Env")):
        return "GPUs by number (--gpus), not by the environment"
    return ""


def counts_gpus(role: Role) -> bool:
    return any(quota.gpus is not None for quota in (role.quota, role.quota_each))


def _is_usual_swap(total: Any, memory: int) -> bool:
    """Memory and swap together; an engine that is told nothing gives as much swap as memory."""
    return not total or (type(total) is int and memory <= total <= 2 * memory)


def _positive(value: Any) -> bool:
    return type(value) is int and value > 0


def _counts(request: Any) -> bool:
    """Whether the scheduler counts it as so many GPUs; of none some engines make all."""
    if not isinstance(request, dict):
        return False
    groups = request.get("Capabilities")
    words = [one for group in groups if isinstance(group, list) for one in group] if groups else []
    count = request.get("Count") or 0
    wanted = count or len(request.get("DeviceIDs") or ())
    return _GPU in words and type(count) is int and count >= 0 and wanted > 0


def made_by(role: Role, containers: Iterable[Container]) -> list[Container]:
    return [one for one in containers if one.labels.get(ROLE) == role.name]


def excess(
    containers: Iterable[Container],
    role: Role,
    owner: str,
    wanted: Demand,
    replaced: Iterable[Container] = (),
) -> tuple[str, str]:
    """The key of the quota that ``wanted`` would exceed, and by what; ("", "") if none.

    Args:
        replaced: What it takes the place of. One of that does not count: there may be one container
            beyond the quota while it is being replaced, but never two, and not running.
    """
    of_role = made_by(role, containers)
    old = next(iter(made_by(role, replaced)), None)
    left = [one for one in of_role if old is None or one.id != old.id]
    return _exceeded(left, role, owner, [wanted])


def excess_of_start(
    containers: Iterable[Container], role: Role, started: Container
) -> tuple[str, str]:
    """The same where all of them have been created, if what runs would be too much.

    As long as all of them together are within the quota, so is what runs.
    """
    of_role, owner = made_by(role, containers), started.labels.get(OWNER, "")
    if _exceeded(of_role, role, owner, ()) == NOTHING:
        return NOTHING
    others = [one for one in of_role if one.up and one.id != started.id]
    return _exceeded(others, role, owner, [started.demand])


def _exceeded(
    of_role: list[Container], role: Role, owner: str, more: Iterable[Demand]
) -> tuple[str, str]:
    own = [one for one in of_role if one.labels.get(OWNER) == owner]
    for key, quota, held in (("quota", role.quota, of_role), ("quota_each", role.quota_each, own)):
        demands = [*(one.demand for one in held), *more]
        for name, most, sum_, unit in (
            ("containers", quota.containers, len(demands), 1),
            ("cpus", quota.cpus, sum(one.cpus for one in demands), _ONE_CPU),
            ("memory", quota.memory, sum(one.memory for one in demands), 1),
            ("gpus", quota.gpus, sum(map(_gpus, demands)), 1),
        ):
            if most is not None and sum_ > most:
                return f"role.{role.name}.{key}.{name}", f"{sum_ / unit:g} of {most / unit:g}"
    return NOTHING


def _gpus(demand: Demand) -> int:
    return sum(kind == _GPU for kind, _ in demand.devices)
