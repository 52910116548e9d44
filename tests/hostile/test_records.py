"""What engines tell of themselves and of what they have, with any value in any field."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarmd.cluster import actions
from swarmd.core.errors import ApiError
from swarmd.engine.client import EngineClient
from swarmd.engine.identify import NotManageableError, identify
from swarmd.streams.calls import Answer
from tests.hostile.rig import HostileRig, assert_foreseen, fuzz, junk, logged
from tests.manager.rig import NOW, result_of

WEB, OTHER = "a" * 64, "b" * 64
ITEM: dict[str, Any] = {
    "Id": WEB,
    "Names": ["/web"],
    "Image": "x",
    "ImageID": "sha256:" + "e" * 64,
    "Created": 1_600_000_000,
    "Ports": [{"PrivatePort": 80, "PublicPort": 8080, "Type": "tcp", "IP": "0.0.0.0"}],
    "Labels": {"a": "b"},
    "State": "running",
    "Status": "Up 2 minutes (healthy)",
    "HostConfig": {"NetworkMode": "net"},
    "NetworkSettings": {"Networks": {"net": {"NetworkID": "9" * 64}}},
    "Mounts": [{"Type": "volume", "Name": "vol", "Source": "/x", "Destination": "/y"}],
    "Health": {"Status": "healthy"},
}
INSPECT: dict[str, Any] = {
    "Id": WEB,
    "Name": "/web",
    "Created": "2020-01-01T00:00:00Z",
    "Image": "sha256:" + "e" * 64,
    "State": {"Status": "exited", "StartedAt": "2020-01-01T00:00:00Z", "ExitCode": 3},
    "Config": {"Image": "x", "Labels": {}, "ExposedPorts": {"80/tcp": {}}, "Tty": False},
    "HostConfig": {"NetworkMode": "host", "Memory": 5, "NanoCpus": 1, "PortBindings": {}},
    "NetworkSettings": {"Ports": {"80/tcp": [{"HostIp": "", "HostPort": "8080"}]}, "Networks": {}},
    "Mounts": [],
}
IMAGE: dict[str, Any] = {
    "Id": "sha256:" + "e" * 64,
    "RepoTags": ["x:latest"],
    "RepoDigests": ["x@sha256:" + "f" * 64],
    "Created": 1,
    "ParentId": "",
    "Labels": {"a": "b"},
    "Size": 5,
    "Containers": -1,
}
NETWORK: dict[str, Any] = {
    "Id": "9" * 64,
    "Name": "net",
    "Driver": "bridge",
    "Scope": "local",
    "Labels": {"com.docker.swarm.network.id": "8" * 64},
    "IPAM": {"Config": [{}]},
    "Containers": {},
}
VOLUME: dict[str, Any] = {
    "Name": "vol",
    "Driver": "local",
    "Scope": "local",
    "Labels": {},
    "Options": {},
    "CreatedAt": "2020-01-01T00:00:00Z",
    "Mountpoint": "/x",
}
_FILTERS: dict[str, tuple[dict[str, list[str]], ...]] = {
    "containers": (
        {"volume": ["vol"]},
        {"network": ["net"]},
        {"ancestor": ["x"]},
        {"health": ["healthy"]},
        {"publish": ["8080"]},
        {"label": ["a=b"], "name": ["w"]},
        {"status": ["running"], "exited": ["3"]},
        {"before": ["other"]},
    ),
    "images": ({"reference": ["x*"]}, {"dangling": ["true"]}, {"label": ["a"]}, {"since": ["x"]}),
    "networks": ({"type": ["custom"]}, {"id": ["9"]}, {"dangling": ["true"]}, {"name": ["n"]}),
    "volumes": ({"dangling": ["true"]}, {"name": ["v"]}, {"label": ["a"]}, {"driver": ["local"]}),
}


def _spoilt(record: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """``record`` with some values, of any depth, replaced."""

    def spoil(data: tuple[list[int], list[Any]]) -> dict[str, Any]:
        where, values = data
        copy: dict[str, Any] = orjson.loads(orjson.dumps(record))
        places = list(_places(copy))
        for number, value in zip(where, values, strict=False):
            holder, key = places[number % len(places)]
            holder[key] = value
        return copy

    return st.tuples(
        st.lists(st.integers(0, 60), min_size=1, max_size=3), st.lists(junk, min_size=3)
    ).map(spoil)


def _places(value: Any) -> Any:
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in list(pairs):
        yield value, key
        if isinstance(item, (dict, list)):
            yield from _places(item)


def _rig() -> HostileRig:
    rig = HostileRig()
    rig.has_container(2, OTHER, "other")
    return rig


def _ask_all(rig: HostileRig, noun: str) -> None:
    folder = {"containers": "containers/json?all=1&", "images": "images/json?"}
    path = folder.get(noun, noun + "?")
    queries = [quote(orjson.dumps(one).decode()) for one in ({}, *_FILTERS[noun])]
    for target in [f"/{path}filters={query}" for query in queries] + ["/info", "/swarmd/nodes"]:
        with logged() as log:
            assert assert_foreseen(rig.completed("GET", target), log) in (200, 404), target
    with logged() as log:
        assert_foreseen(rig.completed("POST", "/containers/create?name=new", {"Image": "x"}), log)
    assert OTHER in rig.state.containers


@fuzz
@given(_spoilt(ITEM))
def test_listed_containers(item: dict[str, Any]) -> None:
    rig = _rig()
    key = rig.engine(1).key
    rig.fleet.dispatch(actions.ContainersListed(key, [item], 0.0, NOW, None))
    _ask_all(rig, "containers")


@fuzz
@given(_spoilt(INSPECT), st.booleans())
def test_inspected_containers(found: dict[str, Any], known: bool) -> None:
    rig = _rig()
    key = rig.engine(1).key
    if known:
        rig.fleet.dispatch(actions.ContainersListed(key, [ITEM], 0.0, NOW, None))
    rig.fleet.dispatch(actions.ContainerInspected(key, found, 1.0))
    _ask_all(rig, "containers")


@fuzz
@given(_spoilt(IMAGE), _spoilt(NETWORK), _spoilt(VOLUME))
def test_listed_things(
    image: dict[str, Any], network: dict[str, Any], volume: dict[str, Any]
) -> None:
    rig = _rig()
    rig.fleet.dispatch(actions.ContainersListed(rig.engine(1).key, [ITEM], 0.0, NOW, None))
    for number, images, networks in ((1, image, network), (2, IMAGE, NETWORK)):
        key = rig.engine(number).key
        rig.fleet.dispatch(actions.ImagesListed(key, [images]))
        rig.fleet.dispatch(actions.NetworksListed(key, [networks]))
        rig.fleet.dispatch(actions.VolumesListed(key, [volume], []))
    for noun in ("images", "networks", "volumes"):
        _ask_all(rig, noun)


class _Link:
    node, peer = "node-1", ""

    def __init__(self, *answers: Any) -> None:
        self._answers = list(answers)

    async def call(self, method: str, target: str, **_: Any) -> Answer:
        return Answer(200, [], self._answers.pop(0))


INFO: dict[str, Any] = {
    "ID": "ID9",
    "Name": "host",
    "NCPU": 4,
    "MemTotal": 5,
    "Labels": ["a=b"],
    "Driver": "overlay2",
    "SystemTime": "2020-01-01T00:00:00Z",
    "Plugins": {"Volume": ["local"]},
    "Warnings": ["w"],
    "Swarm": {"ControlAvailable": False},
    "MemoryLimit": True,
    "OSType": "linux",
}
ABOUT = {"Version": "20.10", "ApiVersion": "1.41", "MinAPIVersion": "1.12", "Arch": "amd64"}


@fuzz
@given(_spoilt(INFO), _spoilt(ABOUT))
def test_an_engine_describes_itself(info: dict[str, Any], about: dict[str, Any]) -> None:
    rig = _rig()
    try:
        link: Any = _Link(orjson.dumps(info), orjson.dumps(about))
        spec = result_of(identify(EngineClient(link, 1.0), lambda: NOW)).spec
    except (NotManageableError, ApiError, orjson.JSONEncodeError):
        return
    rig.add(3)
    rig.fleet.dispatch(actions.EngineValidated(rig.engine(3).key, spec, NOW))
    rig.fleet.dispatch(actions.EngineAnswered(rig.engine(3).key, NOW))
    for noun in ("containers", "images"):
        _ask_all(rig, noun)
    with logged() as log:
        assert assert_foreseen(rig.ask("GET", "/version"), log) == 200


@pytest.mark.parametrize(
    "claims", [{"NCPU": 1e300}, {"MemTotal": 2**63}, {"NCPU": -1}, {"SystemTime": 5}]
)
def test_a_machine_that_cannot_be_is_not_taken(claims: dict[str, Any]) -> None:
    link: Any = _Link(orjson.dumps({**INFO, **claims}), orjson.dumps(ABOUT))
    with pytest.raises(NotManageableError):
        result_of(identify(EngineClient(link, 1.0), lambda: NOW))


def test_a_name_of_an_engine_is_one_short_line() -> None:
    claims = {"Name": "a\r\nb\x1b[2J" + "1" * 6000}
    link: Any = _Link(orjson.dumps({**INFO, **claims}), orjson.dumps(ABOUT))
    spec = result_of(identify(EngineClient(link, 1.0), lambda: NOW)).spec
    assert spec.name.startswith("ab[2J1") and len(spec.name) == 255
