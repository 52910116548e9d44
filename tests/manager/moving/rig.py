"""A fleet of three with a drainer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from swarmd.cluster import actions as news
from swarmd.manager.containers.pull_plans import PullPlans
from swarmd.manager.fleet.placer import Placer
from swarmd.manager.moving.drain import Drain, Drainer
from swarmd.manager.moving.mover import Mover
from swarmd.manager.moving.relocate import Relocation
from swarmd.manager.moving.replacement_label import labels_of_replacement
from swarmd.manager.moving.set_aside import aside_name
from swarmd.manager.nodes.operator_state import OperatorState
from swarmd.manager.nodes.watcher import NodeWatcher
from swarmd.scheduler.registry import make_policy
from tests.cluster.fleet import key_of
from tests.manager.scripted import ScriptedFleet


class Rig:
    def __init__(self, folder: Path | None = None) -> None:
        self.fleet = ScriptedFleet()
        self.operator_state = OperatorState(str(folder) if folder else None)
        mover = Mover(
            self.fleet,
            self.fleet.creator(),
            PullPlans(self.fleet.clock.seconds),
            self.operator_state,
        )
        placer = Placer(self.fleet, make_policy(), lambda: 0)
        relocation = Relocation(self.fleet, mover)
        local = self.fleet.local_resources(placer)
        self.drainer = Drainer(self.fleet, relocation, local, self.operator_state)
        NodeWatcher(self.fleet.state, (self.drainer,))
        self.drainer.startService()

    @property
    def node(self) -> Any:
        return self.fleet.state.engines[key_of(1)]

    def run(self, name: str, number: int = 1, state: str = "running", **labels: str) -> str:
        body = {"Image": "busybox", "Labels": {k.replace("_", "."): v for k, v in labels.items()}}
        container_id = self.fleet.make(number, body, name)
        self.fleet.there[number][container_id]["State"] = {"Status": state}
        self.fleet.listing(number)
        return container_id

    def put_aside(self, name: str, state: str) -> str:
        container_id = self.run(name, state=state)
        aside = aside_name(self.fleet.state.containers[container_id])
        self.fleet.there[1][container_id]["Name"] = f"/{aside}"
        self.fleet.listing(1)
        return container_id

    def replacement(self, old: str, name: str, state: str) -> None:
        body = {"Image": "busybox", "Labels": labels_of_replacement(self.operator_state.key(), old)}
        made = self.fleet.make(2, body, name)
        self.fleet.there[2][made]["State"] = {"Status": state}
        self.fleet.listing(2)

    def everyone_comes(self) -> None:
        self.come(*self.fleet.there)

    def come(self, *numbers: int) -> None:
        for number in numbers:
            self.fleet.dispatch(news.EngineAnswered(key_of(number), 0.0))


def status(drain: Drain) -> dict[str, str]:
    return {line["Name"]: line["Status"] for line in drain.lines if "Name" in line}
