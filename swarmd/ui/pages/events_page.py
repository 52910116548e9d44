"""``/swarmd/ui/events``: what happens in the fleet, as it happens."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from twisted.web.template import Tag

from swarmd.core.names import SWARM_LABELS
from swarmd.manager.system.event_history import past_events
from swarmd.ui.markup import clock, el, foreign
from swarmd.ui.visit import View, Visit

PATH = "/swarmd/ui/events"
MOST = 50  # rows
_NANOS = 1_000_000_000
_HOUR = 3600
# Attributes that stand in columns, or say the same in another way.
_SAID = ("name", "image", "node.name", "node.id", "node.addr", "node.ip")
_LONGEST = 160  # characters of what is said beside


async def events_page(visit: Visit) -> View:
    """The nodes' own are remembered here; of all others the engines have to be asked."""
    now, wanted = int(visit.now * _NANOS), visit.arg("past") == "1"
    since = now - _HOUR * _NANOS
    if wanted:
        events = await past_events(visit.fleet, since, now)
    else:
        events = visit.fleet.hub.past(since, now)
    records = [event.record | {"moment": event.moment / _NANOS} for event in events[-MOST:]]
    ask = el("a", "Show the last hour of all nodes", href=f"{PATH}?past=1")
    words = "the newest of the last hour, of all nodes" if wanted else "of nodes, in the last hour"
    content = [
        el("div", el("h1", "Events"), el("span", ask if not wanted else None), class_="bar-row"),
        el("p", f"Shown: {words}; newer ones come in above.", class_="lead"),
        el("div", table(reversed(records)), class_="scroll", data_events=f"{visit.now:.3f}"),
    ]
    return View("Events", "Events", content)


def table(records: Iterable[Mapping[str, Any]]) -> Tag:
    heads = [("Time", None), ("Node", None), ("What", None), ("Name", None), ("Details", "wide")]
    return el(
        "table",
        el("caption", "Events, the newest first", class_="unseen"),
        el("thead", el("tr", *(el("th", text, scope="col", class_=kind) for text, kind in heads))),
        el("tbody", *map(row, records), id="feed", aria_live="polite", aria_relevant="additions"),
        class_="events",
    )


def _is_news(key: str) -> bool:
    return key not in _SAID and not key.startswith(SWARM_LABELS)


def row(record: Mapping[str, Any]) -> Tag:
    actor = record.get("Actor") or {}
    about = actor.get("Attributes") or {}
    name = about.get("name") or str(actor.get("ID", ""))[:12]
    kind, action = str(record.get("Type", "")), str(record.get("Action", ""))
    shown: object = foreign(str(name))
    if kind == "container":
        shown = el("a", shown, href=f"/swarmd/ui/containers/{actor.get('ID', '')}")
    details = ", ".join(f"{key}={text}" for key, text in about.items() if _is_news(key))
    return el(
        "tr",
        el("td", clock(record["moment"]), class_="time"),
        el("td", foreign(str(about.get("node.name", ""))), class_="node"),
        el("td", el("span", foreign(kind), class_="kind"), " ", foreign(action)),
        el("th", shown, scope="row"),
        el(
            "td",
            foreign(str(about.get("image", ""))),
            " ",
            el("small", foreign(details[:_LONGEST])),
            class_="wide",
        ),
    )
