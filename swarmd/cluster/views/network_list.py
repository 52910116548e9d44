"""``docker network ls``: local networks of each engine, global and predefined ones once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import chain

import orjson

from swarmd.cluster.interfaces import StateView
from swarmd.cluster.kept_ids import network_id
from swarmd.cluster.lookup import network_identity
from swarmd.cluster.views.filters import (
    NetworkQuery,
    bad_value,
    flag,
    label_test,
    on_node,
    text_tests,
)
from swarmd.core.container.list_item import separated
from swarmd.core.model import Engine, Network
from swarmd.core.names import natural
from swarmd.core.predefined import PREDEFINED

EngineNetwork = tuple[Network, Engine]
Test = Callable[[Network, Engine], bool]


def network_list(state: StateView, query: NetworkQuery) -> Iterator[bytes]:
    """Chunks of a JSON array. A name that several networks have is shown as ``node/name``.

    What is shown is decided here and now; only the encoding is left for later.
    """
    unique = _unique(state)
    names = Counter(network.name for network, _ in unique)
    tests = _tests(state, query)
    shown = [
        (network, engine)
        for network, engine in unique
        if all(test(network, engine) for test in tests)
    ]
    rows = (_row(network, engine, shared=names[network.name] > 1) for network, engine in shown)
    return chain((b"[",), separated(rows), (b"]\n",))


def _unique(state: StateView) -> list[EngineNetwork]:
    """Each network once, by name and then by node."""
    engines = sorted(state.engines.values(), key=lambda engine: natural(engine.name))
    found: dict[str, EngineNetwork] = {}
    for engine in engines:
        for network in engine.networks.values():
            found.setdefault(network_identity(network, engine), (network, engine))
    return sorted(found.values(), key=lambda held: natural(held[0].name))


def _row(network: Network, engine: Engine, *, shared: bool) -> bytes:
    if not shared and network.id == network_id(network):
        return network.entry
    item = orjson.loads(network.entry)
    item["Id"] = network_id(network)
    item["Name"] = f"{engine.name}/{network.name}" if shared else network.name
    return orjson.dumps(item)


def _tests(state: StateView, query: NetworkQuery) -> list[Test]:
    filters = query.filters
    has_labels = label_test(filters.get("label", ()))
    tests: list[Test] = [
        lambda network, engine: has_labels(network.labels),
        lambda network, engine: on_node(filters.get("node", ()), engine),
    ]
    if "driver" in filters:
        tests.append(lambda network, engine: network.driver in filters["driver"])
    if "scope" in filters:
        tests.append(lambda network, engine: network.scope in filters["scope"])
    if "type" in filters:
        tests.append(_of_type(filters["type"]))
    for key in ("name", "id"):
        if key in filters:
            tests.append(_text(key, filters[key]))
    dangling = flag(filters, "dangling")
    if dangling is not None:
        tests.append(_dangling(state, dangling))
    return tests


def _of_type(values: Sequence[str]) -> Test:
    for value in values:
        if value not in ("custom", "builtin"):
            raise bad_value("type", value)
    return lambda network, engine: ("builtin" if network.name in PREDEFINED else "custom") in values


def _text(key: str, values: Sequence[str]) -> Test:
    """Unanchored regular expressions, for IDs too, as with engines; a path means ``node/name``."""
    plain = text_tests(value for value in values if "/" not in value)
    with_node = text_tests(value for value in values if "/" in value)
    if key == "id":
        return lambda network, engine: any(fits(network_id(network)) for fits in plain)
    return lambda network, engine: (
        any(fits(network.name) for fits in plain)
        or any(fits(f"{engine.name}/{network.name}") for fits in with_node)
    )


def _dangling(state: StateView, dangling: bool) -> Test:
    used = {
        network_id
        for container in state.containers.values()
        for _, network_id in container.networks
    }
    return lambda network, engine: (
        (network.id not in used and network.name not in PREDEFINED) == dangling
    )
