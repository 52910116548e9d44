"""Event streams with anything in them: what is no event is passed over, and nobody else suffers."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarmd.engine.client import EngineClient
from swarmd.engine.event_stream import LINE_LIMIT, MOST_AT_ONCE, EngineEventStream, Position
from swarmd.engine.session import Session
from tests.hostile.rig import HostileRig, assert_foreseen, fuzz, junk, logged

WEB, OTHER = "a" * 64, "b" * 64
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"
EVENT: dict[str, Any] = {
    "Type": "container",
    "Action": "die",
    "Actor": {"ID": WEB, "Attributes": {"name": "web", "exitCode": "1"}},
    "scope": "local",
    "time": 1_700_000_001,
    "timeNano": 1_700_000_001_000_000_000,
}
_KEYS = ("Type", "Action", "Actor", "scope", "time", "timeNano", "status", "id", "from", "more")
_actor = st.fixed_dictionaries({"ID": junk, "Attributes": junk | st.just({"name": "web"})})
_event = st.dictionaries(
    st.sampled_from(_KEYS), junk | _actor | st.sampled_from(["die", "destroy"])
)
_near = st.tuples(st.sampled_from(_KEYS), junk | _actor).map(lambda kv: {**EVENT, kv[0]: kv[1]})


class Followed:
    """A rig and a stream of node-1 that is read as a session reads it."""

    def __init__(self) -> None:
        self.rig = HostileRig()
        self.rig.has_container(1, WEB, "web")
        self.rig.has_container(2, OTHER, "other")
        key = self.rig.engine(1).key
        engine = self.rig.scripted(1)
        engine.script = lambda method, target: HEAD
        client = EngineClient(engine.link, 1.0)
        context = self.rig.fleet._context
        session = Session(key, client, None, Position(), context)  # type: ignore[arg-type]
        self.position = Position()
        self.stream = EngineEventStream(
            client, self.position, session._event, session._unread, self.rig.clock
        )
        work = self.stream.open(1_700_000_000.0, 5.0)
        with pytest.raises(StopIteration):
            work.send(None)
        self.wire = engine.connections[-1]

    def says(self, data: bytes) -> None:
        self.wire.dataReceived(data)

    @property
    def broken(self) -> str:
        return str(self.stream._cause or "")


def _line(event: Any) -> bytes:
    try:
        return orjson.dumps(event) + b"\n"
    except orjson.JSONEncodeError:
        return b'{"Type":' + b"[" * 300 + b"]" * 300 + b"}\n"


@fuzz
@given(st.lists(_event | _near | junk, min_size=1, max_size=4))
def test_anything_as_an_event(records: list[Any]) -> None:
    followed = Followed()
    listener = followed.rig.ask("GET", '/events?filters={"label":["a"],"image":["x"]}')
    everything = followed.rig.ask("GET", "/events")
    with logged() as log:
        for record in records:
            followed.says(_line(record))
        followed.says(_line({**EVENT, "timeNano": EVENT["timeNano"] + 5, "Action": "pause"}))
        assert_foreseen(followed.rig.completed("GET", "/containers/json?all=1"), log)
    assert not followed.broken
    assert assert_foreseen(listener, log) == assert_foreseen(everything, log) == 200
    assert b'"Action":"pause"' in everything.received
    assert OTHER in followed.rig.state.containers


@pytest.mark.parametrize("raw", [b"x\n", b"\xff\n", b'{"a":}\n', b"}{\n", b"[" * 2000 + b"\n"])
def test_what_is_no_json_ends_the_stream_in_words(raw: bytes) -> None:
    followed = Followed()
    with logged() as log:
        followed.says(raw)
    assert "no JSON" in followed.broken and not any("Traceback" in line for line in log)


def test_a_line_of_ten_megabytes_is_passed_over_and_not_kept() -> None:
    followed = Followed()
    followed.says(b'{"Type":"container","Action":"exec_create: ')
    for _ in range(160):
        followed.says(b"x" * 65536)
        assert len(followed.stream._lines._buffer) <= LINE_LIMIT + 65536
    assert len(followed.stream._lines._buffer) <= 65536
    followed.says(b'","Actor":{"ID":"' + WEB.encode() + b'"}}\n')
    followed.says(_line(EVENT))
    assert not followed.broken
    assert followed.rig.state.containers[WEB].state == "exited"


def test_events_of_one_moment_do_not_pile_up() -> None:
    followed = Followed()
    for number in range(3 * MOST_AT_ONCE):
        followed.says(_line({**EVENT, "Actor": {"ID": f"{number:064}"}}))
    assert len(followed.position._at_last) <= MOST_AT_ONCE


def test_nobody_removes_a_container_of_another_engine() -> None:
    followed = Followed()
    followed.says(_line({**EVENT, "Action": "destroy", "Actor": {"ID": OTHER}}))
    assert OTHER in followed.rig.state.containers
    unborn = "c" * 64
    followed.says(_line({**EVENT, "Action": "destroy", "Actor": {"ID": unborn}}))
    followed.rig.has_container(2, unborn, "new")
    assert unborn in followed.rig.state.containers


def test_removals_of_what_is_no_id_are_not_remembered() -> None:
    followed = Followed()
    followed.says(_line({**EVENT, "Action": "destroy", "Actor": {"ID": "x" * 100_000}}))
    assert len(followed.rig.state.catalogue._removed) == 0
