"""The audit log: a line of each request that changes something, without bodies or headers.

Of a query only values that name things are kept: build arguments, and URLs with passwords in them,
are in others.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

from swarmd.audit.line_log import LineLog
from swarmd.codec.path import decode_path
from swarmd.core.errors import ApiError
from swarmd.core.printable import json_line
from swarmd.core.request.audit_trail import AuditTrail
from swarmd.core.request.routes import ROUTES
from swarmd.core.request.version import parse_prefix, show
from swarmd.core.units import rfc3339
from swarmd.front.client_identity import identity_of
from swarmd.front.request import DockerRequest

LONGEST = 512  # characters of one value
_READS = (b"GET", b"HEAD", b"OPTIONS")
# POST by tradition: they only ask.
_QUESTIONS = frozenset(route.path.rpartition("/")[2] for route in ROUTES if route.asks)
_NAMING = ("name", "fromImage", "tag", "repo", "t", "container", "force", "signal")


class Recorder(LineLog):
    """The audit log.

    Makes a trail for each request that is to be recorded, and writes it at its end.

    Args:
        place: ``-``, ``journald`` or a path.
        now: Wall-clock seconds.
        manager: Names this swarmd in each line, where there are several; else "".

    Raises:
        OSError: Nothing can be written there.
    """

    def __init__(
        self, place: str, reactor: Any, now: Callable[[], float], manager: str = ""
    ) -> None:
        super().__init__("audit", place, reactor)
        self._now = now
        self._manager = {"swarmd": _text(manager)} if manager else {}

    def __call__(self, request: DockerRequest, denied: str = "") -> AuditTrail | None:
        """None for what changes nothing, unless it is ``denied``."""
        if not denied and request.method in _READS and request.header(b"upgrade") is None:
            return None  # else it may be a websocket to attach by
        call = _parts(request)
        if not denied and call["verb"] in _QUESTIONS:
            return None
        who = identity_of(request)
        began, moment = self._now(), self._reactor.seconds()
        record = {
            "time": rfc3339(began),
            **self._manager,
            "who": _text(who.name),
            "from": who.address or "unix",
            "method": request.method.decode("ascii", "replace"),
            **call,
            "args": _arguments(request),
        }
        if denied:
            record["reason"] = _text(denied)

        def on_finish(trail: AuditTrail, status: int, complete: bool) -> None:
            spent = self._reactor.seconds() - moment
            self._write(record, trail, status, complete, spent)

        return AuditTrail(on_finish)

    def _write(
        self, record: dict[str, Any], trail: AuditTrail, status: int, complete: bool, spent: float
    ) -> None:
        outcome = {"nodes": trail.nodes, "status": status, "ms": round(spent * 1000, 1)}
        if trail.answer:
            outcome["made"] = _made(trail.answer)
        if not complete:
            outcome["complete"] = False
        self.writer.write(json_line(record | outcome))


def _parts(request: DockerRequest) -> dict[str, str]:
    """The path as noun, verb and object, with the version that it asks for."""
    try:
        path = decode_path(request.path)
    except ApiError:
        path = request.path
    segments = path.decode("utf-8", "backslashreplace").strip("/").split("/")
    asked = parse_prefix(segments[0])
    if asked is not None:
        del segments[0]
    noun, rest = (segments or [""])[0], segments[1:]
    if request.method == b"DELETE":
        verb, named = "delete", rest
    elif not rest:
        verb, named = noun, rest
    else:
        verb, named = rest[-1], rest[:-1]
    return {
        "noun": _text(noun),
        "verb": _text(verb),
        "object": _text("/".join(named)),
        "api": show(asked) if asked else "",
    }


def _arguments(request: DockerRequest) -> dict[str, str]:
    """Those that name things."""
    try:
        found = {name: request.arg_list(name) for name in _NAMING}
    except ApiError:
        return {}
    return {name: _text(" ".join(values)) for name, values in found.items() if values}


def _made(answer: bytes) -> str:
    """The ID, or the name where there are no IDs, in the answer to a create."""
    try:
        made = orjson.loads(answer)
    except orjson.JSONDecodeError:
        return ""
    found = (made.get("Id") or made.get("Name")) if isinstance(made, dict) else ""
    return _text(found) if isinstance(found, str) else ""


def _text(value: str) -> str:
    """Short, and text for JSON whatever a client has sent."""
    return value[:LONGEST].encode("utf-8", "backslashreplace").decode()
