from __future__ import annotations

from swarmd.cluster import actions as news
from swarmd.core.model import Engine
from swarmd.ui.markup import foreign
from swarmd.ui.pages.node_rows import (
    chips,
    device_counts,
    fits,
    health,
    labels_of,
    node_address,
    node_row,
    ordered,
    table,
)
from tests.cluster.fleet import NOW, fleet, inspect, item, join, key_of
from tests.ui.rig import HOSTILE, document


def engines(size: int = 3) -> list[Engine]:
    return list(fleet(size).engines.values())


def test_a_row_has_what_can_be_reserved() -> None:
    [engine] = engines(1)
    row = node_row(engine, "active", 0.05)
    assert (row.cpus, row.gpus, row.load) == ((0, 4), (0, 0), 0)
    assert row.memory[1] > engine.spec.memory


def test_devices_that_are_declared_are_counted() -> None:
    state = fleet(0)
    engine = join(state, 1, labels={"resource.gpu": "0-3"})
    listed = item(1, "train")
    state.dispatch(news.ContainersListed(engine.key, [listed], 1.0, NOW))
    wish = [{"DeviceIDs": ["0", "2"], "Capabilities": [["gpu"]]}]
    shown = inspect(1, "train", HostConfig__DeviceRequests=wish)
    state.dispatch(news.ContainerInspected(engine.key, shown, 2.0))
    assert device_counts(engine, engine.tally) == (2, 4)
    assert "resource.gpu" not in labels_of(engine)


def test_the_search_looks_at_names_addresses_labels_and_versions() -> None:
    state = fleet(0)
    engine = join(state, 1, labels={"zone": "a", "disk": "ssd"})
    for words in ("node-1", "NODE", "10.0.0.1", "zone=a", "ssd node", "28.5", ""):
        assert fits(engine, words, ""), words
    assert not fits(engine, "zone=b", "") and not fits(engine, "node ssd hdd", "")
    assert fits(engine, "", "healthy") and fits(engine, "", "no such state")
    assert not fits(engine, "", "unhealthy") and not fits(engine, "", "cordoned")
    state.dispatch(news.EngineCordoned(key_of(1), True))
    assert fits(engine, "", "cordoned")


def test_any_order_is_one_that_there_is() -> None:
    rows = [node_row(engine, "active", 0) for engine in engines(12)]
    names = [row.engine.name for row in ordered(rows, "name")]
    assert names[:3] == ["node-1", "node-2", "node-3"] and names[-1] == "node-12"
    assert [row.engine.name for row in ordered(rows, "-name")] == names[::-1]
    for sort in ("health", "cpus", "memory", "gpus", "containers", "version", "-since", "bogus"):
        assert len(ordered(rows, sort)) == 12


def test_the_table_shows_hostile_words_as_words() -> None:
    state = fleet(0)
    engine = join(state, 1, labels={HOSTILE: HOSTILE}, version=HOSTILE)
    found = document(table([node_row(engine, "draining", 0)], {}, NOW, linked=True, gpus=True))
    assert not found.all("script") and not found.all("img")
    assert foreign(HOSTILE) in found.text and "draining" in found.text
    assert found.all("th", scope="row") and found.all("th", scope="col") and found.all("caption")


def test_without_the_right_a_node_is_no_link() -> None:
    [engine] = engines(1)
    found = document(table([node_row(engine, "active", 0)], {}, NOW, linked=False, gpus=False))
    assert not [link for link in found.links() if "/nodes/" in link]


def test_an_address_is_one_segment_of_a_path() -> None:
    [engine] = engines(1)
    assert node_address(engine) == "/swarmd/ui/nodes/node-1"
    state = fleet(0)
    state.dispatch(news.EngineListed("unix:///run/a b", "unix:///run/a b"))
    assert node_address(state.engines["unix:///run/a b"]).count("/") == 4


def test_a_few_labels_and_how_many_more() -> None:
    assert document(chips({"a": "1", "b": "", "c": "3"}, 2)).text == "a=1 b +1"
    assert document(health(engines(1)[0], "cordoned")).text == "Healthy cordoned"
