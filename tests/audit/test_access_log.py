"""A line for each request: through the API, with scripted engines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from swarmd.audit.access_log import BATCH, FLUSH, AccessLog
from tests.api.rig import WEB, ApiRig
from tests.streams.memory import DONE

NOW = 1_800_000_000.25
TRACE, PARENT = "a" * 32, "b" * 16
TRACEPARENT = f"traceparent: 00-{TRACE}-{PARENT}-01"


class Logged:
    """A fleet with an access log; ``lines`` ends it."""

    def __init__(self, path: Path) -> None:
        self.rig = ApiRig()
        self.rig.has_container(1, WEB, "web")
        self.path = path
        self.reactor: Any = self.rig.clock
        self.reactor.callFromThread = lambda call, *given, **named: call(*given, **named)
        self.log = AccessLog(str(path), self.reactor, lambda: NOW, "json")
        self.log.startService()
        self.rig.site.access = self.log

    def lines(self) -> list[dict[str, Any]]:
        self.log.stopService()
        return [orjson.loads(line) for line in self.path.read_bytes().splitlines()]


@pytest.fixture
def logged(tmp_path: Path) -> Logged:
    return Logged(tmp_path / "access")


def test_a_forwarded_call_with_both_its_times(logged: Logged) -> None:
    client = logged.rig.ask("GET", "/v1.41/containers/web/top?t=5")
    logged.rig.clock.advance(1.5)
    logged.rig.dialled(1).answers(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab")
    logged.rig.clock.advance(0.5)
    logged.rig.dialled(1).answers(b"c")
    sent, (line,) = len(client.received), logged.lines()
    assert (line["method"], line["path"]) == ("GET", "/v1.41/containers/web/top")
    assert (line["query"], line["status"], line["nodes"]) == ("t=5", 200, ["node-1"])
    assert (line["head_ms"], line["ms"], line["sent"]) == (1500.0, 2000.0, sent)
    assert line["from"] == line["who"].replace("-", line["from"])
    assert "complete" not in line and "trace" not in line


def test_the_bytes_of_a_body_count(logged: Logged) -> None:
    logged.rig.ask("POST", "/containers/create?name=new", {"Image": "x", "Env": ["A=hunter2"]})
    number = 1 if logged.rig.dialled(1).connections else 2
    logged.rig.answers(number, 201, {"Id": "b" * 64, "Warnings": []})
    (line,) = logged.lines()
    assert (line["status"], line["nodes"]) == (201, [f"node-{number}"])
    assert line["received"] > 100 and "hunter2" not in str(line)


def test_what_swarmd_says_itself_and_what_it_refuses(logged: Logged) -> None:
    logged.rig.ask("GET", "/_ping")
    logged.rig.ask("GET", "/nowhere")
    logged.rig.ask("GET", "/_ping", None, "Origin: http://evil.example")
    assert [line["status"] for line in logged.lines()] == [200, 404, 403]


def test_a_stream_is_logged_at_its_end(logged: Logged) -> None:
    rig = logged.rig
    client = rig.ask("POST", "/containers/web/attach?stream=1", None, "Upgrade: tcp")
    rig.dialled(1).answers(b"HTTP/1.1 101 UPGRADED\r\nUpgrade: tcp\r\n\r\nhello")
    early = len(client.received)
    client.channel.dataReceived(b"typed")
    rig.dialled(1).answers(b"and more")
    rig.clock.advance(3600.0)
    assert logged.log.written == 0
    rig.dialled(1).ends()
    client.channel.readConnectionLost()
    client.channel.connectionLost(DONE)
    (line,) = logged.lines()
    assert (line["status"], line["nodes"], line["ms"]) == (101, ["node-1"], 3_600_000.0)
    assert line["sent"] == early + len(b"and more")
    assert line["received"] > len(b"typed") and "complete" not in line


def test_a_download_is_logged_at_its_end(logged: Logged) -> None:
    rig = logged.rig
    client = rig.ask("GET", "/containers/web/logs?stdout=1&follow=1")
    rig.clock.advance(0.25)
    rig.dialled(1).answers(b"HTTP/1.1 200 OK\r\n\r\nfirst")
    rig.clock.advance(10.0)
    rig.dialled(1).answers(b"last")
    rig.dialled(1).ends()
    (line,) = logged.lines()
    assert (line["status"], line["head_ms"], line["ms"]) == (200, 250.0, 10_250.0)
    assert line["sent"] == len(client.received) and "complete" not in line


def test_an_upload_that_no_engine_takes(logged: Logged) -> None:
    rig = logged.rig
    client = rig.ask("PUT", "/containers/web/archive?path=/x", None, "Content-Length: 5")
    client.channel.dataReceived(b"ab")
    rig.dialled(1).dies()
    (line,) = logged.lines()
    assert (line["status"], line["query"]) == (503, "path=/x")
    assert line["sent"] == len(client.received)


@pytest.mark.parametrize("path", ["/containers/web/json", "/containers/web/logs"])
def test_who_leaves_before_the_answer(logged: Logged, path: str) -> None:
    client = logged.rig.ask("GET", path)
    logged.rig.clock.advance(1.0)
    client.leave()
    (line,) = logged.lines()
    assert (line["status"], line["complete"], line["head_ms"]) == (499, False, 1000.0)


def test_the_trace_is_logged_and_passed_on_with_a_span_of_ours(logged: Logged) -> None:
    logged.rig.ask("GET", "/containers/web/json", None, TRACEPARENT, "tracestate: a=1")
    sent = logged.rig.dialled(1).wire.sent
    logged.rig.answers(1, 200, {"Id": WEB})
    (line,) = logged.lines()
    assert (line["trace"], line["parent"]) == (TRACE, PARENT)
    assert f"traceparent: 00-{TRACE}-{line['span']}-01\r\n".encode() in sent
    assert b"tracestate: a=1\r\n" in sent and PARENT.encode() not in sent


def test_lines_wait_for_each_other_but_not_for_long(logged: Logged) -> None:
    logged.rig.ask("GET", "/_ping")
    assert logged.reactor.getDelayedCalls()
    logged.rig.clock.advance(FLUSH)
    while not logged.log.written:
        pass
    for _ in range(2 * BATCH // 200):
        logged.rig.ask("GET", "/_ping")
    while logged.log.written < 2:
        pass
    assert len(logged.lines()) == 1 + 2 * BATCH // 200


def test_the_form_may_change(logged: Logged) -> None:
    logged.log.form = "text"
    logged.rig.ask("GET", "/_ping")
    logged.log.stopService()
    assert b'"GET /_ping HTTP/1.1" 200 ' in logged.path.read_bytes()


def test_a_full_disk_serves_on() -> None:
    full = Logged(Path("/dev/full"))
    assert full.rig.ask("GET", "/_ping").answer()[0] == 200
    full.log.stopService()
    assert full.log.lost == 1 and "/dev/full" in full.log.notices()[0]
