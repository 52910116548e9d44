from __future__ import annotations

import orjson
from twisted.internet.defer import Deferred

from swarmd.cluster.engine_record import EngineRecord
from swarmd.manager.fleet.fanout import Outcome
from swarmd.manager.system.disk_usage import DiskUsage, merged
from swarmd.streams.link import Answer
from tests.manager.rig import Rig
from tests.manager.wired import Running

ONE = {
    "LayersSize": 10,
    "Images": [{"Id": "a"}],
    "Containers": [{"Id": "c", "Names": ["/web"]}],
    "Volumes": [{"Name": "data"}, {"Name": "one"}],
    "BuildCache": None,
    "BuilderSize": 3,
    "Unknown": 1,
}


def outcome(name: str, body: object) -> Outcome:
    engine = EngineRecord(name, name, name=name)
    return Outcome(engine, Answer(200, [], orjson.dumps(body)), value=body)


def test_rows_side_by_side_sums_added_up() -> None:
    two = {"LayersSize": 5, "Images": None, "Volumes": [{"Name": "data"}], "BuilderSize": 1}
    body = merged([outcome("node-1", ONE), outcome("node-2", two)], ())
    assert body == {
        "LayersSize": 15,
        "Images": [{"Id": "a"}],
        "Containers": [{"Id": "c", "Names": ["/web", "/node-1/web"]}],
        "Volumes": [{"Name": "node-1/data"}, {"Name": "one"}, {"Name": "node-2/data"}],
        "BuildCache": [],
        "BuilderSize": 4,
    }


def test_only_what_was_asked_for() -> None:
    assert set(merged([outcome("n", ONE)], ["image"])) == {"LayersSize", "Images"}
    assert set(merged([outcome("n", ONE)], ["volume", "container"])) == {"Volumes", "Containers"}


def test_an_answer_of_another_form_counts_for_nothing() -> None:
    assert merged([outcome("n", {})], ()) == {}


def test_clients_share_one_question_and_one_who_leaves_does_not_end_it() -> None:
    rig = Rig(1)
    reply: Deferred[object] = Deferred()
    rig.wire(1).on("GET", "/system/df", reply)
    usage = DiskUsage(rig.fleet)
    asking = [
        Running(usage.measure(rig.fleet.healthy(), lambda engine: b"/v1.41/system/df"))
        for _ in range(3)
    ]
    asking[0].deferred.cancel()
    assert asking[0].done and not asking[1].done
    reply.callback((200, ONE))
    assert len(rig.wire(1).asked) == 1
    for running in asking[1:]:
        [[found]] = running.results
        assert found.value == ONE
