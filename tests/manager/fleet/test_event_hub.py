import orjson

from swarmd.core.container.kept_identity import KeptIdentity
from swarmd.core.names import PLACEHOLDER
from swarmd.manager.fleet.event_hub import FleetEvent
from tests.manager.rig import Rig

START = {
    "Type": "container",
    "Action": "start",
    "Actor": {"ID": "abc", "Attributes": {"image": "busybox", "name": "web"}},
    "time": 5,
    "timeNano": 5_000_000_001,
}


def described(rig: Rig, event: dict) -> FleetEvent:
    heard: list[FleetEvent] = []
    leave = rig.hub.subscribe(heard.append)
    rig.hub.publish(rig.engine(1).key, event)
    leave()
    return heard[0]


def test_the_node_is_named_and_old_clients_find_their_keys() -> None:
    event = described(Rig(1), START)
    assert event.record["Actor"]["Attributes"] == {
        "image": "busybox",
        "name": "web",
        "node.name": "node-1",
        "node.id": "ID1",
        "node.addr": "10.0.0.1:2375",
        "node.ip": "",
    } | {"node.ip": "10.0.0.1"}
    legacy = {key: event.record[key] for key in ("status", "id", "from")}
    assert legacy == {"status": "start", "id": "abc", "from": "busybox"}
    assert event.time == 5_000_000_001
    line = event.line(legacy=True)
    assert orjson.loads(line) == event.record and line.endswith(b"\n")
    assert event.line(legacy=True) is line
    assert orjson.loads(event.line(legacy=False)).keys() == event.record.keys() - legacy.keys()


def test_other_kinds_have_no_old_keys() -> None:
    event = described(Rig(1), {"Type": "network", "Action": "create", "Actor": {"ID": "n"}})
    assert "status" not in event.record and event.time == 0


def test_an_image_event_has_no_from() -> None:
    event = described(Rig(1), {"Type": "image", "Action": "prune"})
    assert event.record["status"] == "prune" and not {"id", "from"} & set(event.record)


def test_the_engines_own_record_is_not_touched() -> None:
    described(Rig(1), START)
    assert START["Actor"]["Attributes"] == {"image": "busybox", "name": "web"}


def test_listeners_come_and_go() -> None:
    rig = Rig(1)
    heard: list[FleetEvent] = []
    leave = rig.hub.subscribe(heard.append)
    assert rig.hub.listeners == 1
    leave()
    leave()
    rig.hub.publish(rig.engine(1).key, START)
    assert rig.hub.listeners == 0 and heard == []


def test_an_engine_that_left_meanwhile_is_not_named() -> None:
    rig = Rig(1)
    assert "node.name" not in orjson.dumps(rig.hub.describe("gone:1", START).record).decode()


def test_one_event_told_twice_has_one_identity() -> None:
    rig = Rig(1)
    assert described(rig, START).identity == described(rig, START).identity


def test_how_a_name_was_taken_is_no_news() -> None:
    rig, heard = Rig(1), []
    rig.hub.subscribe(heard.append)
    rig.state.placeholders.expect("1")
    for kind, code in (("image", "1"), ("container", "1"), ("image", "of a client's")):
        attributes = {"name": "app:1", PLACEHOLDER: code}
        rig.hub.publish(
            rig.engine(1).key,
            {"Type": kind, "Action": "tag", "Actor": {"ID": "e", "Attributes": attributes}},
        )
    assert [event.record["Type"] for event in heard] == ["container", "image"]


KEPT = KeptIdentity("a1" * 32, "f00d", "ID1", "web")


def of_copy(action: str, own: str, **attributes: str) -> dict:
    named = {"name": "web", **KEPT.labels(), **attributes}
    return {"Type": "container", "Action": action, "Actor": {"ID": own, "Attributes": named}}


def test_what_was_made_again_elsewhere_goes_by_its_id() -> None:
    event = described(Rig(1), {**of_copy("destroy", "b2" * 32), "id": "b2" * 32})
    assert event.record["Actor"]["ID"] == event.record["id"] == KEPT.id


def test_that_it_was_made_again_is_not_told() -> None:
    rig = Rig(2)
    heard: list[FleetEvent] = []
    rig.hub.subscribe(heard.append)
    rig.has_container(2, KEPT.id, "web")
    first, second = rig.engine(1).key, rig.engine(2).key
    gone = {"Type": "container", "Action": "destroy", "Actor": {"ID": KEPT.id}}
    rig.hub.publish(second, of_copy("create", "b2" * 32, name=KEPT.interim_name))
    rig.hub.publish(first, gone)
    rig.hub.publish(second, of_copy("rename", "b2" * 32, oldName=f"/{KEPT.interim_name}"))
    assert heard == []
    rig.state.handovers.leave(KEPT.id, {}, first)
    rig.hub.publish(second, gone)
    assert len(heard) == 1
    rig.fleet.forget(KEPT.id)
    rig.hub.publish(first, gone)
    assert len(heard) == 1
