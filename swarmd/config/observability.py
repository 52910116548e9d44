"""What watches swarmd from outside: probes, metrics, logs, traces. Their options, checked."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from swarmd.audit.targets import target
from swarmd.config.listen_addresses import parse_listen

LOG_FORMATS = ("text", "json")


@dataclass(frozen=True, slots=True)
class Observability:
    """The settings of what watches swarmd.

    Attributes:
        metrics_listen: Where metrics and probes are had in plain HTTP, and nothing else.
        ready_nodes: How many nodes have to be healthy for ``/readyz``.
        log_format: Of the log and of the access log: text or json.
        access_log: Where requests are logged; "" for nowhere.
        trace_requests: A request that brings no ``traceparent`` gets one.
    """

    metrics_listen: tuple[str, ...] = ()
    ready_nodes: int = 1
    log_format: str = "text"
    access_log: str = ""
    trace_requests: bool = False


def observability(options: Mapping[str, Any], environ: Mapping[str, str]) -> Observability:
    """From parsed ``Options``; ValueError for the first thing that is wrong."""
    return Observability(
        metrics_listen=_metrics_listen(options["metrics-listen"], environ),
        ready_nodes=_ready_nodes(str(options["ready-nodes"])),
        log_format=_log_format(options["log-format"]),
        access_log=_access_log(options["access-log"] or ""),
        trace_requests=bool(options["trace-requests"]),
    )


def _metrics_listen(given: list[str], environ: Mapping[str, str]) -> tuple[str, ...]:
    found = []
    for text in map(str.strip, given):
        try:
            found.append(parse_listen(text, environ))
            if text in ("fd://", "fd://*"):
                raise ValueError("fd:// is all sockets; name the one, as fd://4")
        except ValueError as error:
            raise ValueError(f"--metrics-listen: {error}") from None
    return tuple(dict.fromkeys(found))


def _ready_nodes(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise ValueError(f"--ready-nodes: {text!r} is not a whole number from 0 on")
    return int(text)


def _log_format(name: str) -> str:
    if name not in LOG_FORMATS:
        raise ValueError(f"--log-format {name!r} is none of {', '.join(LOG_FORMATS)}")
    return name


def _access_log(place: str) -> str:
    if place in ("", "-"):
        return place
    if place == "journald":
        raise ValueError("--access-log journald: use -, the journal has the standard output anyway")
    path = os.path.abspath(place)
    try:
        target(path).close()
    except OSError as error:
        raise ValueError(f"--access-log {path}: {error.strerror}") from None
    return path


def audit_log(place: str) -> str:
    """Where calls that change something are recorded; ValueError if nothing can be there."""
    if place in ("", "-"):
        return place
    place = place if place == "journald" else os.path.abspath(place)
    try:
        target(place).close()
    except OSError as error:
        raise ValueError(f"--audit-log {place}: {error.strerror}") from None
    return place
