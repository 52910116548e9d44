"""Which containers a list shows, newest first."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from functools import partial
from itertools import chain

from swarmd.cluster.images.holders import newest_holders
from swarmd.cluster.images.image_lookup import find_image
from swarmd.cluster.interfaces import StateView
from swarmd.cluster.kept_ids import own_ids
from swarmd.cluster.lookup import find_container
from swarmd.cluster.publishing.shown_ports import ShownPorts
from swarmd.cluster.views.filters import (
    Filters,
    ListQuery,
    PortFilter,
    anchored_name,
    bad_value,
    flag,
    is_part_of_name,
    label_test,
    name_tests,
    on_node,
    one_of,
    patterns,
    port_range,
)
from swarmd.cluster.views.rows import Row
from swarmd.core.container.container_state import Container
from swarmd.core.decode import STATES
from swarmd.core.model import Engine, Health
from swarmd.core.names import SWARM_LABELS
from swarmd.core.request.bounds import check_trials

Test = Callable[[Container], bool]

_HEALTH = ("starting", "healthy", "unhealthy", "none")
_TASK_LABEL = SWARM_LABELS + "task"


def select(state: StateView, query: ListQuery) -> Sequence[Row]:
    """Raises NoSuchContainer for an unknown ``before`` or ``since``, BadParameter for a value."""
    tests = _tests(state, query)
    ids = _candidates(state, query.filters)
    rows = state.catalogue.rows
    chosen = rows.newest_first(state.engines) if ids is None else rows.of(ids)
    check_trials(patterns(query.filters.get("name", ())), len(chosen), "filter name")
    for test in tests:
        chosen = [row for row in chosen if test(row.container)]
    if ids is not None:
        chosen = sorted(chosen, key=lambda row: _age_key(state, row.container), reverse=True)
    return chosen[: query.limit] if query.limit else chosen


# Where to look


def _candidates(state: StateView, filters: Filters) -> Iterable[str] | None:
    """IDs of as few as the indexes allow; None for all."""
    if "id" in filters:
        return _by_id(state, filters["id"])
    names = _names(state, filters["name"]) if "name" in filters else None
    if names is not None:
        return {one for name in names for one in state.catalogue.names.find(name)}
    if "label" in filters or "node" in filters:
        engines = [one for one in state.engines.values() if _may_hold(one, filters)]
        return chain.from_iterable(engine.containers for engine in engines)
    return None


def _names(state: StateView, values: Sequence[str]) -> Collection[str] | None:
    """The names that can match; None where only each container's own test can tell."""
    exact = [name for name in map(anchored_name, values) if name]
    if len(exact) == len(values):
        return exact
    if all(map(is_part_of_name, values)):
        return {name for one in values for name in state.catalogue.names if one in name}
    return None


def _by_id(state: StateView, prefixes: Iterable[str]) -> Iterable[str]:
    """Only starts that are unique count, as with an engine."""
    return {
        prefix if prefix in state.containers else ids[0]
        for prefix in prefixes
        if len(ids := state.catalogue.ids.starting_with(prefix, 2)) == 1
        or prefix in state.containers
    }


def _may_hold(engine: Engine, filters: Filters) -> bool:
    held = engine.tally.labels
    for wanted in filters.get("label", ()):
        key, equals, value = wanted.partition("=")
        if key not in held or (equals and value not in held[key]):
            return False
    return on_node(filters.get("node", ()), engine)


def _age_key(state: StateView, container: Container) -> float:
    """Engines' clocks are made comparable."""
    return container.created + state.engines[container.engine].spec.clock_offset


# What must hold


def _tests(state: StateView, query: ListQuery) -> list[Test]:
    filters = query.filters
    tests = [test for key, make in _MAKERS.items() if key in filters for test in make(filters[key])]
    tests += _position(state, filters)
    if "ancestor" in filters:
        tests.append(_ancestor(state, filters["ancestor"]))
    if "name" in filters:
        tests.append(_name(state, filters["name"]))
    if "node" in filters:
        tests.append(lambda one: on_node(filters["node"], state.engines[one.engine]))
    if "network" in filters:
        tests.append(_network(state, filters["network"]))
    if ports := [*_ports(state, filters, "publish"), *_ports(state, filters, "expose")]:
        tests.append(lambda container: any(test(container) for test in ports))
    if (task := flag(filters, "is-task")) is not None:
        tests.append(lambda container: _is_task(container) == task)
    if not (query.all or query.limit or "status" in filters):
        tests.append(_known_to_run(state))
    return tests + _validated_only(state)


def _known_to_run(state: StateView) -> Test:
    """Of an engine that does not answer nobody knows it."""
    lost = {engine.key for engine in state.engines.values() if not engine.healthy}
    return lambda container: container.running and container.engine not in lost


def _validated_only(state: StateView) -> list[Test]:
    """An engine that is joining has containers before its first sync has ended."""
    joining = {e.key for e in state.engines.values() if e.health is Health.PENDING and e.containers}
    return [lambda container: container.engine not in joining] if joining else []


def _status(values: Sequence[str]) -> Iterable[Test]:
    wanted = one_of({"status": tuple(values)}, "status", STATES)
    yield lambda container: container.state in wanted


def _health(values: Sequence[str]) -> Iterable[Test]:
    wanted = one_of({"health": tuple(values)}, "health", _HEALTH)
    yield lambda container: container.health in wanted


def _label(values: Sequence[str]) -> Iterable[Test]:
    fits = label_test(values)
    yield lambda container: fits(container.labels)


def _exited(values: Sequence[str]) -> Iterable[Test]:
    try:
        codes = {int(value) for value in values}
    except ValueError:
        raise bad_value("exited", ",".join(values)) from None
    yield lambda c: c.exit_code in codes and not c.running and c.finished_at > 0


def _network(state: StateView, values: Sequence[str]) -> Test:
    moved = frozenset(
        own for value in values if value for own in own_ids(value, state.engines.values())
    )
    return lambda container: any(
        name == value or (value and network_id.startswith(value)) or network_id in moved
        for name, network_id in container.networks
        for value in values
    )


def _volume(values: Sequence[str]) -> Iterable[Test]:
    wanted = frozenset(values)
    yield lambda container: any(
        (mount.name or mount.source) in wanted or mount.destination in wanted
        for mount in container.mounts
    )


_MAKERS: dict[str, Callable[[Sequence[str]], Iterable[Test]]] = {
    "status": _status,
    "health": _health,
    "label": _label,
    "exited": _exited,
    "volume": _volume,
}


def _is_task(container: Container) -> bool:
    return any(label.startswith(_TASK_LABEL) for label in container.labels)


def _ports(state: StateView, filters: Filters, key: str) -> list[Test]:
    ranges = [port_range(key, value) for value in filters.get(key, ())]
    shown = state.catalogue.ports
    return [partial(_has_port, shown, ranges, key == "publish")] if ranges else []


def _has_port(
    shown: ShownPorts | None, ranges: Sequence[PortFilter], public: bool, container: Container
) -> bool:
    published = container.published if shown is None else shown.published(container)
    return any(
        wanted.holds(port.public if public else port.private, port.proto)
        for port in published
        for wanted in ranges
    )


def _position(state: StateView, filters: Filters) -> list[Test]:
    """``before`` are the older ones, ``since`` the newer ones."""
    age = partial(_age_key, state)
    before = [age(find_container(state, ref)) for ref in filters.get("before", ())]
    since = [age(find_container(state, ref)) for ref in filters.get("since", ())]
    tests: list[Test] = []
    if before:
        last = max(before)
        tests.append(lambda container: age(container) < last)
    if since:
        first = min(since)
        tests.append(lambda container: age(container) > first)
    return tests


def _name(state: StateView, values: Sequence[str]) -> Test:
    """As an engine finds it, with and without slash; a path in the value means ``node/name``."""
    plain = name_tests(values)
    with_node = name_tests([one for one in values if "/" in one.lstrip("^").lstrip("/")])

    def test(container: Container) -> bool:
        name = container.name
        if any(fits(name) for fits in plain):
            return True
        path = f"{state.engines[container.engine].name}/{name}" if with_node else ""
        return any(fits(path) for fits in with_node)

    return test


def _ancestor(state: StateView, refs: Sequence[str]) -> Test:
    """Made from the image or one of its descendants, by the images of the container's engine.

    A name means what it was given to last, whatever else that engine still has it for.
    """
    newest = {ref: newest_holders(state, ref) for ref in refs}
    known: dict[str, frozenset[str]] = {}

    def test(container: Container) -> bool:
        key = container.engine
        if key not in known:
            engine = state.engines[key]
            named = (find_image(one, ref) for ref in refs for one in newest[ref] or [engine])
            known[key] = _family(engine, {image.id for image in named if image is not None})
        return container.image_id in known[key]

    return test


def _family(engine: Engine, named: set[str]) -> frozenset[str]:
    """The images with these IDs, and all that were built on them on ``engine``."""
    found = named
    grown = bool(found)
    while grown:
        children = {image.id for image in engine.images.values() if image.parent in found}
        grown = not children <= found
        found |= children
    return frozenset(found)
