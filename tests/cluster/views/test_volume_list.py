from __future__ import annotations

from typing import Any

import orjson
import pytest

from swarmd.cluster.actions import EngineFailed, EngineListed, VolumesListed
from swarmd.cluster.state import State
from swarmd.cluster.views.filters import VolumeQuery
from swarmd.cluster.views.volume_list import volume_list
from swarmd.core.errors import BadParameter
from tests.cluster.fleet import NOW, fleet, item, key_of, listed

SHARED = {"Name": "shared", "Driver": "nfs", "Scope": "global", "Labels": {"a": "b"}, "Status": {}}


@pytest.fixture
def state() -> State:
    state = fleet(2)
    mounts = [{"Type": "volume", "Name": "data", "Source": "/x", "Destination": "/d"}]
    listed(state, 1, item(1, Mounts=mounts))
    both = [{"Name": "twice", "Mountpoint": "/m"}, SHARED]
    state.dispatch(VolumesListed(key_of(2), [{"Name": "cache"}, *both]))
    state.dispatch(VolumesListed(key_of(1), [{"Name": "data"}, *both]))
    return state


def shown(state: State, **filters: str) -> dict[str, Any]:
    query = VolumeQuery({key: (one,) for key, one in filters.items()})
    body: dict[str, Any] = orjson.loads(b"".join(volume_list(state, query)))
    return body


def names(state: State, **filters: str) -> list[str]:
    return [one["Name"] for one in shown(state, **filters)["Volumes"]]


def test_each_volume_once_by_name(state: State) -> None:
    assert names(state) == ["cache", "data", "shared", "node-1/twice", "node-2/twice"]
    assert SHARED in shown(state)["Volumes"]
    assert shown(state)["Warnings"] is None


def test_large_rows_are_never_joined(state: State) -> None:
    large = {"Labels": {"a": "x" * 3000}}
    volumes = [{"Name": name, **large} for name in ("one", "two", "three")]
    state.dispatch(VolumesListed(key_of(1), volumes))
    state.dispatch(VolumesListed(key_of(2), volumes))
    assert max(map(len, volume_list(state, VolumeQuery({})))) < 6000


FILTERS: list[tuple[dict[str, str], list[str]]] = [
    ({"driver": "nfs"}, ["shared"]),
    ({"label": "a=b"}, ["shared"]),
    ({"name": "a"}, ["cache", "data", "shared"]),
    ({"name": "^d"}, ["data"]),
    ({"node": "node-2"}, ["cache", "node-2/twice"]),
    ({"dangling": "true"}, ["cache", "shared", "node-1/twice", "node-2/twice"]),
    ({"dangling": "0"}, ["data"]),
]


@pytest.mark.parametrize(("filters", "found"), FILTERS)
def test_filters(state: State, filters: dict[str, str], found: list[str]) -> None:
    assert names(state, **filters) == found


def test_a_bad_value(state: State) -> None:
    with pytest.raises(BadParameter):
        names(state, dangling="x")


def test_what_is_not_known_is_told(state: State) -> None:
    state.dispatch(EngineFailed(key_of(2), "timeout", NOW, fatal=True))
    state.dispatch(EngineListed("new:2375", "new:2375"))
    body = shown(state)
    assert body["Warnings"] == [
        "node node-2 is unhealthy: timeout",
        "node new:2375 is pending: not synced yet",
    ]
    assert len(body["Volumes"]) == 5
