"""``swarmd events``: what happened to nodes and containers, and what happens to them now.

With ``--follow`` it stays: when swarmd restarts, or the connection breaks, it says so on stderr,
waits for swarmd, and asks for what it missed.
"""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from difflib import get_close_matches
from random import random
from typing import Any
from urllib.parse import urlencode

import orjson

from swarmd.cli.arguments import Arguments
from swarmd.cli.client import Daemon, Unreachable
from swarmd.cli.errors import CommandError, Misuse
from swarmd.cli.moments import NANOS, parse_moment, shown, stamp
from swarmd.core.backoff import backoff
from swarmd.core.printable import printable

PROSE = """\
Those that swarmd and its engines remember (an engine its last 256), oldest first; with --follow,
also what happens from then on. Without a filter for the type, those of nodes and containers. The
filters are those of `docker events`: type=node, event=die, node=NAME, container=NAME, label=KEY ...

With --json, each event is a line as the API gives it."""

_TYPES = ("node", "container")
_FILTERS = (
    *("type", "event", "node", "container", "image", "label", "network", "volume", "scope"),
    *("daemon", "plugin", "service", "secret", "config"),
)
_OURS = ("node.", "com.docker.swarm.")
_LONGEST_PAUSE = 10.0  # seconds between attempts to find swarmd again
_OVERLAP = 5 * NANOS  # what is asked for once more: clocks of engines differ
_REMEMBERED = 10_000  # events, so that none is shown twice

Event = Mapping[str, Any]


@dataclass(frozen=True)
class Window:
    """What is asked for; ``until`` is None for what goes on."""

    filters: Mapping[str, Sequence[str]]
    since: int | None
    until: int | None

    def path(self, since: int | None) -> str:
        query = {"filters": orjson.dumps(self.filters).decode()}
        if since is not None:
            query["since"] = stamp(since)
        if self.until is not None:
            query["until"] = stamp(self.until)
        return f"/events?{urlencode(query)}"


async def events(daemon: Daemon, arguments: Arguments) -> None:
    if arguments.words:
        raise Misuse(f"what is {arguments.words[0]!r}? filters are given as --filter KEY=VALUE")
    zone = datetime.now().astimezone().tzinfo
    assert zone is not None
    window = window_of(arguments, time.time(), zone)
    printer = Printer(zone, as_json=arguments.json)
    if arguments.flag("follow"):
        await _follow(daemon, window, printer)
    else:
        await daemon.lines("GET", window.path(window.since), printer.show)


def window_of(arguments: Arguments, now: float, zone: tzinfo) -> Window:
    """Raises Misuse."""
    since, until = (
        parse_moment(arguments.value(key), now, zone) if arguments.flag(key) else None
        for key in ("since", "until")
    )
    if since is not None and until is not None and since > until:
        raise Misuse("--since is after --until")
    if not arguments.flag("follow"):
        if until is not None and until > now * NANOS:
            raise Misuse("--until is in the future: add --follow to wait for it")
        until = int(now * NANOS) if until is None else until
    return Window(_filters(arguments.values("filter")), since, until)


def _filters(given: Sequence[str]) -> dict[str, list[str]]:
    filters: dict[str, list[str]] = {}
    for text in given:
        key, mark, value = text.partition("=")
        if not mark:
            raise Misuse(f"--filter {text!r} is not KEY=VALUE")
        if key not in _FILTERS:
            near = get_close_matches(key, _FILTERS, 1, 0.5)
            known = f"did you mean {near[0]}?" if near else f"there are {', '.join(_FILTERS)}"
            raise Misuse(f"there is no filter {key}; {known}")
        filters.setdefault(key, []).append(value)
    filters.setdefault("type", list(_TYPES))
    return filters


class Printer:
    """Prints events, each once.

    Attributes:
        last: The moment of the latest, in nanoseconds; None before the first.
    """

    def __init__(self, zone: tzinfo, *, as_json: bool) -> None:
        self.last: int | None = None
        self._zone = zone
        self._as_json = as_json
        self._seen: deque[object] = deque(maxlen=_REMEMBERED)
        self._known: set[object] = set()

    def show(self, event: Any) -> None:
        """Raises CommandError if it is no event but the end of them."""
        if not isinstance(event, dict) or "Type" not in event:
            raise Unreachable(str(event.get("error") if isinstance(event, dict) else event))
        moment = int(event.get("timeNano") or 0)
        if self._is_known((moment, event["Type"], event.get("Action"), _actor(event).get("ID"))):
            return
        self.last = max(moment, self.last or 0)
        text = orjson.dumps(event).decode() if self._as_json else line(event, self._zone)
        print(text, flush=True)

    def _is_known(self, identity: object) -> bool:
        if identity in self._known:
            return True
        if len(self._seen) == _REMEMBERED:
            self._known.discard(self._seen[0])
        self._seen.append(identity)
        self._known.add(identity)
        return False


def line(event: Event, zone: tzinfo) -> str:
    """For people; what names the node again, and labels of ours, are left out."""
    actor = _actor(event)
    attributes = dict(actor.get("Attributes") or {})
    name = attributes.pop("name", "") or str(actor.get("ID", ""))[:12]
    node = attributes.pop("node.name", "")
    about = [f"node={node}"] if node and event["Type"] != "node" else []
    about += [f"{k}={v}" for k, v in sorted(attributes.items()) if not k.startswith(_OURS)]
    when = shown(int(event.get("timeNano") or 0), zone)
    details = f" ({', '.join(about)})" if about else ""
    return printable(f"{when} {event['Type']} {event.get('Action', '')} {name}{details}")


def _actor(event: Event) -> dict[str, Any]:
    actor = event.get("Actor")
    return actor if isinstance(actor, dict) else {}


async def _follow(daemon: Daemon, window: Window, printer: Printer) -> None:
    """Until ``until``; a swarmd that was never there, or that refuses, ends it."""
    since, attempt, reached = window.since, 0, False

    def opened() -> None:
        nonlocal attempt, reached
        if attempt:
            print("swarmd: connected again", file=sys.stderr, flush=True)
        attempt, reached = 0, True

    while True:
        lost = await _once(daemon, window.path(since), printer.show, opened)
        if window.until is not None and (not lost or time.time() * NANOS > window.until):
            return
        if not reached:
            raise CommandError(lost)
        if attempt == 0:
            why = lost or "swarmd has ended the stream"
            print(f"swarmd: {printable(why)}; waiting for it", file=sys.stderr, flush=True)
            since = _resumption(window, printer)
        attempt += 1
        await daemon.pause(backoff(attempt, base=1, ceiling=_LONGEST_PAUSE, jitter=random))


async def _once(
    daemon: Daemon, path: str, show: Callable[[Any], None], opened: Callable[[], None]
) -> str:
    """Why the stream ended before its time, "" if it did not."""
    try:
        await daemon.lines("GET", path, show, opened)
    except Unreachable as error:
        return str(error)
    return ""


def _resumption(window: Window, printer: Printer) -> int:
    """From when on something may have been missed."""
    if printer.last is not None:
        return printer.last - _OVERLAP
    return window.since if window.since is not None else int(time.time() * NANOS) - _OVERLAP
