"""A container that is about to be created, as one process describes it to another that places."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from swarmd.core.container.container_state import Container, Demand, HostPort

_TEXTS = ("id", "engine", "image", "network_mode")
_AMOUNTS = ("cpus", "memory", "least_memory")


def described(container: Container) -> dict[str, Any]:
    """What counts of it, as JSON values."""
    demand = container.demand
    return {
        **{name: getattr(container, name) for name in _TEXTS},
        **{name: getattr(demand, name) for name in _AMOUNTS},
        "created": container.created,
        "tty": container.tty,
        "names": list(container.names),
        "labels": dict(container.labels),
        "networks": [list(each) for each in container.networks],
        "tied": list(container.tied),
        "reserve": demand.reserve,
        "ports": [list(each) for each in demand.ports],
        "devices": [list(each) for each in demand.devices],
    }


def reserved(document: Mapping[str, Any]) -> Container:
    """The container, pending; ValueError if the document is none that ``described`` makes."""
    try:
        return _reserved(document)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"no description of a container: {error}") from None


def _reserved(document: Mapping[str, Any]) -> Container:
    demand = Demand(
        **{name: _amount(document[name]) for name in _AMOUNTS},
        reserve=_text(document["reserve"]),
        ports=tuple(_port(*each) for each in document["ports"]),
        devices=tuple((_text(kind), _text(one)) for kind, one in document["devices"]),
    )
    labels = {_text(key): _text(value) for key, value in document["labels"].items()}
    return Container(
        id=_text(document["id"]),
        engine=_text(document["engine"]),
        image=_text(document["image"]),
        network_mode=_text(document["network_mode"]),
        created=float(document["created"]),
        tty=bool(document["tty"]),
        names=tuple(map(_text, document["names"])),
        labels=labels,
        demand=demand,
        networks=tuple((_text(name), _text(one)) for name, one in document["networks"]),
        tied=tuple(map(_text, document["tied"])),
        sized=True,
        pending=True,
    )


def _port(number: Any, proto: Any, ip: Any) -> HostPort:
    return HostPort(_amount(number), _text(proto), _text(ip))


def _amount(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise ValueError(f"no amount: {value!r}")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"no text: {value!r}")
    return value
