"""A small fleet in memory: engines that are validated, and list items as engines send them."""

from __future__ import annotations

from typing import Any

from swarmd.cluster.actions import (
    ContainerInspected,
    ContainersListed,
    EngineAnswered,
    EngineListed,
    EngineValidated,
    EventSeen,
)
from swarmd.cluster.state import State
from swarmd.core.event import read_event
from swarmd.core.model import Engine, Spec

NOW = 1_700_000_000.0
GIB = 1 << 30


def full_id(number: int) -> str:
    """Differs from others in its first digits."""
    return f"{number:06x}".ljust(64, "0")


def spec(number: int = 1, **changes: Any) -> Spec:
    """Of engine ``node-NUMBER`` with ID ``ENGINE-NUMBER``, 4 CPUs and 8 GiB."""
    return Spec(
        **{
            "id": f"ENGINE-{number}",
            "name": f"node-{number}",
            "cpus": 4,
            "memory": 8 * GIB,
            "version": "28.5.2",
            "os_type": "linux",
            "architecture": "x86_64",
            "kernel": "6.1",
            "operating_system": "Debian 12",
            "storage_driver": "overlay2",
            **changes,
        }
    )


def key_of(number: int) -> str:
    return f"10.0.0.{number}:2375"


def join(state: State, number: int = 1, *, healthy: bool = True, **changes: Any) -> Engine:
    """Engine ``number`` is listed, validated and, if ``healthy``, synced."""
    key = key_of(number)
    state.dispatch(EngineListed(key, key))
    state.dispatch(EngineValidated(key, spec(number, **changes), NOW))
    if healthy:
        state.dispatch(EngineAnswered(key, NOW))
    return state.engines[key]


def fleet(size: int = 3) -> State:
    state = State()
    for number in range(1, size + 1):
        join(state, number)
    return state


def item(number: int, name: str = "", **changes: Any) -> dict[str, Any]:
    """An item of an engine's container list: running for five minutes."""
    return {
        "Id": full_id(number),
        "Names": [f"/{name or f'c{number}'}"],
        "Image": "busybox",
        "ImageID": "sha256:" + "b" * 64,
        "Command": "sh",
        "Created": int(NOW) - 1000 + number,
        "Ports": [],
        "Labels": {},
        "State": "running",
        "Status": "Up 5 minutes",
        "HostConfig": {"NetworkMode": "bridge"},
        "NetworkSettings": {"Networks": {"bridge": {"NetworkID": "b1"}}},
        "Mounts": [],
        **changes,
    }


def inspect(number: int, name: str = "", **changes: Any) -> dict[str, Any]:
    """An engine's inspect of the same container; ``changes`` by dotted path (``State__Status``)."""
    body: dict[str, Any] = {
        "Id": full_id(number),
        "Created": "2023-11-14T21:56:40.25Z",
        "Name": f"/{name or f'c{number}'}",
        "Image": "sha256:" + "b" * 64,
        "State": {
            "Status": "running",
            "Running": True,
            "ExitCode": 0,
            "StartedAt": "2023-11-14T22:08:20Z",
            "FinishedAt": "0001-01-01T00:00:00Z",
        },
        "Config": {"Image": "busybox", "Labels": {}, "Tty": False},
        "HostConfig": {"NetworkMode": "bridge"},
        "NetworkSettings": {"Ports": {}, "Networks": {"bridge": {"NetworkID": "b1"}}},
        "Mounts": [],
    }
    for path, value in changes.items():
        *parents, last = path.split("__")
        part = body
        for parent in parents:
            part = part[parent]
        part[last] = value
    return body


def listed(state: State, number: int, *items: dict[str, Any], at: float = 0.0, **more: Any) -> None:
    """Engine ``number`` answered a list that was asked for at ``at``."""
    state.dispatch(ContainersListed(key_of(number), items, at, NOW, **more))


def inspected(state: State, number: int, body: dict[str, Any], at: float = 0.0) -> None:
    state.dispatch(ContainerInspected(key_of(number), body, at))


def happened(
    state: State,
    number: int,
    action: str,
    about: int = 1,
    *,
    at: float = 0.0,
    when: float = NOW,
    kind: str = "container",
    **attributes: str,
) -> None:
    """Engine ``number`` emitted an event about a container."""
    record = {
        "Type": kind,
        "Action": action,
        "Actor": {"ID": full_id(about), "Attributes": attributes},
        "timeNano": int(when * 1e9),
    }
    state.dispatch(seen(key_of(number), record, at))


def seen(key: str, record: dict[str, Any], at: float, now: float = NOW) -> EventSeen:
    """News of engine ``key``."""
    event = read_event(record)
    assert event is not None
    return EventSeen(key, event, at, now)
