"""Who an engine says it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from swarmd.core.decode import timestamp
from swarmd.core.errors import BadParameter
from swarmd.core.kept_json import kept_json
from swarmd.core.model import Spec
from swarmd.core.request.version import NEWEST, OLDEST, Version, parse, show
from swarmd.engine.client import EngineClient

Json = Mapping[str, Any]

# Docker before 1.13 does not tell its lowest API version.
_DEFAULT_MINIMUM = "1.12"
# What sums and scores are sure to stay numbers with.
_MOST_CPUS = 1 << 20
_MOST_MEMORY = 1 << 53
_LONGEST_NAME = 255
# Two clocks that differ by less are one clock, as far as a single question can tell.
_UNSURE = 0.1
# Another at each reading, and known better from elsewhere.
_FLEETING = frozenset(
    {
        *("SystemTime", "NFd", "NGoroutines", "NEventsListener", "Images"),
        *("Containers", "ContainersRunning", "ContainersPaused", "ContainersStopped"),
    }
)


class NotManageableError(Exception):
    """An engine that answered, and that no repetition of the question will make usable."""


@dataclass(frozen=True, slots=True)
class EngineIdentity:
    """The identity of an engine, as it says in ``/info`` and ``/version``.

    ``clock`` is the engine's own time when it was asked, in seconds since the epoch.
    """

    spec: Spec
    clock: float


async def identify(
    client: EngineClient, now: Callable[[], float], old_offset: float = 0.0
) -> EngineIdentity:
    """Asks for ``/info`` and ``/version``; ``old_offset`` is kept where it may still be right."""
    asked = now()
    info = await client.info()
    answered = now()
    about = await client.about()
    middle = (asked + answered) / 2
    try:
        clock = timestamp(info.get("SystemTime")) or middle
        unsure = (answered - asked) / 2 + _UNSURE
        offset = steady_offset(middle - clock, old_offset, unsure)
        return EngineIdentity(_spec(info, about, offset), clock)
    except (TypeError, ValueError, OverflowError, AttributeError, BadParameter) as error:
        raise NotManageableError(f"its /info or /version is not understood: {error}") from error


def steady_offset(measured: float, old: float, unsure: float) -> float:
    """The offset to work with: lists are sorted by it, so it must not move with every reading."""
    if abs(measured - old) <= unsure:
        return old
    return 0.0 if abs(measured) <= unsure else measured


def _spec(info: Json, about: Json, offset: float) -> Spec:
    lowest, highest = _versions(about)
    cpus, memory = int(info.get("NCPU") or 0), int(info.get("MemTotal") or 0)
    if not (0 < cpus <= _MOST_CPUS and 0 < memory <= _MOST_MEMORY):
        raise NotManageableError("no machine has its CPUs or its memory: is it a Docker Engine?")
    swarm = info.get("Swarm") or {}
    return Spec(
        id=_name(info.get("ID")),
        name=_name(info.get("Name")),
        cpus=cpus,
        memory=memory,
        version=str(about.get("Version") or info.get("ServerVersion") or ""),
        api_min=lowest,
        api_max=highest,
        os_type=str(info.get("OSType") or about.get("Os") or "linux"),
        architecture=str(info.get("Architecture") or about.get("Arch") or ""),
        kernel=str(info.get("KernelVersion") or ""),
        operating_system=str(info.get("OperatingSystem") or ""),
        storage_driver=str(info.get("Driver") or ""),
        labels=_labels(info.get("Labels") or ()),
        clock_offset=offset,
        swarm_manager=bool(swarm.get("ControlAvailable")),
        info=kept_json({key: info[key] for key in info if key not in _FLEETING}),
    )


def _name(given: Any) -> str:
    """Shown in every list and log, so of one line and of a length that a name may have."""
    text = "".join(char for char in str(given or "") if char.isprintable())
    return text[:_LONGEST_NAME]


def _versions(about: Json) -> tuple[Version, Version]:
    lowest = parse(about.get("MinAPIVersion") or _DEFAULT_MINIMUM)
    highest = parse(about.get("ApiVersion") or "")
    if highest < OLDEST:
        raise NotManageableError(
            f"it is too old: it speaks API {show(highest)}, and {show(OLDEST)} is needed"
        )
    if lowest > NEWEST:
        raise NotManageableError(
            f"it is too new: it speaks API {show(lowest)} and above, and swarmd {show(NEWEST)}"
        )
    return lowest, highest


def _labels(lines: Any) -> dict[str, str]:
    """``["key=value", "flag"]``; the first of equal keys counts."""
    labels: dict[str, str] = {}
    for line in lines:
        key, _, value = str(line).partition("=")
        labels.setdefault(key, value)
    return labels
