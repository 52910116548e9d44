"""``docker images``: one row an image, however many engines have it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain
from typing import Any

import orjson

from swarmd.cluster.images.holders import outdated_tags
from swarmd.cluster.images.image_lookup import find_image
from swarmd.cluster.images.same_image import alike
from swarmd.cluster.interfaces import StateView
from swarmd.cluster.views.filters import (
    Filters,
    ImageQuery,
    bad_value,
    check_steps,
    flag,
    label_test,
    on_node,
)
from swarmd.cluster.views.image_details import NO_DETAILS, EngineDetails, add_details, as_of, users
from swarmd.core.container.list_item import separated
from swarmd.core.errors import BadParameter, NoSuchImage
from swarmd.core.image.image_reference import parse_reference, repository_of
from swarmd.core.model import Engine, Image
from swarmd.core.names import SWARM_LABELS, natural
from swarmd.core.pattern import Pattern, PatternError, path_match
from swarmd.core.request.version import OLDEST, Version
from swarmd.core.units import parse_duration

# Shown with each image; engines never see it.
NODES_LABEL = SWARM_LABELS + "nodes"

EngineImage = tuple[Image, Engine]
Test = Callable[[Image, Engine], bool]


def image_list(
    state: StateView,
    query: ImageQuery,
    now: float = 0.0,
    version: Version = OLDEST,
    details: EngineDetails = NO_DETAILS,
) -> Iterator[bytes]:
    """Chunks of a JSON array, newest first; label ``com.docker.swarm.nodes`` says who has it.

    What is shown is decided here and now; only the encoding is left for later.

    Args:
        now: Wall-clock seconds, for ``until`` filters with an age.
        version: Of the API, in whose shape the rows are.
        details: What engines have just told of their images beyond what is known.
    """
    fits_name = _reference(query.filters.get("reference", ()))
    tests = _tests(state, query, now)
    groups: dict[str, list[EngineImage]] = {}
    for image, engine in _all_images(state):
        if fits_name(_refs(image)) and all(test(image, engine) for test in tests):
            groups.setdefault(image.id, []).append((image, engine))
    newest = sorted(_together(groups.values()), key=lambda group: -group[0][0].created)
    count, known = users(state), state.containers.__contains__

    def row(group: Sequence[EngineImage]) -> bytes:
        item = _item(group, fits_name)
        as_of(item, version, sum(count[one] for one in {image.id for image, _ in group}))
        keys = ((engine.key, image.id) for image, engine in group)
        add_details(item, (details[key] for key in keys if key in details), known)
        return orjson.dumps(item)

    return chain((b"[",), separated(map(row, newest)), (b"]\n",))


def _together(groups: Iterable[list[EngineImage]]) -> list[list[EngineImage]]:
    """One row for what has one name and one content, which stores call by different IDs."""
    rows: list[list[EngineImage]] = []
    named: dict[str, list[list[EngineImage]]] = {}
    for group in groups:
        image, names = group[0][0], {ref for image, _ in group for ref in _refs(image)}
        near = (row for name in names for row in named.get(name, ()))
        row = next((row for row in near if alike(row[0][0], image)), None)
        if row is None:
            rows.append(row := [])
        row += group
        for name in names:
            named.setdefault(name, []).append(row)
    return rows


def _all_images(state: StateView) -> Iterable[EngineImage]:
    """With the tags that mean them: on one host an image loses a tag that another is given."""
    engines = sorted(state.engines.values(), key=lambda engine: natural(engine.name))
    outdated = outdated_tags(state)
    for engine in engines:
        for image in engine.images.values():
            lost = {tag for tag in image.tags if (engine.key, tag) in outdated} if outdated else ()
            left = tuple(tag for tag in image.tags if tag not in lost) if lost else image.tags
            yield (replace(image, tags=left) if lost else image), engine


def _refs(image: Image) -> Sequence[str]:
    return (*image.tags, *image.digests)


def _item(
    group: Sequence[EngineImage], fits_name: Callable[[Sequence[str]], bool]
) -> dict[str, Any]:
    item: dict[str, Any] = orjson.loads(group[0][0].entry)
    tags = _fitting((tag for image, _ in group for tag in image.tags), fits_name)
    digests = _fitting((one for image, _ in group for one in image.digests), fits_name)
    item["RepoTags"], item["RepoDigests"] = tags, digests
    nodes = " ".join(dict.fromkeys(engine.name for _, engine in group))
    item["Labels"] = {**(item.get("Labels") or {}), NODES_LABEL: nodes}
    return item


def _fitting(refs: Iterable[str], fits_name: Callable[[Sequence[str]], bool]) -> list[str]:
    return [ref for ref in dict.fromkeys(refs) if fits_name([ref])]


def _tests(state: StateView, query: ImageQuery, now: float) -> list[Test]:
    filters = query.filters
    has_labels = label_test(filters.get("label", ()))
    tests: list[Test] = [lambda image, engine: has_labels(image.labels)]
    if "node" in filters:
        tests.append(lambda image, engine: on_node(filters["node"], engine))
    parents = {image.parent for e in state.engines.values() for image in e.images.values()}
    dangling = flag(filters, "dangling")
    if dangling is not None:
        tests.append(lambda i, e: (not i.tags and i.id not in parents) == dangling)
    if not query.all:
        tests.append(lambda i, e: bool(_refs(i)) or i.id not in parents)
    return tests + _times(state, filters, now)


def _times(state: StateView, filters: Filters, now: float) -> list[Test]:
    tests: list[Test] = []
    if before := [_created(state, ref) for ref in filters.get("before", ())]:
        last = max(before)
        tests.append(lambda image, engine: image.created < last)
    if until := [_moment(text, now) for text in filters.get("until", ())]:
        moment = max(until)
        tests.append(lambda image, engine: image.created < moment)
    if since := [_created(state, ref) for ref in filters.get("since", ())]:
        first = min(since)
        tests.append(lambda image, engine: image.created > first)
    return tests


def _created(state: StateView, ref: str) -> int:
    for engine in state.engines.values():
        image = find_image(engine, ref)
        if image is not None:
            return image.created
    raise NoSuchImage(parse_reference(ref).shown)


def _moment(text: str, now: float) -> float:
    """A Unix time, an age (``24h``) or an RFC 3339 time."""
    try:
        return float(text)
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except ValueError:
        pass
    try:
        return now - parse_duration(text)
    except ValueError:
        raise bad_value("until", text) from None


def _reference(patterns: Sequence[str]) -> Callable[[Sequence[str]], bool]:
    """Whether one of an image's references fits one of ``patterns``: whole or without its tag."""
    if not patterns:
        return lambda refs: True
    found = [_path_match(pattern) for pattern in patterns]
    tests = [pattern.matches for pattern in found]
    check_steps(found)
    return lambda refs: any(test(ref) or test(repository_of(ref)) for ref in refs for test in tests)


def _path_match(pattern: str) -> Pattern:
    try:
        return path_match(pattern)
    except PatternError as error:
        raise BadParameter(f"invalid filter 'reference={pattern}': {error.reason}") from None
