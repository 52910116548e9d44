"""Engines and containers as the port table gets them, and doors that only count."""

from __future__ import annotations

from typing import Any

from swarmd.cluster.engine_record import EngineRecord
from swarmd.cluster.publishing.frontend import Frontend, Port
from swarmd.cluster.publishing.port_table import PortTable
from swarmd.core.container.container_state import Container, Published
from swarmd.core.model import Health
from swarmd.core.ports.port_wish import PortWish

FIRST, LAST = 20_000, 20_009


class Doors:
    """Listens nowhere.

    Attributes:
        listening: Ports that are open now.
        strangers: Those that other programs have.
    """

    def __init__(self, *strangers: Port) -> None:
        self.listening: set[Port] = set()
        self.strangers = set(strangers)

    def open(self, frontend: Frontend) -> str:
        assert frontend.port not in self.listening
        if frontend.port in self.strangers:
            return "somebody has it"
        self.listening.add(frontend.port)
        return ""

    def close(self, frontend: Frontend) -> None:
        self.listening.remove(frontend.port)


def table(doors: Doors | None = None, *addresses: str) -> PortTable:
    return PortTable(addresses or ("192.0.2.1",), FIRST, LAST, doors or Doors())


def engine(number: int = 1, *, healthy: bool = True, address: str = "") -> EngineRecord:
    key = address or f"10.0.0.{number}:2375"
    ip = "" if address else f"10.0.0.{number}"
    health = Health.HEALTHY if healthy else Health.UNHEALTHY
    return EngineRecord(key, key, ip=ip, name=f"node-{number}", health=health)


def container(name: str, *ports: tuple[int, int], **changes: Any) -> Container:
    """One that runs; of ``ports``, each is (its own, its node's), as it was asked for."""
    given = {
        "id": name,
        "engine": "10.0.0.1:2375",
        "names": (name,),
        "state": "running",
        "published": tuple(Published(private, public, "tcp") for private, public in ports),
        "wishes": tuple(PortWish(private, "tcp", public, public) for private, public in ports),
        "sized": True,
    }
    return Container(**{**given, **changes})


def chosen(name: str, *ports: tuple[int, int], **changes: Any) -> Container:
    """One whose ports its engine chose."""
    return container(name, *ports, **{"wishes": (), **changes})
