"""``/swarmd/ui/containers/ID``: one container; its log and its curves, and all that is known."""

from __future__ import annotations

import orjson
from twisted.internet.defer import Deferred, gatherResults
from twisted.web.template import Tag

from swarmd.cluster.lookup import find_container
from swarmd.core.container.container_state import Container
from swarmd.core.container.resources import ONE_CPU
from swarmd.core.errors import ApiError
from swarmd.core.model import Engine
from swarmd.manager.fleet.read_your_writes import settle_containers, unsettled
from swarmd.ui.log_text import log_text
from swarmd.ui.markup import DASH, Content, amount, el, foreign, moment, size
from swarmd.ui.pages.containers_page import node_name, ports, state
from swarmd.ui.pages.node_rows import chips
from swarmd.ui.visit import View, Visit

_LINES = 200  # of the log, without scripts
_PATIENCE = 3.0  # seconds for an engine; then the page says so
_LARGEST = 1 << 20  # bytes of an inspect or a log that are shown
_LABELS = 40  # of labels and mounts
_PORTS = 200
CURVES = ("CPU", "Memory", "Network", "Disk")


async def container_page(visit: Visit, ref: str) -> View:
    fleet = visit.fleet
    await settle_containers(fleet, unsettled(fleet))
    container = find_container(fleet.state, ref)
    engine = fleet.engine(container)
    facts = facts_of(container, engine, visit.now, linked=visit.may("fleet", "read"))
    content = [
        el("p", el("a", "Containers", href="/swarmd/ui/containers"), class_="crumb"),
        el("h1", foreign(container.name) or container.id[:12]),
        el("section", facts, id="facts", data_live=True),
    ]
    if not visit.live:
        content += await _rest(visit, container, engine)
    return View(container.name or container.id[:12], "Containers", content)


async def _rest(visit: Visit, container: Container, engine: Engine) -> list[Tag]:
    """What its node has to be asked for, once."""
    logs = visit.may("containers", "logs")
    details, log = await _asked(visit, container, engine, logs=logs)
    parts = [
        _curves(container) if container.running else None,
        _log(container, log) if logs else None,
        _details(details),
    ]
    return [one for one in parts if one is not None]


async def _asked(
    visit: Visit, container: Container, engine: Engine, *, logs: bool
) -> tuple[str, str]:
    """Inspect and the end of the log, both at once; or why there is none."""
    asked = [_text(visit, container, engine, what) for what in ("json", "logs")[: 1 + logs]]
    found = await gatherResults([Deferred.fromCoroutine(one) for one in asked])
    return found[0], found[1] if logs else ""


async def _text(visit: Visit, container: Container, engine: Engine, what: str) -> str:
    query = [("stdout", "1"), ("stderr", "1"), ("tail", str(_LINES))] if what == "logs" else []
    try:
        answer = await visit.fleet.call(
            engine,
            "GET",
            "containers",
            container.id,
            what,
            query=query,
            timeout=_PATIENCE,
            limit=_LARGEST,
        )
    except ApiError as error:
        return error.message
    if what == "logs" and answer.status == 200:
        return log_text(answer.body)
    return indented(answer.body)


def indented(body: bytes) -> str:
    try:
        return orjson.dumps(orjson.loads(body), option=orjson.OPT_INDENT_2).decode()
    except orjson.JSONDecodeError:
        return body.decode("utf-8", "replace")


def facts_of(one: Container, engine: Engine, now: float, *, linked: bool) -> Tag:
    offset = engine.spec.clock_offset
    demand, image = one.demand, foreign(one.image)
    reserved = (
        [f"{amount(demand.cpus / ONE_CPU)} {'CPU' if demand.cpus == ONE_CPU else 'CPUs'}"]
        if demand.cpus
        else []
    )
    reserved += [size(demand.memory)] if demand.memory else []
    reserved += [f"{kind} {device}" for kind, device in demand.devices]
    mounts = [f"{mount.name or mount.source} → {mount.destination}" for mount in one.mounts]
    pairs: list[tuple[str, Content]] = [
        ("State", state(one, engine, now)),
        ("Node", node_name(engine, linked=linked)),
        ("Image", el("code", image)),
        ("ID", el("code", one.id, class_="id")),
        ("Created", [moment(one.created + offset, now), " ago"]),
        ("Started", _ago(one.started_at, offset, now) if one.running else ""),
        ("Ended", _ago(one.finished_at, offset, now) if not one.running else ""),
        ("Reserves", foreign(", ".join(reserved))),
        ("Ports", el("code", ports(one.published, _PORTS)) if one.published else ""),
        ("Networks", foreign(", ".join(name for name, _ in one.networks))),
        ("Mounts", [el("code", foreign(text)) for text in mounts[:_LABELS]]),
        ("Labels", chips(dict(one.labels), _LABELS)),
    ]
    return definitions(pairs)


def definitions(pairs: list[tuple[str, Content]]) -> Tag:
    """Names and what they are; those that are nothing are left out."""
    items = [el("div", el("dt", name), el("dd", value)) for name, value in pairs if value]
    return el("dl", *items, class_="facts")


def _ago(seconds: float, offset: float, now: float) -> Content:
    return [moment(seconds + offset, now), " ago"] if seconds else ""


def _curves(container: Container) -> Tag:
    """Drawn by a script, from what the engine tells each second."""
    figures = [
        el(
            "figure",
            el("figcaption", name, el("b", DASH, data_figure=name)),
            el(
                "svg",
                data_curve=name,
                class_="curve",
                viewBox="0 0 600 80",
                preserveAspectRatio="none",
                role="img",
                aria_label=f"{name} in the last minute",
            ),
        )
        for name in CURVES
    ]
    return el(
        "section",
        el("h2", "Use"),
        el(
            "p",
            "The curves need scripts; ",
            el("code", "docker stats"),
            " shows the same.",
            class_="scriptless",
        ),
        el("div", *figures, class_="curves", data_stats=container.id, hidden=True),
    )


def _log(container: Container, log: str) -> Tag:
    lines = el(
        "pre",
        log or "There is nothing in the log.",
        id="log",
        tabindex="0",
        role="log",
        aria_label="Log",
        data_logs=container.id,
    )
    follow = el(
        "label",
        el("input", type="checkbox", id="follow", checked=True),
        " Follow",
        class_="scripted",
        hidden=True,
    )
    return el("section", el("div", el("h2", "Log"), follow, class_="bar-row"), lines)


def _details(text: str) -> Tag:
    return el("details", el("summary", "Inspect"), el("pre", text, tabindex="0"), id="inspect")
