"""A fleet of three with a rescheduler."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from swarmd.cluster import actions as news
from swarmd.core.container.create_request import KINDS
from swarmd.manager.containers.pull_plans import PullPlans
from swarmd.manager.moving.mover import Mover
from swarmd.manager.nodes.operator_state import OperatorState
from swarmd.manager.nodes.watcher import NodeWatcher
from swarmd.manager.rescheduling.absent_nodes import Rules
from swarmd.manager.rescheduling.reschedule import Rescheduler
from tests.cluster.fleet import key_of, seen
from tests.manager.scripted import ScriptedFleet

ON = {KINDS["reschedule"]: '["on-node-failure"]'}
GRACE = 10.0


class Rig:
    """Three engines; "web" runs on the first and wants to be rescheduled."""

    def __init__(self, rules: Rules | None = None, folder: Path | None = None) -> None:
        self.fleet = ScriptedFleet()
        self.operator_state = OperatorState(str(folder) if folder else None)
        mover = Mover(
            self.fleet,
            self.fleet.creator(),
            PullPlans(self.fleet.clock.seconds),
            self.operator_state,
        )
        rules = rules or Rules(grace=GRACE)
        self.rescheduler = Rescheduler(
            self.fleet, mover, self.operator_state, self.fleet.clock, lambda: 0.5, rules
        )
        NodeWatcher(self.fleet.state, (self.rescheduler,))
        for number in self.fleet.there:
            self.fleet.dispatch(news.EngineAnswered(key_of(number), 0.0))
        self.rescheduler.startService()
        self.events: list[dict[str, Any]] = []
        self.fleet.hub.subscribe(lambda event: self.events.append(event.record))
        self.old = self.run("web", ON)

    def run(self, name: str, labels: dict[str, str], number: int = 1, **more: Any) -> str:
        body = {"Image": "busybox", "Labels": labels, "HostConfig": more}
        container_id = self.fleet.make(number, body, name)
        self.fleet.there[number][container_id]["State"] = {"Status": "running"}
        self.fleet.listing(number)
        return container_id

    def happened(self, container_id: str, *verbs: str, number: int = 1) -> None:
        """The engine's events of it."""
        for verb in verbs:
            record = {"Type": "container", "Action": verb, "Actor": {"ID": container_id}}
            at = self.fleet.clock.seconds()
            self.fleet.dispatch(seen(key_of(number), record, at, at))

    def lose(self, number: int = 1, wait: float = GRACE) -> None:
        self.fleet.lose(number)
        self.fleet.clock.advance(wait)

    def everywhere(self) -> list[str]:
        return [name for number in self.fleet.there for name in self.fleet.names(number)]
