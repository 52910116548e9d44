"""``/swarmd/ui/containers``: all containers, searched, ordered and paged here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby

from twisted.web.template import Tag

from swarmd.cluster.views.container_list import LOST
from swarmd.core.container.container_state import Container, Published
from swarmd.core.container.status import status_text
from swarmd.core.model import Engine
from swarmd.core.names import natural
from swarmd.core.units import counted
from swarmd.manager.fleet.read_your_writes import settle_containers, unsettled
from swarmd.ui import paging
from swarmd.ui.markup import dot, el, foreign, moment
from swarmd.ui.pages import container_search as search
from swarmd.ui.pages.node_rows import node_address
from swarmd.ui.paging import heading
from swarmd.ui.search_form import choice, labelled, search_form
from swarmd.ui.visit import View, Visit

PATH = "/swarmd/ui/containers"
_LEVELS = {
    "running": "good",
    "paused": "unknown",
    "created": "unknown",
    "restarting": "odd",
    "dead": "bad",
    "removing": "odd",
}
_MOST_PORTS = 6
_MOST_NODES = 200  # in the list to choose from; of more, one is typed


async def containers_page(visit: Visit) -> View:
    fleet = visit.fleet
    await settle_containers(fleet, unsettled(fleet))
    query = {key: visit.arg(key) for key in ("q", "state", "node", "sort")}
    sort = search.sort_of(query["sort"])
    found = await search.matching(fleet.state, query, visit.rest)
    page = paging.page_of(visit.arg("page"), len(found))
    rows = await search.page_of(found, sort, page.start, page.stop, fleet.state, visit.rest)
    linked = visit.may("fleet", "read")
    engines = {
        one.engine: fleet.state.engines[one.engine]
        for one in rows
        if one.engine in fleet.state.engines
    }
    body = table(rows, engines, query, visit.now, linked=linked)
    content = [
        el("div", el("h1", "Containers"), _form(query, _names(visit)), class_="bar-row"),
        _unheard(fleet.state.engines.values()),
        el("div", body, id="containers", data_live=True, class_="scroll"),
        el("div", paging.pager(page, PATH, query, "container"), id="pages", data_live=True),
    ]
    return View("Containers", "Containers", content)


def _names(visit: Visit) -> list[str]:
    names = [engine.name for engine in visit.fleet.state.engines.values()]
    return sorted(names, key=natural) if len(names) <= _MOST_NODES else []


def _unheard(engines: Iterable[Engine]) -> Tag:
    """Right after the start of swarmd, and while nodes are away."""
    away = [engine for engine in engines if not engine.healthy]
    verb = "does" if len(away) == 1 else "do"
    words = f"{counted(len(away), 'node')} {verb} not answer: what runs there is not known."
    note = el("p", words)
    return el("div", note if away else None, class_="note", id="unheard", data_live=True)


def table(
    rows: Iterable[Container],
    engines: Mapping[str, Engine],
    query: Mapping[str, str],
    now: float,
    *,
    linked: bool,
) -> Tag:
    def column(text: str, key: str, **attributes: object) -> Tag:
        return heading(text, key, PATH, query, search.NEWEST, **attributes)

    heads = [
        column("Name", "name"),
        column("State", "state"),
        column("Image", "image", class_="wide"),
        column("Node", "node"),
        el("th", "Ports", scope="col", class_="wide"),
        column("Created", "created", class_="number wide"),
    ]
    body = [_row(one, engines.get(one.engine), now, linked=linked) for one in rows]
    empty = el("tr", el("td", "No container fits.", colspan=str(len(heads)), class_="none"))
    return el(
        "table",
        el("caption", "Containers", class_="unseen"),
        el("thead", el("tr", *heads)),
        el("tbody", *(body or [empty])),
        class_="containers",
    )


def _row(one: Container, engine: Engine | None, now: float, *, linked: bool) -> Tag:
    offset = engine.spec.clock_offset if engine is not None else 0.0
    return el(
        "tr",
        el(
            "th",
            el("a", foreign(one.name) or one.id[:12], href=address(one)),
            el("small", one.id[:12]),
            scope="row",
        ),
        el("td", state(one, engine, now)),
        el("td", el("code", foreign(one.image)), class_="wide image"),
        el("td", node_name(engine, linked=linked), class_="node"),
        el("td", el("code", ports(one.published)) if one.published else None, class_="wide"),
        el("td", moment(one.created + offset, now), class_="number wide"),
    )


def address(one: Container) -> str:
    return f"{PATH}/{one.id}"


def node_name(engine: Engine | None, *, linked: bool) -> object:
    if engine is None:
        return "gone"
    name = foreign(engine.name)
    return el("a", name, href=node_address(engine)) if linked else name


def state(one: Container, engine: Engine | None, now: float) -> Tag:
    """What ``docker ps`` says of it, with a mark."""
    if engine is None or not engine.healthy:
        return dot("unknown", LOST)
    words = status_text(one, now - engine.spec.clock_offset) or one.state
    return dot(level(one), words)


def level(one: Container) -> str:
    if one.state == "running":
        return {"unhealthy": "bad", "starting": "odd"}.get(one.health, "good")
    if one.state == "exited":
        return "odd" if one.exit_code else "unknown"
    return _LEVELS.get(one.state, "unknown")


def ports(published: Iterable[Published], most: int = _MOST_PORTS) -> str:
    """``8080→80/tcp, 53→53/udp, 9000/tcp``; each once, whatever addresses it is on."""
    distinct = {one._replace(ip="") for one in published}
    each = sorted(distinct, key=lambda one: (one.proto, one.private, one.public or 0))
    words = []
    for (private, proto), some in groupby(each, lambda one: (one.private, one.proto)):
        public = [str(one.public) for one in some if one.public]
        words.append(f"{'+'.join(public)}→{private}/{proto}" if public else f"{private}/{proto}")
    left = len(words) - most
    return ", ".join(words[:most]) + (f" and {left} more" if left > 0 else "")


def _form(query: Mapping[str, str], nodes: list[str]) -> Tag:
    states = [("", "Any state"), *((one, one) for one in search.CHOICES)]
    state_field = choice("State", "state", query["state"], states)
    hint = "Name, image, ID, label=value"
    node = _node_field(query["node"], nodes)
    return search_form(PATH, query, "Search containers", hint, state_field, node)


def _node_field(named: str, nodes: list[str]) -> Tag:
    if nodes and (not named or named in nodes):
        return choice("Node", "node", named, [("", "Any node"), *((one, one) for one in nodes)])
    field = el("input", type="text", name="node", value=named, placeholder="Node", data_search=True)
    return labelled("Node", field)
