"""``/swarmd/…`` from a client's bytes to what the scheduler then sees."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import orjson
import pytest

from swarmd.api.root import Root
from swarmd.cluster import actions as news
from swarmd.config.settings import Settings
from swarmd.front.site import DockerSite
from swarmd.manager.containers.pull_plans import PullPlans
from swarmd.manager.fleet.placer import Placer
from swarmd.scheduler.registry import make_policy
from swarmd.service.operations import Operations
from tests.api.rig import Client
from tests.cluster.fleet import key_of
from tests.front.memory import COMMON
from tests.manager.scripted import ScriptedFleet


class Rig:
    def __init__(self, folder: Path | None = None) -> None:
        self.fleet = ScriptedFleet()
        placer = Placer(self.fleet, make_policy(), lambda: 0)
        settings = Settings("nodes://a", state_dir=str(folder) if folder else None)
        operations = Operations(
            settings,
            self.fleet.clock,
            random.Random(0),
            self.fleet,
            self.fleet.creator(),
            placer,
            PullPlans(self.fleet.clock.seconds),
            self.fleet.local_resources(placer),
        )
        root = Root(self.fleet)
        operations.attach(root)
        operations.startService()
        self.site = DockerSite(root, self.fleet.clock, lambda: COMMON)
        for number in self.fleet.there:
            self.fleet.dispatch(news.EngineListed(key_of(number), key_of(number)))
            self.fleet.dispatch(news.EngineAnswered(key_of(number), 0.0))

    def client(self, method: str, path: str, body: Any = None) -> Client:
        client = Client(self.site)
        client.send(method, path, body)
        return client

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        return self.client(method, path, body).answer()


def test_all_nodes_and_one() -> None:
    rig = Rig()
    status, nodes = rig.ask("GET", "/swarmd/nodes")
    assert status == 200 and [node["Name"] for node in nodes] == ["node-1", "node-2", "node-3"]
    rig.fleet.make(2, {"Image": "busybox"}, "web")
    rig.fleet.listing(2)
    for ref in ("node-2", "10.0.0.2:2375", "ENGINE-2"):
        status, node = rig.ask("GET", f"/v1.41/swarmd/nodes/{ref}")
        assert status == 200 and node["Address"] == "10.0.0.2:2375"
        assert [one["Name"] for one in node["ContainerList"]] == ["web"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/swarmd/nodes/nowhere"),
        ("POST", "/swarmd/nodes/nowhere/cordon"),
        ("POST", "/swarmd/nodes/node-1/frob"),
        ("POST", "/swarmd/nodes/cordon"),
        ("DELETE", "/swarmd/nodes/node-1"),
        ("GET", "/swarmd"),
    ],
)
def test_what_is_not_there(method: str, path: str) -> None:
    assert Rig().ask(method, path)[0] == 404


def test_cordon_counts_at_once_and_after_a_restart(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    assert rig.ask("POST", "/swarmd/nodes/node-1/cordon")[1]["Availability"] == "cordoned"
    assert rig.fleet.state.engines[key_of(1)].cordoned
    again = Rig(tmp_path)
    assert again.fleet.state.engines[key_of(1)].cordoned
    assert again.ask("POST", "/swarmd/nodes/node-1/uncordon")[1]["Availability"] == "active"
    assert not Rig(tmp_path).fleet.state.engines[key_of(1)].cordoned


def test_labels_count_at_once_and_after_a_restart(tmp_path: Path) -> None:
    body = {"Add": {"zone": "a", "weight": "2"}, "Remove": []}
    status, node = Rig(tmp_path).ask("POST", "/swarmd/nodes/node-1/labels", body)
    assert status == 200 and node["Weight"] == 2
    rig = Rig(tmp_path)
    assert rig.fleet.state.engines[key_of(1)].labels["zone"] == "a"
    status, node = rig.ask("POST", "/swarmd/nodes/node-1/labels", {"Remove": ["zone"]})
    assert node["OperatorLabels"] == {"weight": "2"}


@pytest.mark.parametrize(
    "body",
    [
        [],
        {"Add": ["a"]},
        {"Add": {"a": 1}},
        {"Remove": "a"},
        {"Add": {"": "x"}},
        {"Add": {"weight": "heavy"}},
        {"Add": {"weight": "-1"}},
    ],
)
def test_wrong_labels(body: Any) -> None:
    rig = Rig()
    status, answer = rig.ask("POST", "/swarmd/nodes/node-1/labels", body)
    assert status == 400 and answer["message"]
    assert rig.fleet.state.engines[key_of(1)].operator_labels == {}


def test_what_cannot_be_written_does_not_count(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    (tmp_path / "swarmd.new").mkdir()
    status, answer = rig.ask("POST", "/swarmd/nodes/node-1/cordon")
    assert status == 500 and "cannot be written" in answer["message"]
    assert not rig.fleet.state.engines[key_of(1)].cordoned


def test_a_drain_is_told_line_by_line_and_outlives_its_caller() -> None:
    rig = Rig()
    container = rig.fleet.make(1, {"Image": "busybox"}, "web")
    rig.fleet.there[1][container]["State"] = {"Status": "running"}
    rig.fleet.listing(1)
    first = rig.client("POST", "/swarmd/nodes/node-1/drain")
    second = rig.client("POST", "/swarmd/nodes/node-1/drain")
    assert b'"Status":"moving"' in first.received
    first.leave()
    assert rig.ask("GET", "/swarmd/nodes/node-1")[1]["Availability"] == "draining"
    rig.fleet.obey()
    lines = [orjson.loads(line) for line in second.whole()[1].splitlines()]
    assert [line.get("Status") for line in lines] == ["begun", "moving", "moved", None]
    assert lines[0]["Containers"] == 1 and lines[-1]["Done"] and rig.fleet.names(1) == {}


def test_lost_and_forget() -> None:
    rig = Rig()
    container = rig.fleet.make(1, {"Image": "busybox"}, "web")
    rig.fleet.listing(1)
    assert rig.ask("POST", "/swarmd/nodes/node-1/lost")[0] == 409
    assert rig.ask("POST", "/swarmd/nodes/node-1/forget?container=web")[0] == 409
    assert rig.ask("POST", "/swarmd/nodes/node-1/forget")[0] == 400
    rig.fleet.lose(1)
    assert rig.ask("POST", "/swarmd/nodes/node-1/lost")[1]["Rescheduled"] == []
    status, said = rig.ask("POST", "/swarmd/nodes/node-1/forget?container=nobody")
    assert status == 400 and "node-1 has no container nobody" in str(said)
    assert rig.ask("POST", "/swarmd/nodes/node-1/forget?container=web")[0] == 200
    assert not rig.fleet.state.name_taken("web")
    rig.fleet.bring_back(1)
    assert rig.fleet.obey() == [f"DELETE 1 {container}"]
