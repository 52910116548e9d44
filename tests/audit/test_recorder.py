"""One line for each call that changes something: through the API, with scripted engines."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson
import pytest
from twisted.logger import globalLogPublisher

from swarmd.audit.recorder import Recorder
from swarmd.core.errors import ApiError
from tests.api.rig import WEB, ApiRig

NOW = 1_800_000_000.25


class Audited:
    """A fleet with an audit log; ``lines`` ends it."""

    def __init__(self, path: Path) -> None:
        self.rig = ApiRig()
        self.rig.has_container(1, WEB, "web")
        self.path = path
        self.reactor: Any = self.rig.clock
        self.reactor.callFromThread = lambda call, *given, **named: call(*given, **named)
        self.recorder = Recorder(str(path), self.reactor, lambda: NOW)
        self.recorder.startService()
        self.rig.site.audit = self.recorder

    def lines(self) -> list[dict[str, Any]]:
        self.recorder.stopService()
        return [orjson.loads(line) for line in self.path.read_bytes().splitlines()]


@pytest.fixture
def audited(tmp_path: Path) -> Audited:
    return Audited(tmp_path / "audit")


def test_a_forwarded_call(audited: Audited) -> None:
    rig = audited.rig
    rig.ask("POST", "/v1.41/containers/web/stop?t=5&signal=INT")
    rig.clock.advance(1.5)
    rig.answers(1, 204)
    assert audited.lines() == [
        {
            "time": "2027-01-15T08:00:00.250Z",
            "who": "192.168.1.1",
            "from": "192.168.1.1",
            "method": "POST",
            "noun": "containers",
            "verb": "stop",
            "object": "web",
            "api": "1.41",
            "args": {"t": "5", "signal": "INT"},
            "nodes": ["node-1"],
            "status": 204,
            "ms": 1500.0,
        }
    ]


def test_what_only_asks_is_not_recorded(audited: Audited) -> None:
    for call in ("GET /containers/json", "POST /containers/web/wait", "HEAD /_ping"):
        audited.rig.ask(*call.split())
    assert audited.lines() == []


@pytest.mark.parametrize(
    ("call", "noun", "verb", "thing"),
    [
        ("DELETE /containers/node-1/nope", "containers", "delete", "node-1/nope"),
        ("POST /v1.41/containers/nope/start", "containers", "start", "nope"),
        ("PUT /containers/nope/archive?path=/", "containers", "archive", "nope"),
        ("DELETE /images/a/b:c", "images", "delete", "a/b:c"),
        ("POST /volumes/prune?filters=x", "volumes", "prune", ""),
        ("POST /nowhere", "nowhere", "nowhere", ""),
        ("DELETE /", "", "delete", ""),
        ("POST /containers/node-1%2Fnope/start", "containers", "start", "node-1/nope"),
        ("POST /containers/%ff/start", "containers", "start", "\\xff"),
        ("POST /containers/%00/start", "containers", "start", "%00"),
    ],
)
def test_what_was_asked_for(audited: Audited, call: str, noun: str, verb: str, thing: str) -> None:
    audited.rig.ask(*call.split())
    audited.rig.clock.advance(1000)
    (line,) = audited.lines()
    assert (line["noun"], line["verb"], line["object"]) == (noun, verb, thing)
    assert line["status"] >= 400 and line["nodes"] == []


def test_a_create_tells_what_was_made_and_where(audited: Audited) -> None:
    rig = audited.rig
    rig.ask("POST", "/containers/create?name=new", {"Image": "x", "Env": ["A=hunter2"]})
    number = 1 if rig.dialled(1).connections else 2
    rig.answers(number, 201, {"Id": "b" * 64, "Warnings": []})
    (line,) = audited.lines()
    assert (line["verb"], line["args"]) == ("create", {"name": "new"})
    assert (line["made"], line["status"], line["nodes"]) == ("b" * 64, 201, [f"node-{number}"])
    assert "hunter2" not in str(line)


def test_an_exec_tells_its_id(audited: Audited) -> None:
    audited.rig.ask("POST", "/containers/web/exec", {"Cmd": ["hunter2"]})
    audited.rig.answers(1, 201, {"Id": "c" * 64})
    (line,) = audited.lines()
    assert (line["verb"], line["object"], line["made"]) == ("exec", "web", "c" * 64)


def test_streams_are_recorded_when_they_begin(audited: Audited) -> None:
    rig = audited.rig
    rig.ask("POST", "/containers/web/attach?stream=1")
    rig.dialled(1).answers(b"HTTP/1.1 101 UPGRADED\r\nUpgrade: tcp\r\n\r\n")
    (line,) = audited.lines()
    assert (line["verb"], line["status"], line["nodes"]) == ("attach", 101, ["node-1"])


def test_a_websocket_is_a_way_to_attach(audited: Audited) -> None:
    audited.rig.ask("GET", "/containers/none/attach/ws", None, "Upgrade: websocket")
    (line,) = audited.lines()
    assert (line["verb"], line["status"]) == ("ws", 404)


def test_uploads_are_recorded_when_they_end(audited: Audited) -> None:
    rig = audited.rig
    client = rig.ask("PUT", "/containers/web/archive?path=/", None, "Content-Length: 3")
    client.channel.dataReceived(b"tar")
    rig.dialled(1).answers(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    (line,) = audited.lines()
    assert (line["verb"], line["status"], line["nodes"]) == ("archive", 200, ["node-1"])


def test_who_leaves_is_told_from_who_is_cut_off(audited: Audited) -> None:
    rig = audited.rig
    rig.ask("POST", "/containers/web/start").leave()

    def begin(request: Any) -> None:
        request.start(200)
        request.abort()

    rig.root.add("begin", POST=begin)
    rig.ask("POST", "/begin")
    left, cut = audited.lines()
    assert (left["status"], "complete" in left) == (499, False)
    assert (cut["status"], cut["complete"]) == (200, False)


def test_what_is_denied_is_recorded_with_its_reason(audited: Audited) -> None:
    def deny(request: Any) -> None:
        raise ApiError("rule 7 does not allow that", 403)

    audited.rig.root.add("secret", GET=deny, POST=deny)
    audited.rig.ask("GET", "/secret")
    audited.rig.ask("POST", "/secret")
    lines = audited.lines()
    assert [line["method"] for line in lines] == ["GET", "POST"]
    assert {line["reason"] for line in lines} == {"rule 7 does not allow that"}


def test_malformed_queries_and_long_names_are_kept_short(audited: Audited) -> None:
    audited.rig.ask("POST", f"/containers/{'x' * 9000}/start?name=%")
    (line,) = audited.lines()
    assert (line["args"], len(line["object"])) == ({}, 512)


def test_nothing_in_a_line_acts_on_a_terminal(audited: Audited) -> None:
    evil = "a\x1b[31m\x7f\x9b\u2028\u202e\U000e0041"
    audited.rig.ask("POST", f"/containers/create?name={quote(evil)}")
    (line,) = audited.lines()
    assert line["args"]["name"] == evil and audited.path.read_text().strip("\n").isprintable()


def test_answers_that_make_no_sense_are_no_id(audited: Audited) -> None:
    def odd(request: Any) -> None:
        request.reply(201, {b"1": b"[]", b"2": b"{", b"3": b'{"Id":7}'}[request.raw_query])

    audited.rig.root.add("odd", POST=odd)
    for number in "123":
        audited.rig.ask("POST", f"/odd?{number}")
    assert [line["made"] for line in audited.lines()] == ["", "", ""]


def test_a_full_disk_is_told_and_the_call_goes_on(tmp_path: Path) -> None:
    events: list[str] = []
    globalLogPublisher.addObserver(observer := lambda event: events.append(str(event)))
    audited = Audited(Path("/dev/full"))
    try:
        client = audited.rig.ask("DELETE", "/containers/none")
        assert client.answer()[0] == 404
        audited.recorder.stopService()
    finally:
        globalLogPublisher.removeObserver(observer)
    assert (audited.recorder.written, audited.recorder.lost) == (0, 1)
    words = "the audit log has lost 1 lines: /dev/full: No space left on device"
    assert audited.recorder.notices() == [words]
    assert any("No space left on device" in event for event in events)


def test_a_signal_opens_the_file_again(audited: Audited) -> None:
    audited.path.unlink()
    audited.recorder.reread()
    assert audited.lines() == [] and audited.recorder.notices() == []


def test_where_there_are_several_swarmds_each_line_names_its_own(tmp_path: Path) -> None:
    audited = Audited(tmp_path / "audit")
    audited.recorder.stopService()
    named = Recorder(str(tmp_path / "named"), audited.reactor, lambda: NOW, "door-1:2376")
    named.startService()
    audited.rig.site.audit = named
    audited.rig.ask("POST", "/v1.41/containers/web/stop")
    audited.rig.answers(1, 204)
    named.stopService()
    (line,) = (orjson.loads(each) for each in (tmp_path / "named").read_bytes().splitlines())
    assert line["swarmd"] == "door-1:2376" and line["object"] == "web"
