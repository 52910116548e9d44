from __future__ import annotations

from typing import Any

import orjson
import pytest

from swarmd.cluster.actions import NetworksListed
from swarmd.cluster.state import State
from swarmd.cluster.views.filters import NetworkQuery
from swarmd.cluster.views.network_list import network_list
from swarmd.core.errors import BadParameter
from swarmd.core.names import KEPT_ID
from swarmd.core.predefined import IDS
from tests.cluster.fleet import fleet, item, key_of, listed


def network(net_id: str, name: str, **more: Any) -> dict[str, Any]:
    base = {"Id": net_id, "Name": name, "Driver": "bridge", "Scope": "local", "Labels": {}}
    return {**base, "Options": {"kept": "as it is"}, **more}


OVER = network("c0", "over", Driver="overlay", Scope="global", Labels={"a": "b"})
BRIDGE, HOST = IDS["bridge"], IDS["host"]
MOVED = network("d1", "moved", Labels={KEPT_ID: "d0"})


@pytest.fixture
def state() -> State:
    state = fleet(2)
    listed(state, 1, item(1, NetworkSettings={"Networks": {"front": {"NetworkID": "f1"}}}))
    first = [network("b1", "bridge"), network("f1", "front"), OVER, network("h1", "host")]
    second = [network("b2", "bridge"), network("f2", "front"), OVER, network("x2", "back"), MOVED]
    state.dispatch(NetworksListed(key_of(2), second))
    state.dispatch(NetworksListed(key_of(1), first))
    return state


def shown(state: State, **filters: Any) -> list[dict[str, Any]]:
    given = {key: (one,) if isinstance(one, str) else one for key, one in filters.items()}
    items: list[dict[str, Any]] = orjson.loads(b"".join(network_list(state, NetworkQuery(given))))
    return items


def ids(state: State, **filters: Any) -> list[str]:
    return [one["Id"] for one in shown(state, **filters)]


def test_each_network_once_by_name(state: State) -> None:
    rows = [(one["Id"], one["Name"]) for one in shown(state)]
    assert rows == [
        ("x2", "back"),
        (BRIDGE, "bridge"),
        ("f1", "node-1/front"),
        ("f2", "node-2/front"),
        (HOST, "host"),
        ("d0", "moved"),
        ("c0", "over"),
    ]


def test_what_need_not_change_is_passed_through(state: State) -> None:
    assert OVER in shown(state)


FILTERS: list[tuple[dict[str, Any], list[str]]] = [
    ({"driver": "overlay"}, ["c0"]),
    ({"scope": "global"}, ["c0"]),
    ({"scope": "x"}, []),
    ({"scope": ("local", "global"), "label": "a"}, ["c0"]),
    ({"type": "builtin"}, [BRIDGE, HOST]),
    ({"type": "custom", "name": "o"}, ["f1", "f2", "d0", "c0"]),
    ({"type": ("custom", "builtin"), "id": ("1$", BRIDGE, HOST[:12])}, [BRIDGE, "f1", HOST]),
    ({"name": "front"}, ["f1", "f2"]),
    ({"name": "^node-2/front$"}, ["f2"]),
    ({"name": "^ba"}, ["x2"]),
    ({"id": "d0"}, ["d0"]),
    ({"node": "node-2"}, ["x2", "f2", "d0"]),
    ({"dangling": "true"}, ["x2", "f2", "d0", "c0"]),
    ({"dangling": "false"}, [BRIDGE, "f1", HOST]),
]


@pytest.mark.parametrize(("filters", "found"), FILTERS)
def test_filters(state: State, filters: dict[str, Any], found: list[str]) -> None:
    assert ids(state, **filters) == found


@pytest.mark.parametrize(("key", "value"), [("type", "x"), ("dangling", "x")])
def test_bad_values(state: State, key: str, value: str) -> None:
    with pytest.raises(BadParameter) as caught:
        ids(state, **{key: value})
    assert caught.value.message == f"invalid filter '{key}=x'"
