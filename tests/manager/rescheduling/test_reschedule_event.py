from swarmd.manager.rescheduling.reschedule_event import publish
from tests.cluster.fleet import NOW, key_of
from tests.manager.scripted import ScriptedFleet


def test_an_event_in_the_name_of_an_engine() -> None:
    fleet = ScriptedFleet()
    records = []
    fleet.hub.subscribe(lambda event: records.append(event.record))
    publish(fleet, key_of(2), "abc", {"name": "web"})
    (record,) = records
    assert record["Action"] == "reschedule" and int(NOW) <= record["time"]
    assert record["Actor"]["ID"] == "abc"
    assert record["Actor"]["Attributes"]["name"] == "web"
