from __future__ import annotations

from typing import Any

import orjson
import pytest

from swarmd.cluster.actions import ImagesListed
from swarmd.cluster.state import State
from swarmd.cluster.views.filters import ImageQuery
from swarmd.cluster.views.image_list import NODES_LABEL, image_list
from swarmd.core.errors import BadParameter, NoSuchImage
from tests.cluster.fleet import NOW, fleet, key_of


def image(number: int, *tags: str, **more: Any) -> dict[str, Any]:
    base = {"Id": f"sha256:{number}", "RepoTags": list(tags), "RepoDigests": None, "Labels": None}
    return {**base, "Created": number * 100, "Containers": 3, "Size": 7, **more}


NINES = "sha256:" + "9" * 64


@pytest.fixture
def state() -> State:
    state = fleet(3)
    layers = [
        image(1),
        image(2, "app:1", "team/app:2", ParentId="sha256:1", Labels={"a": "b"}),
        image(3, RepoTags=["<none>:<none>"]),
    ]
    state.dispatch(ImagesListed(key_of(2), [image(2, "app:latest", Labels={"a": "b"})]))
    state.dispatch(ImagesListed(key_of(1), layers))
    state.dispatch(ImagesListed(key_of(3), [image(4, RepoDigests=[f"reg:5000/x@{NINES}"])]))
    return state


def shown(state: State, everything: bool = False, **filters: str | tuple[str, ...]) -> list[Any]:
    given = {key: (one,) if isinstance(one, str) else one for key, one in filters.items()}
    items: list[Any] = orjson.loads(b"".join(image_list(state, ImageQuery(everything, given), NOW)))
    return items


def numbers(state: State, everything: bool = False, **filters: Any) -> list[int]:
    return [int(one["Id"].removeprefix("sha256:")) for one in shown(state, everything, **filters)]


def test_one_row_an_image_newest_first(state: State) -> None:
    assert numbers(state) == [4, 3, 2]
    row = shown(state)[2]
    assert row["RepoTags"] == ["app:1", "team/app:2", "app:latest"]
    assert row["Labels"] == {"a": "b", NODES_LABEL: "node-1 node-2"}
    assert (row["Containers"], row["Size"]) == (-1, 7)


def test_what_has_no_tags_shows_none(state: State) -> None:
    rows = shown(state)
    assert rows[1]["RepoTags"] == ["<none>:<none>"]
    assert (rows[0]["RepoTags"], rows[0]["RepoDigests"]) == ([], [f"reg:5000/x@{NINES}"])


def test_intermediate_layers_only_on_demand(state: State) -> None:
    assert numbers(state, everything=True) == [4, 3, 2, 1]


FILTERS = [
    ({"dangling": "true"}, [4, 3]),
    ({"dangling": "false"}, [2]),
    ({"label": "a=b"}, [2]),
    ({"node": "node-3"}, [4]),
    ({"node": ("node-2", "node-3")}, [4, 2]),
    ({"before": "sha256:3"}, [2]),
    ({"since": "app:1"}, [4, 3]),
    ({"until": "350"}, [3, 2]),
    ({"until": "1970-01-01T00:05:00Z"}, [2]),
    ({"until": "1970-01-01T00:05:00"}, [2]),
    ({"until": "1h"}, [4, 3, 2]),
    ({"reference": "app"}, [2]),
    ({"reference": "app:1"}, [2]),
    ({"reference": "a?p:[0-9]"}, [2]),
    ({"reference": "*"}, [2]),
    ({"reference": "*/app"}, [2]),
    ({"reference": "reg:5000/x"}, [4]),
    ({"reference": ("nothing", "*:latest")}, [2]),
    ({"reference": "a.p"}, []),
    ({"reference": "docker.io/library/app"}, []),  # engines compare what they list, too
    ({"reference": "library/app:1"}, []),
]


@pytest.mark.parametrize(("filters", "found"), FILTERS)
def test_filters(state: State, filters: dict[str, Any], found: list[int]) -> None:
    assert numbers(state, **filters) == found


def test_only_tags_that_fit_are_shown(state: State) -> None:
    [row] = shown(state, reference="team/*")
    assert row["RepoTags"] == ["team/app:2"]


def test_only_references_that_were_asked_for_are_shown() -> None:
    state, digest = fleet(1), f"reg/app@{NINES}"
    entry = {"Id": "sha256:2", "RepoTags": ["busybox:1", "reg/app:1"], "RepoDigests": [digest]}
    state.dispatch(ImagesListed(key_of(1), [entry]))
    [row] = shown(state, reference="busy*")
    assert (row["RepoTags"], row["RepoDigests"]) == (["busybox:1"], [])
    [row] = shown(state, reference="reg/*")
    assert (row["RepoTags"], row["RepoDigests"]) == (["reg/app:1"], [digest])
    [row] = shown(state, reference=digest)
    assert (row["RepoTags"], row["RepoDigests"]) == ([], [digest])


@pytest.mark.parametrize(
    ("filters", "message"),
    [
        ({"dangling": "x"}, "invalid filter 'dangling=x'"),
        ({"until": "x"}, "invalid filter 'until=x'"),
        ({"reference": "a[b"}, "invalid filter 'reference=a[b': syntax error in pattern"),
    ],
)
def test_bad_values(state: State, filters: dict[str, str], message: str) -> None:
    with pytest.raises(BadParameter) as caught:
        shown(state, **filters)
    assert caught.value.message == message


@pytest.mark.parametrize("key", ["before", "since"])
def test_an_unknown_image_to_compare_with(state: State, key: str) -> None:
    with pytest.raises(NoSuchImage):
        shown(state, **{key: "nothing:1"})


def test_engines_that_only_speak_newer_apis_leave_out_what_older_clients_require() -> None:
    state = fleet(1)
    state.dispatch(ImagesListed(key_of(1), [image(1, "new:1"), image(2, "old:1", VirtualSize=9)]))
    assert [row["VirtualSize"] for row in shown(state)] == [9, 7]


def test_one_image_in_two_kinds_of_stores_is_one_row() -> None:
    """The engines' own store and a containerd store call it by different IDs."""
    state = fleet(2)
    digest = f"app@{NINES}"
    own = image(5, "app:1", Labels={"a": "b"})
    stored = {**own, "Id": NINES, "RepoDigests": [digest]}
    state.dispatch(ImagesListed(key_of(1), [own]))
    state.dispatch(ImagesListed(key_of(2), [stored]))
    [row] = shown(state)
    assert (row["Id"], row["RepoTags"], row["RepoDigests"]) == ("sha256:5", ["app:1"], [digest])
    assert row["Labels"][NODES_LABEL] == "node-1 node-2"
    state.dispatch(ImagesListed(key_of(2), [{**stored, "Created": 501}]))
    assert len(shown(state)) == 2, "another image of that name"


def test_a_name_is_shown_with_what_it_means_now() -> None:
    """A name moves on one node; what other nodes have a copy of under it has no name any more."""
    state = fleet(3)
    state.dispatch(ImagesListed(key_of(1), [image(1, RepoTags=["<none>:<none>"]), image(2, "a:1")]))
    state.dispatch(ImagesListed(key_of(2), [image(1, "a:1", "kept:1")]))
    state.dispatch(ImagesListed(key_of(3), [image(1, "a:1")]))
    assert [row["RepoTags"] for row in shown(state)] == [["a:1"], ["kept:1"]]
    assert numbers(state, reference="a") == [2]
    state.dispatch(ImagesListed(key_of(2), [image(1, "a:1")]))
    assert [row["RepoTags"] for row in shown(state)] == [["a:1"], ["<none>:<none>"]]
    assert numbers(state, dangling="true") == [1]
    state.image_named(key_of(3), "a:1", "sha256:1", NOW)
    assert [row["RepoTags"] for row in shown(state)] == [["<none>:<none>"], ["a:1"]]


def test_a_name_of_nodes_that_nobody_can_order_is_shown_with_each() -> None:
    state = fleet(2)
    state.dispatch(ImagesListed(key_of(1), [image(1, "a:1", Created=5)]))
    state.dispatch(ImagesListed(key_of(2), [image(2, "a:1", Created=5)]))
    assert [row["RepoTags"] for row in shown(state)] == [["a:1"], ["a:1"]]


def test_what_was_built_on_elsewhere_is_an_intermediate_layer_everywhere() -> None:
    """By its ID an image is copied without its children."""
    state = fleet(2)
    state.dispatch(ImagesListed(key_of(1), [image(1), image(2, "a:1", ParentId="sha256:1")]))
    state.dispatch(ImagesListed(key_of(2), [image(1)]))
    assert numbers(state) == [2]
    assert numbers(state, everything=True) == [2, 1]
    assert numbers(state, dangling="true") == []
