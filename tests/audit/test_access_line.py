from __future__ import annotations

import re
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarmd.audit.access_line import (
    LONGEST_VALUE,
    MOST_ARGUMENTS,
    MOST_NODES,
    AccessRequest,
    json_record,
    shown_query,
    text_line,
)
from swarmd.core.request.request_record import RequestRecord
from swarmd.core.request.trace_context import continued

TRACE, PARENT, SPAN = "a" * 32, "b" * 16, "c" * 16
ASKED = AccessRequest(
    1_800_000_000.25, "192.0.2.7", "alice", b"POST", b"/v1.41/containers/web/stop", b"t=5", b"1.1"
)


def record(**values: Any) -> RequestRecord:
    made = RequestRecord(continued(f"00-{TRACE}-{PARENT}-01".encode(), None, SPAN))
    made.answered(204, 0.25)
    made.nodes, made.complete = ["node-1"], True
    made.received, made.sent = 100, 50
    for name, value in values.items():
        setattr(made, name, value)
    return made


def test_a_line_as_other_servers_write_it() -> None:
    assert text_line(ASKED, record(role="dev"), 1.5).decode() == (
        "192.0.2.7 - alice [15/Jan/2027:08:00:00 +0000] "
        '"POST /v1.41/containers/web/stop?t=5 HTTP/1.1" 204 50 in=100 head=0.2500 total=1.5000 '
        f"node=node-1 role=dev trace={TRACE} span={SPAN} parent={PARENT}\n"
    )


def test_the_same_as_json() -> None:
    assert orjson.loads(json_record(ASKED, record(role="dev"), 1.5)) == {
        "time": "2027-01-15T08:00:00.250Z",
        "from": "192.0.2.7",
        "who": "alice",
        "method": "POST",
        "path": "/v1.41/containers/web/stop",
        "query": "t=5",
        "status": 204,
        "nodes": ["node-1"],
        "received": 100,
        "sent": 50,
        "head_ms": 250.0,
        "ms": 1500.0,
        "trace": TRACE,
        "span": SPAN,
        "parent": PARENT,
        "role": "dev",
    }


def test_what_was_cut_off_says_so() -> None:
    cut = record(complete=False, headed=False, status=499, trace=None, nodes=[])
    assert text_line(ASKED, cut, 1.5).endswith(
        b"499 50 in=100 head=1.5000 total=1.5000 complete=no\n"
    )
    found = orjson.loads(json_record(ASKED, cut, 1.5))
    assert (found["complete"], found["head_ms"], found["nodes"]) == (False, 1500.0, [])


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        (b"name=web&force=1", b"name=web&force=1"),
        (b"buildargs=%7B%22TOKEN%22%3A%22hunter2%22%7D&t=app", b"buildargs=***&t=app"),
        (b"remote=https://me:hunter2@git.example/x", b"remote=***"),
        (b"fromSrc=https://me:hunter2@x&repo=y", b"fromSrc=***&repo=y"),
        (b"filters=%7B%22label%22%3A%5B%22token%3Dhunter2%22%5D%7D", b"filters=***"),
        (
            b"labels=hunter2&changes=ENV+A%3Dhunter2&Name=hunter2",
            b"labels=***&changes=***&Name=***",
        ),
        (b"n%61me=hunter2&invented=hunter2", b"n%61me=***&invented=***"),
        (b"", b""),
    ],
)
def test_of_a_query_only_what_names_something_is_shown(query: bytes, shown: bytes) -> None:
    assert shown_query(query) == shown


def test_a_query_is_bounded() -> None:
    many = shown_query(b"&".join([b"name=" + b"x" * 1000] * 100))
    assert many.count(b"&") == MOST_ARGUMENTS and many.endswith(b"&...")
    assert len(many) < MOST_ARGUMENTS * (LONGEST_VALUE + 10)
    assert len(shown_query(b"k" * 100_000)) < 100


def test_of_many_nodes_some_are_named() -> None:
    many = [f"node-{number}" for number in range(1000)]
    line = text_line(ASKED, record(nodes=many), 1.0).decode()
    assert f",+{1000 - MOST_NODES} " in line and len(line) < 1000
    assert len(orjson.loads(json_record(ASKED, record(nodes=many), 1.0))["nodes"]) == MOST_NODES


_FIELDS = re.compile(
    r'\S+ - \S+ \[[^\]]+\] "(?:[^"\\]|\\.)*" \d+ \d+ in=\d+ head=\S+ total=\S+( \w+=\S+)*\n'
)


@given(st.text(max_size=20), st.binary(max_size=40), st.binary(max_size=40), st.text(max_size=9))
def test_nothing_from_outside_ends_a_line_or_a_field(
    user: str, path: bytes, query: bytes, role: str
) -> None:
    evil = ASKED._replace(user=user or "-", path=path, query=shown_query(query))
    line = text_line(evil, record(role=role), 1.0).decode()
    assert _FIELDS.fullmatch(line) and line[:-1].isprintable() and line.isascii()
    other = json_record(evil, record(role=role), 1.0)
    assert other.count(b"\n") == 1 and other.decode()[:-1].isprintable()
    assert set(orjson.loads(other)) >= {"path", "query", "who"}
