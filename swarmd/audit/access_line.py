"""A line of the access log: who asked for what, and what came of it. Pure.

Of a query only values that name or choose something are shown, by a list: build arguments, labels,
filters and URLs may hold passwords, and so may whatever a later API brings. Headers, where
registries' passwords are, are never shown.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from swarmd.core.printable import json_line
from swarmd.core.request.request_record import RequestRecord
from swarmd.core.units import rfc3339

LONGEST_PATH = 512  # characters
LONGEST_VALUE = 128
LONGEST_KEY = 32
MOST_ARGUMENTS = 32
MOST_NODES = 16

# Their values are names, numbers and switches.
_SHOWN = frozenset(
    b"""all condition container copyUIDGID digests dockerfile force forcerm fromImage h limit link
    logs name names noOverwriteDirNonDir nocache one-shot path platform pull repo rm shared-size
    signal since size squash stderr stdin stdout stream t tag tail target term timestamps type until
    v verbose version w""".split()
)
_HIDDEN = b"***"
_UNSAFE = re.compile(r'["\\]|[^\x20-\x7e]')


class AccessRequest(NamedTuple):
    """What is known of a request when it begins.

    Attributes:
        began: Seconds since the epoch.
        address: Of the client; "unix" for a Unix socket.
        user: What its connection proves; "-" if that is nothing.
        query: As ``shown_query`` shows it.
        version: Of HTTP.
    """

    began: float
    address: str
    user: str
    method: bytes
    path: bytes
    query: bytes
    version: bytes


def text_line(asked: AccessRequest, record: RequestRecord, took: float) -> bytes:
    """As in Apache's common log, with further fields, each with its name, behind it."""
    target = asked.path + b"?" + asked.query if asked.query else asked.path
    request = b"%b %b HTTP/%b" % (asked.method[:LONGEST_KEY], target, asked.version)
    line = (
        f"{asked.address} - {_word(asked.user)} [{_clf_time(int(asked.began))}] "
        f'"{_escaped(request)}" {record.status} {record.sent} in={record.received} '
        f"head={_seconds(record, took):.4f} total={took:.4f}"
    )
    if record.nodes:
        line += f" node={_nodes(record)}"
    if record.role:
        line += f" role={_word(record.role)}"
    for name, value in _trace(record).items():
        line += f" {name}={value}"
    return f"{line}{'' if record.complete else ' complete=no'}\n".encode()


def json_record(asked: AccessRequest, record: RequestRecord, took: float) -> bytes:
    """The same as JSON."""
    found: dict[str, Any] = {
        "time": rfc3339(asked.began),
        "from": asked.address,
        "who": asked.user,
        "method": _text(asked.method[:LONGEST_KEY]),
        "path": _text(asked.path),
        "query": _text(asked.query),
        "status": record.status,
        "nodes": record.nodes[:MOST_NODES],
        "received": record.received,
        "sent": record.sent,
        "head_ms": round(_seconds(record, took) * 1000, 2),
        "ms": round(took * 1000, 2),
    }
    found |= _trace(record)
    if record.role:
        found["role"] = record.role
    if not record.complete:
        found["complete"] = False
    return json_line(found)


def shown_query(query: bytes) -> bytes:
    """A query without values that may be secret, and bounded."""
    if not query:
        return b""
    pairs = query.split(b"&", MOST_ARGUMENTS)
    cut = [*pairs[:MOST_ARGUMENTS], *([b"..."] if len(pairs) > MOST_ARGUMENTS else [])]
    return b"&".join(map(_shown_pair, cut))


def _shown_pair(pair: bytes) -> bytes:
    key, mark, value = pair.partition(b"=")
    if not mark:
        return key[:LONGEST_KEY]
    return key[:LONGEST_KEY] + b"=" + (value[:LONGEST_VALUE] if key in _SHOWN else _HIDDEN)


def _seconds(record: RequestRecord, took: float) -> float:
    """Until the head of the answer; of none, until it was given up."""
    return record.waited if record.headed else took


def _nodes(record: RequestRecord) -> str:
    more = len(record.nodes) - MOST_NODES
    return ",".join(map(_word, record.nodes[:MOST_NODES])) + (f",+{more}" if more > 0 else "")


def _trace(record: RequestRecord) -> dict[str, str]:
    trace = record.trace
    if trace is None:
        return {}
    found = {"trace": trace.trace_id, "span": trace.span_id}
    return found | {"parent": trace.parent_id} if trace.parent_id else found


def _text(value: bytes) -> str:
    return value.decode("utf-8", "backslashreplace")


def _escaped(value: bytes) -> str:
    """As Apache does it: neither a quote nor a control character ends the field."""
    text = value.decode("latin-1")
    return text if not _UNSAFE.search(text) else _UNSAFE.sub(_escape, text)


def _escape(found: re.Match[str]) -> str:
    char = found[0]
    return "\\" + char if char in '"\\' else f"\\x{ord(char):02x}"


@lru_cache(maxsize=1024)  # names of clients, roles and nodes come again and again
def _word(value: str) -> str:
    """Without a blank, where blanks end a field."""
    return _escaped(value.encode("utf-8", "backslashreplace")).replace(" ", "\\x20")


@lru_cache(maxsize=2)
def _clf_time(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000")
