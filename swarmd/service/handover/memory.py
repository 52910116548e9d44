"""What one process remembers for requests that come in several calls, and the next one has to know.

Execs, containers, images and networks are asked of the engines; this is what no engine tells: where
a client's pull is wanted, which engine builds for whom, where a build's session is, and what has
happened to nodes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from swarmd.manager.builds.build_placement import BuildPlacement
from swarmd.manager.builds.builders import Builders
from swarmd.manager.builds.own_images import OwnImages
from swarmd.manager.containers.pull_plans import PullPlans
from swarmd.manager.fleet.event_hub import EventHub

Send = Callable[[str, list[Any]], None]  # which table, and the row


class SharedMemory:
    """The tables that are known to both processes. A row is what a table's ``take_in`` takes."""

    def __init__(
        self,
        plans: PullPlans,
        own_images: OwnImages,
        builders: Builders,
        builds: BuildPlacement,
        hub: EventHub,
    ) -> None:
        self._tables: dict[str, Any] = {
            "plans": plans,
            "images": own_images,
            "builders": builders,
            "builds": builds.builds,
            "sessions": builds.sessions,
        }
        self._hub = hub

    def document(self) -> dict[str, Any]:
        rows = {name: table.all() for name, table in self._tables.items()}
        return {**rows, "events": [[record] for record in self._hub.own()]}

    def take_in(self, document: Mapping[str, Any]) -> None:
        """What it does not know is of another time, and left out."""
        for name, rows in document.items():
            for row in rows:
                self.hear(name, row)

    def hear(self, name: str, row: list[Any]) -> None:
        if name in self._tables:
            self._tables[name].take_in(*row)
        elif name == "events":
            self._hub.take_in(row[0])

    def on_change(self, send: Send) -> None:
        """Whatever is remembered here from now on is sent."""
        for name, table in self._tables.items():
            table.on_row = lambda *row, name=name: send(name, list(row))
        self._hub.on_own = lambda record: send("events", [record])
