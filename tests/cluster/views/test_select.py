from __future__ import annotations

import pytest

from swarmd.cluster.actions import EngineFailed, ImagesListed
from swarmd.cluster.state import State
from swarmd.cluster.views.filters import ListQuery
from swarmd.cluster.views.select import select
from swarmd.core.errors import BadParameter, NoSuchContainer
from tests.cluster.fleet import NOW, fleet, full_id, inspect, inspected, item, join, key_of, listed

B = "sha256:" + "b" * 64
PORTS = [
    {"IP": "0.0.0.0", "PrivatePort": 80, "PublicPort": 8080, "Type": "tcp"},
    {"PrivatePort": 53, "Type": "udp"},
]
MOUNTS = [
    {"Type": "volume", "Name": "data", "Source": "/var/lib/x", "Destination": "/d"},
    {"Type": "bind", "Source": "/srv", "Destination": "/s"},
]


@pytest.fixture
def state() -> State:
    """Newest first: task, old, gone, new, db, web; ``old`` and ``gone`` are on node 2."""
    state = fleet(3)
    networks = {"Networks": {"front": {"NetworkID": "f00"}}}
    listed(
        state,
        1,
        item(4, "new", State="created", Status="Created"),
        item(2, "db", Labels={"tier": "db", "a": "1"}, Status="Up 1 hour (healthy)", Mounts=MOUNTS),
        item(1, "web", Labels={"tier": "web", "a": "1"}, Ports=PORTS),
    )
    listed(
        state,
        2,
        item(6, "old", State="paused", Status="Up 2 hours (Paused)", NetworkSettings=networks),
        item(5, "gone", State="exited", Status="Exited (3) 1 hour ago", Image="app:1"),
    )
    listed(state, 3, item(7, "task", Labels={"com.docker.swarm.task.id": "x"}, ImageID="sha256:2"))
    return state


def names(state: State, query: ListQuery) -> list[str]:
    return [row.container.name for row in select(state, query)]


def filtered(state: State, key: str, *values: str, everything: bool = True) -> list[str]:
    return names(state, ListQuery(all=everything, filters={key: values}))


ALL = ["task", "old", "gone", "new", "db", "web"]


def test_newest_first(state: State) -> None:
    assert names(state, ListQuery(all=True)) == ALL


def test_without_all_only_what_runs(state: State) -> None:
    assert names(state, ListQuery()) == ["task", "old", "db", "web"]


def test_a_limit_counts_what_does_not_run_too(state: State) -> None:
    assert names(state, ListQuery(limit=3)) == ["task", "old", "gone"]
    assert names(state, ListQuery(limit=1, filters={"label": ("a=1",)})) == ["db"]


FILTERS = [
    ("status", ("exited",), ["gone"]),
    ("status", ("created", "paused"), ["old", "new"]),
    ("health", ("healthy",), ["db"]),
    ("health", ("none", "healthy"), ALL),
    ("label", ("a",), ["db", "web"]),
    ("label", ("a=1", "tier=web"), ["web"]),
    ("label", ("a=2",), []),
    ("label", ("nothing",), []),
    ("exited", ("3",), ["gone"]),
    ("exited", ("0",), []),
    ("network", ("front",), ["old"]),
    ("network", ("f0",), ["old"]),
    ("network", ("fr", ""), []),
    ("volume", ("data",), ["db"]),
    ("volume", ("/srv", "/nowhere"), ["db"]),
    ("volume", ("/d",), ["db"]),
    ("volume", ("/var/lib/x",), []),
    ("publish", ("8080",), ["web"]),
    ("publish", ("8000-9000/tcp",), ["web"]),
    ("publish", ("53/udp",), []),
    ("expose", ("53/udp",), ["web"]),
    ("expose", ("443",), []),
    ("is-task", ("true",), ["task"]),
    ("is-task", ("false",), ALL[1:]),
    ("isolation", ("anything",), ALL),
    ("node", ("node-2",), ["old", "gone"]),
    ("node", ("node-2", "ENGINE-3"), ["task", "old", "gone"]),
    ("node", ("nobody",), []),
    ("id", (full_id(1)[:8],), ["web"]),
    ("id", (full_id(1), full_id(2)[:6], "ffff"), ["db", "web"]),
    ("id", ("0000",), []),
    ("name", ("web",), ["web"]),
    ("name", ("e",), ["gone", "new", "web"]),
    ("name", ("^/web$", "^db$"), ["db", "web"]),
    ("name", ("^web", "nothing"), ["web"]),
    ("name", ("^b",), []),
    ("name", ("o.[de]",), ["old", "gone"]),
    ("name", ("node",), []),
    ("name", ("node-2/o",), ["old"]),
    ("name", ("^/node-1/(web|db)$",), ["db", "web"]),
    ("name", ("w[eb",), []),
    ("before", ("new",), ["db", "web"]),
    ("since", ("new",), ["task", "old", "gone"]),
    ("before", ("web",), []),
]


@pytest.mark.parametrize(("key", "values", "found"), FILTERS)
def test_filters(state: State, key: str, values: tuple[str, ...], found: list[str]) -> None:
    assert filtered(state, key, *values) == found


def test_only_status_shows_what_does_not_run_by_itself(state: State) -> None:
    assert filtered(state, "status", "exited", everything=False) == ["gone"]
    assert filtered(state, "exited", "3", everything=False) == []
    assert filtered(state, "health", "none", everything=False) == ["task", "old", "web"]
    assert filtered(state, "before", "old", everything=False) == ["db", "web"]


def test_keys_are_joined_by_and_but_ports_by_or(state: State) -> None:
    both = {"label": ("a=1",), "name": ("web",)}
    assert names(state, ListQuery(True, 0, both)) == ["web"]
    ports = {"publish": ("1",), "expose": ("80",)}
    assert names(state, ListQuery(True, 0, ports)) == ["web"]
    between = {"before": ("task",), "since": ("db",)}
    assert names(state, ListQuery(True, 0, between)) == ["old", "gone", "new"]


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("status", "foo", "invalid filter 'status=foo'"),
        ("health", "foo", "invalid filter 'health=foo'"),
        ("exited", "foo", "invalid filter 'exited=foo'"),
        ("is-task", "foo", "invalid filter 'is-task=foo'"),
        ("publish", "foo", "invalid filter 'publish=foo'"),
    ],
)
def test_bad_values(state: State, key: str, value: str, message: str) -> None:
    with pytest.raises(BadParameter) as caught:
        filtered(state, key, value)
    assert caught.value.message == message


@pytest.mark.parametrize("other", [("name", "o"), ("name", "^old$"), ("id", full_id(6))])
def test_a_node_counts_also_where_an_index_finds_the_rest(
    state: State, other: tuple[str, str]
) -> None:
    key, value = other
    for node, expected in (("node-1", []), ("node-2", ["old"])):
        filters = {"node": (node,), key: (value,), "status": ("paused",)}
        assert names(state, ListQuery(all=True, filters=filters)) == expected


@pytest.mark.parametrize("key", ["before", "since"])
def test_an_unknown_container_to_compare_with(state: State, key: str) -> None:
    with pytest.raises(NoSuchContainer):
        filtered(state, key, "nobody")


def test_ancestors(state: State) -> None:
    images = [
        {"Id": "sha256:1", "RepoTags": ["base:latest"]},
        {"Id": "sha256:2", "ParentId": "sha256:1"},
        {"Id": "sha256:3", "ParentId": "sha256:2", "RepoTags": ["top:1"]},
    ]
    state.dispatch(ImagesListed(key_of(3), images))
    for ancestor in ("base", "docker.io/library/base:latest", "sha256:1", "sha256:2", "2"):
        assert filtered(state, "ancestor", ancestor) == ["task"], ancestor
    assert filtered(state, "ancestor", "top:1") == []
    assert filtered(state, "ancestor", "app:1") == [], "it has lost that tag since"
    assert filtered(state, "ancestor", "nothing", "base") == ["task"]


def test_an_ancestor_is_what_its_name_means_now(state: State) -> None:
    """The node of the container has the name for the image from before, that of the task."""
    state.dispatch(ImagesListed(key_of(3), [{"Id": "sha256:2", "RepoTags": ["app:1"]}]))
    assert filtered(state, "ancestor", "app:1") == ["task"]
    newer = {"Id": "sha256:4", "RepoTags": ["app:1"], "Created": 9}
    state.dispatch(ImagesListed(key_of(1), [newer]))
    assert filtered(state, "ancestor", "app:1") == []
    assert filtered(state, "ancestor", "sha256:2") == ["task"]


def test_a_stopped_container_that_never_ran_has_no_exit_code(state: State) -> None:
    inspected(state, 1, inspect(4, "new", State__Status="created"), at=1.0)
    assert filtered(state, "exited", "0") == []


def test_an_engine_that_is_joining_shows_nothing_yet() -> None:
    state = fleet(1)
    join(state, 2, healthy=False)
    listed(state, 1, item(1, "web"))
    listed(state, 2, item(2, "db"))
    assert names(state, ListQuery(all=True)) == ["web"]


def test_of_a_lost_engine_only_all_tells(state: State) -> None:
    """Whoever asks for what runs will send work there."""
    state.dispatch(EngineFailed(key_of(1), "lost", NOW, fatal=True))
    assert names(state, ListQuery()) == ["task", "old"]
    assert names(state, ListQuery(all=True)) == ALL


def test_clocks_that_differ_do_not_change_the_order() -> None:
    state = fleet(1)
    join(state, 2, clock_offset=-500.0)
    listed(state, 1, item(1, "older", Created=1000))
    listed(state, 2, item(2, "oldest", Created=1400))
    assert names(state, ListQuery(all=True)) == ["older", "oldest"]
    assert filtered(state, "since", "oldest") == ["older"]
