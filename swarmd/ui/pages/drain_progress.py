"""A drain as it goes: how far it is, and what became of each container. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from twisted.web.template import Tag

from swarmd.manager.moving.drain import Drain
from swarmd.ui.markup import el, foreign

MOST = 30  # rows: those that need somebody first, then the latest
_WORDS = {"moving": "is being moved", "moved": "moved", "stays": "stays", "failed": "failed"}
_LEVELS = {"moving": "unknown", "moved": "good", "stays": "odd", "failed": "bad"}
_URGENT = ("failed", "stays", "moving", "moved")

Line = Mapping[str, Any]


def progress(drain: Drain, *, going: bool) -> Tag:
    """Its state in one line, a bar, and a table of what there is to see."""
    latest = newest(drain.lines)
    counts = dict.fromkeys(_WORDS, 0)
    for line in latest:
        counts[line["Status"]] += 1
    settled = counts["moved"] + counts["stays"] + counts["failed"]
    total = max(drain.total, len(latest))
    return el(
        "div",
        el("h2", "Drain"),
        el("p", summary(drain.lines, counts, settled, total, going=going)),
        el("progress", max=str(max(1, total)), value=str(settled), aria_label="Drained")
        if going
        else None,
        _table(latest) if latest else None,
    )


def newest(lines: Sequence[Line]) -> list[Line]:
    """What was said last of each container."""
    by_container = {line["Container"]: line for line in lines if "Container" in line}
    return list(by_container.values())


def summary(
    lines: Sequence[Line], counts: Mapping[str, int], settled: int, total: int, *, going: bool
) -> str:
    parts = [
        f"{counts[status]} {word}"
        for status, word in (("moved", "moved"), ("stays", "stay"), ("failed", "failed"))
        if counts[status] or status == "moved"
    ]
    words = ", ".join(parts)
    if going:
        return f"{settled} of {total} containers are dealt with: {words}."
    last = lines[-1] if lines else {}
    if last.get("Stopped"):
        return f"It was stopped: {words}. The others are where they were."
    if not last.get("Done"):
        return f"It was broken off: {words}. It goes on when the node answers again."
    return f"It is over: {words}. The node stays cordoned."


def _table(latest: Sequence[Line]) -> Tag:
    ordered = sorted(latest, key=lambda line: _URGENT.index(line["Status"]))
    shown, left = ordered[:MOST], len(ordered) - MOST
    heads = [el("th", text, scope="col") for text in ("Container", "What became of it", "Where")]
    more = el("p", f"and {left} more", class_="more") if left > 0 else None
    return el(
        "div",
        el(
            "table",
            el("caption", "Containers of the node", class_="unseen"),
            el("thead", el("tr", *heads)),
            el("tbody", *map(_row, shown)),
        ),
        more,
        class_="scroll",
    )


def _row(line: Line) -> Tag:
    status, reason = line["Status"], line.get("Reason", "")
    words = f"{_WORDS[status]}: {reason}" if reason else _WORDS[status]
    mark = el(
        "span", el("i", aria_hidden="true"), foreign(words), class_=f"state {_LEVELS[status]}"
    )
    name: object = foreign(line.get("Name") or line["Container"][:12])
    if line.get("As"):
        name = el("a", name, href=f"/swarmd/ui/containers/{line['As']}")
    return el(
        "tr",
        el("th", name, scope="row"),
        el("td", mark),
        el("td", foreign(line.get("To", "")), class_="node"),
    )
