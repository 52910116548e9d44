"""``/swarmd/ui/nodes/NAME``: one node; what it is, its last hour, and what is done with it."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from twisted.web.template import Tag

from swarmd.cluster.history import Sample
from swarmd.cluster.lookup import find_engine
from swarmd.codec.path import clean_path
from swarmd.core.container.resources import ONE_CPU
from swarmd.core.errors import BadParameter, NotFound
from swarmd.core.model import Engine, Health
from swarmd.core.units import counted
from swarmd.manager.interfaces import FleetView
from swarmd.ui import curves, findings, paging
from swarmd.ui.markup import Content, amount, bar, clock, el, foreign, moment, size
from swarmd.ui.pages.container_page import definitions
from swarmd.ui.pages.drain_progress import progress
from swarmd.ui.pages.node_forms import actions, node_form
from swarmd.ui.pages.node_rows import BUILT_IN, NodeRow, chips, health, node_address, node_row
from swarmd.ui.visit import View, Visit

_OFTEN = 1  # seconds between two looks at a drain


async def node_page(visit: Visit, ref: str) -> View:
    engine = found(visit.fleet, ref)
    backing = visit.backing
    row = node_row(engine, backing.operator.availability(engine), backing.identity.overcommit)
    draining = row.availability == "draining"
    content = [*_head(visit, row), *_now(visit, row), *_about(visit, row)]
    every = _OFTEN if draining else 3
    return View(engine.name, "Fleet", content, every=every, urgent=draining)


def _head(visit: Visit, row: NodeRow) -> list[Tag]:
    engine = row.engine
    state = el("span", *health(engine, row.availability), id="health", data_live=True)
    return [
        el("p", el("a", "Fleet", href="/swarmd/"), class_="crumb"),
        el("div", el("h1", foreign(engine.name)), state, class_="title-row"),
    ]


def _now(visit: Visit, row: NodeRow) -> list[Tag]:
    """What is wrong, what can be done, and what is being done."""
    engine, backing = row.engine, visit.backing
    troubles = list(findings.of_nodes([engine], visit.now, backing.advice, lambda _: ""))
    doing = actions(visit, row) if visit.may("fleet", "admin") else None
    drain = backing.operator.last_drain(engine)
    report = progress(drain, going=row.availability == "draining") if drain else None
    return [
        _section("wrong", findings.shown(troubles) if troubles else None),
        _section("actions", doing),
        _section("drain", report, aria_live="polite"),
        _section("load", *load(row), class_="tiles"),
    ]


def _about(visit: Visit, row: NodeRow) -> list[Tag]:
    curves_of = hour(visit.backing.history.of(row.engine), row, visit.now)
    labels = _labels(visit, row.engine, change=visit.may("fleet", "admin"))
    return [
        _section("hour", el("h2", "The last hour"), curves_of),
        _section("facts", el("h2", "The node"), facts(row, visit.now)),
        _section("labels", el("h2", "Labels"), *labels),
    ]


def _section(name: str, *content: Content, **attributes: object) -> Tag:
    return el("section", *content, id=name, data_live=True, **attributes)


def found(fleet: FleetView, ref: str) -> Engine:
    """By name, address or ID; an address may have lost its slashes in a path."""
    try:
        return find_engine(fleet.state, ref)
    except NotFound:
        plain = clean_path(f"/{ref}".encode())
        for engine in fleet.state.engines.values():
            if clean_path(f"/{engine.name}".encode()) == plain:
                return engine
        raise


async def change_node(visit: Visit, ref: str, action: str) -> View:
    """A form of the page was sent; the answer leads back to it."""
    engine, form, operator = found(visit.fleet, ref), visit.form, visit.backing.operator
    acts: dict[str, Callable[[], Coroutine[Any, Any, object]]] = {
        "cordon": lambda: operator.cordon(engine.key, True),
        "uncordon": lambda: operator.cordon(engine.key, False),
        "drain": lambda: operator.drain(engine.key),
        "lost": lambda: operator.lost_for_good(engine.key),
        "forget": lambda: operator.forget(engine.key, form.get("container", "")),
        "labels": lambda: _label(visit, engine, form.get("add", ""), form.get("remove", "")),
    }
    await acts[action]()
    return View(engine.name, status=303, location=node_address(engine))


async def _label(visit: Visit, engine: Engine, add: str, remove: str) -> None:
    key, equals, text = add.strip().partition("=")
    if not (add or remove) or (add and not equals):
        raise BadParameter("a label is given as key=value")
    added = {key.strip(): text.strip()} if add else {}
    await visit.backing.operator.label(engine.key, added, [remove] if remove else [])


# What it is


def load(row: NodeRow) -> list[Tag]:
    """What is reserved of it, in figures."""
    cpus, memory = row.cpus, row.memory
    named = paging.address("/swarmd/ui/containers", {"node": row.engine.name})
    tiles = [
        _tile("CPUs", f"{amount(round(cpus[0], 2))} of {amount(cpus[1])} reserved", cpus),
        _tile("Memory", f"{size(memory[0])} of {size(memory[1])} reserved", memory),
        _tile("GPUs", f"{row.gpus[0]} of {row.gpus[1]} held", row.gpus) if row.gpus[1] else None,
        el(
            "div",
            el("h3", "Containers"),
            el("a", f"{amount(row.running)} running, of {amount(row.total)}", href=named),
            class_="tile",
        ),
    ]
    return [tile for tile in tiles if tile is not None]


def _tile(name: str, words: str, pair: tuple[float, float]) -> Tag:
    return el("div", el("h3", name), el("span", words), bar(*pair), class_="tile")


def hour(samples: Sequence[Sample], row: NodeRow, now: float) -> Tag:
    """Its health, and what was reserved, as curves with their numbers in words."""
    cpus = [(one.moment, one.cpus / ONE_CPU) for one in samples]
    memory = [(one.moment, one.memory) for one in samples]
    devices = [(one.moment, one.devices) for one in samples]
    figures = [
        _figure(
            "Health",
            health_words(samples, now),
            lambda words: curves.health_strip(samples, now, words),
        ),
        _figure(
            "CPUs reserved",
            _span_words([value for _, value in cpus], row.cpus[1], amount),
            lambda words: curves.area(cpus, row.cpus[1], now, words),
        ),
        _figure(
            "Memory reserved",
            _span_words([v for _, v in memory], row.memory[1], size),
            lambda words: curves.area(memory, row.memory[1], now, words),
        ),
    ]
    if row.gpus[1]:
        words = _span_words([value for _, value in devices], row.gpus[1], amount)
        figures.append(
            _figure("GPUs held", words, lambda said: curves.area(devices, row.gpus[1], now, said))
        )
    begin = clock(samples[0].moment) if samples else clock(now)
    axis = el(
        "p",
        el("span", "an hour ago"),
        el("span", f"known since {begin} UTC"),
        el("span", "now"),
        class_="axis",
    )
    return el("div", *figures, axis, class_="curves hour")


def _figure(name: str, words: str, draw: Callable[[str], Tag]) -> Tag:
    caption = el("figcaption", name, el("b", words))
    return el("figure", caption, draw(f"{name}: {words}"))


def _span_words(values: Sequence[float], top: float, show: Callable[[float], str]) -> str:
    if not values:
        return "not known"
    low, high, last = (show(round(one, 2)) for one in (min(values), max(values), values[-1]))
    between = f", between {low} and {high}" if low != high else ""
    return f"{last} of {show(top)}{between}"


def health_words(samples: Sequence[Sample], now: float) -> str:
    """How often it fell, and for how long it was away."""
    stretches = curves.spans(samples, now)
    away = [(end - start) for start, end, health in stretches if health is Health.UNHEALTHY]
    if not away:
        return "always answered" if samples else "not known"
    return f"away {counted(len(away), 'time')}, {max(1, round(sum(away) / 60))} min in all"


def facts(row: NodeRow, now: float) -> Tag:
    engine, spec = row.engine, row.engine.spec
    images = len(engine.images)
    versions = [".".join(map(str, one)) for one in (spec.api_min, spec.api_max)]
    since: Content = [engine.health.value.lower(), " for ", moment(engine.since, now)]
    return definitions(
        [
            ("Address", el("code", foreign(engine.address))),
            ("Engine ID", el("code", foreign(spec.id))),
            ("Engine", foreign(f"Docker {spec.version}, API {' to '.join(versions)}")),
            ("System", foreign(f"{spec.operating_system}, Linux {spec.kernel}")),
            ("Platform", foreign(f"{spec.os_type}/{spec.architecture}")),
            ("Storage", foreign(spec.storage_driver)),
            (
                "Has",
                f"{counted(spec.cpus, 'CPU')}, {size(spec.memory)}, {counted(images, 'image')}",
            ),
            ("Since", since if engine.since else ""),
        ]
    )


def _labels(visit: Visit, engine: Engine, *, change: bool) -> list[Tag]:
    """Those of the operator can be taken off here; the others stand in files elsewhere."""
    own = dict(engine.operator_labels)
    fixed = {k: v for k, v in sorted(engine.labels.items()) if k not in own and k not in BUILT_IN}
    if not change:
        return [el("p", *chips({**fixed, **own}), class_="chips")]
    removable = [
        node_form(
            visit,
            engine,
            "labels",
            el("code", foreign(f"{key}={text}")),
            el("input", type="hidden", name="remove", value=key),
            el("button", "\N{MULTIPLICATION SIGN}", aria_label=f"Remove the label {foreign(key)}"),
            class_="chip",
        )
        for key, text in sorted(own.items())
    ]
    field = el(
        "label",
        el("span", "New label ", class_="unseen"),
        el("input", type="text", name="add", required=True, placeholder="key=value"),
    )
    add = node_form(visit, engine, "labels", field, el("button", "Add"), class_="add")
    return [el("div", *chips(fixed), *removable, add, class_="chips")]
