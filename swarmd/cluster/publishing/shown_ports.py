"""Ports as clients are shown them: by the address of swarmd where they answer there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from swarmd.cluster.publishing.port_table import PortTable
from swarmd.core.container.container_state import Container, Published

Numbers = Mapping[tuple[int, str, int], int]


class ShownPorts:
    """Entries and ports of containers with what the port table says of them."""

    def __init__(self, table: PortTable) -> None:
        self.table = table
        self._entries: dict[str, tuple[bytes, Numbers, bytes]] = {}

    def entry(self, container: Container) -> bytes:
        """Its entry of the container list; kept for as long as it is the same."""
        if not self.table.holds(container.id):
            return container.entry
        numbers = self.table.numbers(container.id)
        kept = self._entries.get(container.id)
        if kept is None or kept[0] is not container.entry or kept[1] != numbers:
            made = with_ports(container.entry, numbers, self.table.addresses)
            kept = self._entries[container.id] = container.entry, numbers, made
        return kept[2]

    @property
    def summary(self) -> str:
        """How many there are, and where."""
        return f"{len(self.table.frontends)} at {', '.join(self.table.addresses)}"

    def drop(self, container_id: str) -> None:
        """It is gone."""
        self._entries.pop(container_id, None)
        self.table.drop(container_id)

    def published(self, container: Container) -> tuple[Published, ...]:
        """Its ports by the numbers that clients know."""
        if not self.table.holds(container.id):
            return container.published
        numbers = self.table.numbers(container.id)
        return tuple(
            one._replace(public=numbers.get((one.private, one.proto, one.public or 0), one.public))
            for one in container.published
        )

    def bindings(
        self, container_id: str, port: str, binding: Mapping[str, str]
    ) -> list[dict[str, str]]:
        """What stands for one binding of ``port`` (``80/tcp``) in an inspect; none for itself."""
        private, _, proto = port.partition("/")
        public = str(binding.get("HostPort"))
        if not (private.isdecimal() and public.isdecimal()):
            return []
        place = int(private), proto, int(public)
        number = self.table.numbers(container_id).get(place)
        if number is None:
            return []
        return [{"HostIp": at, "HostPort": str(number)} for at in self.table.addresses]


def with_ports(entry: bytes, numbers: Numbers, addresses: tuple[str, ...]) -> bytes:
    """``entry`` with each port that has a number here at ``addresses`` in place of its node's."""
    item = orjson.loads(entry + b"}")
    shown: list[dict[str, Any]] = []
    for port in item["Ports"]:
        place = (port.get("PrivatePort"), port.get("Type"), port.get("PublicPort"))
        number = numbers.get(place, 0)
        mine = [{**port, "IP": at, "PublicPort": number} for at in addresses]
        shown += [each for each in (mine if number else [port]) if each not in shown]
    return orjson.dumps({**item, "Ports": shown})[:-1]
