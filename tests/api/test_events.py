import orjson
import pytest

from swarmd.api import events as module
from swarmd.manager.system.event_query import NANOS
from tests.api.rig import ApiRig, Client

SECOND = NANOS


def record(rig: ApiRig, seconds: float, action: str = "start") -> dict:
    time = int((rig.now + seconds) * NANOS)
    actor = {"ID": "abc", "Attributes": {"name": "web"}}
    return {"Type": "container", "Action": action, "Actor": actor, "timeNano": time}


def heard(client: Client) -> list[dict]:
    return [orjson.loads(line) for line in client.whole()[1].splitlines()]


def actions(client: Client) -> list[str]:
    return [event["Action"] for event in heard(client)]


def happens(rig: ApiRig, seconds: float, action: str = "start") -> None:
    rig.hub.publish(rig.engine(1).key, record(rig, seconds, action))


def past(rig: ApiRig, *records: dict) -> None:
    body = b"".join(orjson.dumps(one) + b"\n" for one in records)
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body)
    rig.dialled(1).answers(head + body)


def test_the_head_comes_before_the_first_event() -> None:
    rig = ApiRig(1)
    client = rig.ask("GET", "/events")
    head, body = client.whole()
    assert (head.status, head.get(b"content-type"), body) == (200, b"application/json", b"")
    happens(rig, 0)
    (event,) = heard(client)
    assert event["Actor"]["Attributes"]["node.name"] == "node-1" and event["status"] == "start"


def test_filters_and_window() -> None:
    rig = ApiRig(1)
    client = rig.ask("GET", '/events?filters={"event":["die"]}')
    happens(rig, 0, "start")
    happens(rig, 0, "die")
    assert actions(client) == ["die"]


def test_it_ends_at_until_and_begins_with_all_that_engines_remember() -> None:
    rig = ApiRig(1)
    client = rig.ask("GET", f"/events?until={int(rig.now) + 5}")
    assert "/events?since=0.000000000&until=" in rig.got(1)[0]
    past(rig, record(rig, -900, "old"))
    happens(rig, 1, "a")
    rig.clock.advance(5)
    happens(rig, 4, "late")
    assert actions(client) == ["old", "a"]
    assert client.received.endswith(b"0\r\n\r\n")
    assert rig.hub.listeners == 0 and rig.clock.getDelayedCalls() == []


def test_the_past_alone() -> None:
    rig = ApiRig(1)
    client = rig.ask("GET", f"/events?since={int(rig.now) - 9}&until={int(rig.now) - 1}")
    past(rig, record(rig, -5, "b"), record(rig, -7, "a"))
    assert actions(client) == ["a", "b"]
    assert client.received.endswith(b"0\r\n\r\n")


def test_nothing_is_lost_or_told_twice_between_past_and_present() -> None:
    rig = ApiRig(1)
    client = rig.ask("GET", f"/events?since={int(rig.now) - 9}")
    happens(rig, 0.5, "both")
    happens(rig, 1, "live")
    past(rig, record(rig, -5, "old"), record(rig, 0.5, "both"))
    happens(rig, 2, "later")
    assert actions(client) == ["old", "both", "live", "later"]


def test_what_an_engine_remembers_before_its_stream_brings_it_is_told_once() -> None:
    rig = ApiRig(1)
    client = rig.ask("GET", f"/events?since={int(rig.now) - 9}")
    past(rig, record(rig, -0.1, "both"))
    happens(rig, -0.1, "both")
    happens(rig, 1, "later")
    assert actions(client) == ["both", "later"]


def test_a_client_that_leaves_is_forgotten() -> None:
    rig = ApiRig(1)
    client = rig.ask("GET", f"/events?until={int(rig.now) + 5}")
    assert rig.hub.listeners == 1
    client.leave()
    assert rig.hub.listeners == 0
    assert rig.clock.getDelayedCalls() == []


def test_bad_times_and_filters_are_refused() -> None:
    rig = ApiRig(1)
    assert rig.ask("GET", "/events?since=10m").answer()[0] == 400
    assert rig.ask("GET", "/events?filters={").answer()[0] == 400


def test_a_slow_client_gets_all_when_it_reads_again() -> None:
    rig = ApiRig(1)
    client = rig.ask("GET", "/events")
    client.transport.producer.pauseProducing()
    happens(rig, 0, "a")
    happens(rig, 0, "b")
    assert heard(client) == []
    client.transport.producer.resumeProducing()
    assert actions(client) == ["a", "b"]


def test_one_that_never_reads_is_cut_off_with_a_message(monkeypatch) -> None:
    monkeypatch.setattr(module, "BACKLOG", 1000)
    rig = ApiRig(1)
    client = rig.ask("GET", "/events")
    client.transport.producer.pauseProducing()
    for _ in range(9):
        happens(rig, 0)
    assert rig.hub.listeners == 0
    assert "were not read" in heard(client)[-1]["error"]


# What changes with the version, and with what the client accepts


def test_since_api_1_52_the_old_keys_are_gone() -> None:
    rig = ApiRig(1, api_max=(1, 55))
    old, new = rig.ask("GET", "/v1.51/events"), rig.ask("GET", "/events")
    happens(rig, 0)
    assert heard(old)[0]["status"] == "start" and heard(old)[0]["from"] == ""
    assert not {"status", "id", "from"} & heard(new)[0].keys()


def test_that_images_were_made_is_told_since_api_1_46() -> None:
    rig = ApiRig(1, api_max=(1, 55))
    old, new = rig.ask("GET", "/v1.45/events"), rig.ask("GET", "/v1.46/events")
    event = {**record(rig, 0, "create"), "Type": "image"}
    rig.hub.publish(rig.engine(1).key, event)
    assert (actions(old), actions(new)) == ([], ["create"])


@pytest.mark.parametrize(
    ("accept", "newest", "kind"),
    [
        ("*/*", (1, 51), "application/json"),
        ("*/*", (1, 55), "application/jsonl"),
        ("application/x-ndjson", (1, 41), "application/x-ndjson"),
        ("application/json", (1, 55), "application/json"),
    ],
)
def test_lines_under_the_name_that_is_accepted(
    accept: str, newest: tuple[int, int], kind: str
) -> None:
    rig = ApiRig(1, api_max=newest)
    client = rig.ask("GET", "/events", None, f"Accept: {accept}")
    happens(rig, 0)
    assert client.whole()[0].get(b"content-type") == kind.encode()
    assert actions(client) == ["start"]


def test_a_json_text_sequence() -> None:
    rig = ApiRig(1)
    client = rig.ask("GET", "/events", None, "Accept: application/json-seq")
    happens(rig, 0, "a")
    happens(rig, 0, "b")
    head, body = client.whole()
    assert head.get(b"content-type") == b"application/json-seq"
    first, *records = body.split(b"\x1e")
    assert first == b"" and all(one.endswith(b"}\n") for one in records)
    assert [orjson.loads(one)["Action"] for one in records] == ["a", "b"]
