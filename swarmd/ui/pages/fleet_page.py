"""``/swarmd/``: the fleet at a glance. What is wrong, what there is, what of it is taken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from twisted.web.template import Tag

from swarmd.core.model import Engine, Health
from swarmd.ui import findings, paging
from swarmd.ui.markup import Content, amount, bar, el, foreign, size
from swarmd.ui.pages import node_rows
from swarmd.ui.pages.node_rows import NodeRow, node_row
from swarmd.ui.search_form import choice, search_form
from swarmd.ui.visit import View, Visit

_WORST_LAST = (Health.HEALTHY, Health.UNHEALTHY, Health.PENDING)
_STEP = 100  # nodes that are counted in one turn


async def fleet_page(visit: Visit) -> View:
    rows = await _rows(visit)
    counts = await _states(visit, [row.engine for row in rows])
    query = {key: visit.arg(key) for key in ("q", "state", "sort")}
    chosen = [one for one in rows if node_rows.fits(one.engine, query["q"], query["state"])]
    ordered = node_rows.ordered(chosen, query["sort"] or "name")
    page = paging.page_of(visit.arg("page"), len(ordered))
    gpus = any(one.gpus[1] for one in rows)
    nodes = node_rows.table(
        ordered[page.start : page.stop],
        query,
        visit.now,
        linked=visit.may("fleet", "read"),
        gpus=gpus,
    )
    content = [
        el("h1", "Fleet", class_="unseen"),
        el(
            "section",
            el("h2", "What is wrong", class_="unseen"),
            findings.shown(_troubles(visit, rows, counts)),
            id="wrong",
            data_live=True,
        ),
        el("section", *summary(rows, gpus=gpus), id="summary", data_live=True, class_="tiles"),
        el(
            "section",
            el("div", el("h2", "Nodes"), _search(query), class_="bar-row"),
            el("div", nodes, id="nodes", data_live=True, class_="scroll"),
            el("div", paging.pager(page, node_rows.PATH, query, "node"), id="p", data_live=True),
        ),
        *_managers(visit),
    ]
    return View("Fleet", "Fleet", content)


def _managers(visit: Visit) -> list[Tag]:
    """Nothing of a swarmd that is alone."""
    rows = visit.backing.identity.managers().rows if visit.may("fleet", "read") else ()
    if not rows:
        return []
    lines = [
        el("li", el("b", foreign(address)), el("span", foreign(words))) for address, words in rows
    ]
    listed = el("ul", *lines, class_="listed")
    return [el("section", el("h2", "Managers"), listed, id="managers", data_live=True)]


async def _rows(visit: Visit) -> list[NodeRow]:
    """Of a scope, to count what a node holds is to look at all of its containers."""
    operator, overcommit = visit.backing.operator, visit.backing.identity.overcommit
    rows: list[NodeRow] = []
    for number, engine in enumerate(list(visit.fleet.state.engines.values()), 1):
        rows.append(node_row(engine, operator.availability(engine), overcommit))
        if number % _STEP == 0:
            await visit.rest()
    return rows


def _troubles(
    visit: Visit, rows: Sequence[NodeRow], counts: dict[str, int]
) -> Iterator[findings.Trouble]:
    fleet, whole = visit.fleet, visit.backing.whole
    if visit.sees_all:
        bad = [(kind, text) for kind, ask in whole.bad_files.items() for text in ask()]
        yield from findings.of_swarmd(fleet.problem, bad, fleet.notices())

    def link(engine: Engine) -> str:
        return node_rows.node_address(engine) if visit.may("fleet", "read") else ""

    yield from findings.of_nodes(
        [row.engine for row in rows], visit.now, visit.backing.advice, link
    )
    yield from findings.of_containers(counts)


async def _states(visit: Visit, engines: Sequence[Engine]) -> dict[str, int]:
    """Of containers; nobody knows how those of a lost node are doing."""
    counts: Counter[str] = Counter()
    if not visit.may("containers", "read"):
        return counts
    for number, engine in enumerate(engines, 1):
        for one in engine.containers.values() if engine.healthy else ():
            counts[one.state] += 1
            counts["unhealthy"] += one.running and one.health == "unhealthy"
        if number % _STEP == 0:
            await visit.rest()
    return counts


def summary(rows: Sequence[NodeRow], *, gpus: bool) -> list[Tag]:
    """Four or five sums over the fleet; what does not answer has nothing to give."""
    there = [row for row in rows if row.engine.healthy]
    health = Counter(row.engine.health for row in rows)
    cpus = [sum(column) for column in zip(*(row.cpus for row in there), strict=True)] or [0, 0]
    memory = [sum(column) for column in zip(*(row.memory for row in there), strict=True)] or [0, 0]
    devices = [sum(column) for column in zip(*(row.gpus for row in there), strict=True)] or [0, 0]
    running, total = sum(row.running for row in there), sum(row.total for row in rows)
    cordoned = sum(row.engine.cordoned for row in rows)
    parts = [f"{amount(health[one])} {one.value.lower()}" for one in _WORST_LAST if health[one]] + (
        [f"{amount(cordoned)} cordoned"] if cordoned else []
    )
    tiles = [
        _tile("Nodes", amount(len(rows)), ", ".join(parts) or "none is listed"),
        _tile("Containers", amount(running), f"running, of {amount(total)}"),
        _tile("CPUs", amount(round(cpus[0], 2)), f"reserved, of {amount(cpus[1])}", cpus),
        _tile("Memory", size(memory[0]), f"reserved, of {size(memory[1])}", memory),
    ]
    if gpus:
        tiles.append(_tile("GPUs", str(devices[0]), f"held, of {devices[1]}", devices))
    return tiles


def _tile(name: str, figure: str, words: str, load: Sequence[float] = ()) -> Tag:
    inside: Content = [el("h3", name), el("b", figure), el("span", words)]
    if load:
        inside.append(bar(load[0], load[1]))
    return el("div", *inside, class_="tile")


def _search(query: dict[str, str]) -> Tag:
    states = [("", "Any health"), *((one, one.title()) for one in node_rows.STATES)]
    health = choice("Health", "state", query["state"], states)
    hint = "Name, address, label, version"
    return search_form(node_rows.PATH, query, "Search nodes", hint, health)
