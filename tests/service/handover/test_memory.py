from __future__ import annotations

from typing import Any
from unittest.mock import Mock

import orjson
from twisted.internet.task import Clock

from swarmd.cluster.state import State
from swarmd.manager.builds.build_placement import BuildPlacement
from swarmd.manager.builds.builders import Builders
from swarmd.manager.builds.own_images import OwnImages
from swarmd.manager.containers.pull_plans import PullPlans
from swarmd.manager.fleet.event_hub import EventHub
from swarmd.service.handover.memory import SharedMemory

RECORD = {"Type": "node", "Action": "up", "timeNano": 5, "Actor": {"ID": "n"}}


class Tables:
    def __init__(self) -> None:
        clock: Any = Clock()
        self.plans = PullPlans(lambda: 1.0)
        self.images = OwnImages()
        self.builders = Builders(Mock(), clock)
        self.builds = BuildPlacement(Mock(), Mock(), self.builders, clock)
        self.hub = EventHub(State())
        self.memory = SharedMemory(self.plans, self.images, self.builders, self.builds, self.hub)

    def fill(self) -> None:
        self.plans.note("c", "app", "a:1")
        self.images.note("c", ["app:1"])
        self.builders.opened("c", Mock(key="a:1"))
        self.builds.sessions.put("s", "a:1")
        self.builds.builds.put("b", "a:1")
        self.hub.publish_own(dict(RECORD))

    def holds(self) -> None:
        assert self.plans.take_pull("c", "app") == "a:1"
        assert self.images.of("c") == ["app:1"]
        assert self.builders.all() == [("c", "a:1")]
        assert self.builds.sessions.find("s") == self.builds.builds.find("b") == "a:1"
        assert self.hub.own() == [RECORD]


def test_all_of_it_is_known_to_the_next_process() -> None:
    old, new = Tables(), Tables()
    old.fill()
    new.memory.take_in(orjson.loads(orjson.dumps(old.memory.document())))
    new.holds()


def test_what_is_remembered_later_is_told_and_not_told_back() -> None:
    old, new, back = Tables(), Tables(), list[str]()
    old.memory.on_change(lambda name, row: new.memory.hear(name, orjson.loads(orjson.dumps(row))))
    new.memory.on_change(lambda name, row: back.append(name))
    old.fill()
    new.holds()
    assert back == []


def test_a_table_of_another_time_is_passed_over() -> None:
    Tables().memory.take_in({"sprockets": [["x"]]})
