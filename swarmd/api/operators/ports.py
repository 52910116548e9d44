"""``GET /swarmd/ports``: which published port answers where, and what leads to it."""

from __future__ import annotations

from typing import Any

from swarmd.cluster.publishing.frontend import Backend, Frontend
from swarmd.cluster.publishing.port_table import PortTable, Unmet
from swarmd.front.request import DockerRequest
from swarmd.manager.fleet.fleet import Fleet


class Ports:
    """The route ``GET /swarmd/ports``."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet

    def ports(self, request: DockerRequest) -> None:
        """Without ``--publish`` there are none."""
        shown = self._fleet.state.catalogue.ports
        request.reply_json(200, self._all(shown.table) if shown is not None else _NONE)

    def _all(self, table: PortTable) -> dict[str, Any]:
        frontends = sorted(table.frontends.values(), key=lambda one: one.port)
        return {
            "Addresses": list(table.addresses),
            "Ports": [self._frontend(one) for one in frontends],
            "Unmet": [self._unmet(one) for one in table.unmet.values()],
        }

    def _frontend(self, one: Frontend) -> dict[str, Any]:
        return {
            "Port": one.port.number,
            "Protocol": one.port.proto,
            "Containers": [self._backend(each) for each in one.backends.values()],
            "Connections": one.counts["connections"],
            "Refused": one.counts["refused"],
            "ReceivedBytes": one.counts["received"],
            "SentBytes": one.counts["sent"],
        }

    def _backend(self, one: Backend) -> dict[str, Any]:
        return {
            "ID": one.key.container,
            "Name": self._name(one.key.container),
            "Node": self._node(one.key.container),
            "ContainerPort": one.key.private,
            "NodeAddress": one.host,
            "NodePort": one.port,
            "Ready": bool(one.port) and one.ready and not one.leaving,
            "Connections": one.connections,
        }

    def _unmet(self, one: Unmet) -> dict[str, Any]:
        port, holder, reason = one.taken.port, one.taken.holder, one.taken.reason
        by = f"container {self._name(holder)} has it" if holder else reason
        return {
            "ID": one.container.id,
            "Name": one.container.name,
            "Node": one.engine.name,
            "Port": port.number,
            "Protocol": port.proto,
            "Reason": by,
        }

    def _name(self, container_id: str) -> str:
        container = self._fleet.state.containers.get(container_id)
        return container.name if container is not None else container_id

    def _node(self, container_id: str) -> str:
        container = self._fleet.state.containers.get(container_id)
        return self._fleet.engine(container).name if container is not None else ""


_NONE: dict[str, Any] = {"Addresses": [], "Ports": [], "Unmet": []}
