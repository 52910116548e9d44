from __future__ import annotations

import math
from typing import Any

import pytest

from swarmd.cluster.actions import EngineFailed, EngineValidated, ImagesListed
from swarmd.cluster.images.holders import (
    healthy_holders,
    holders,
    latest,
    meant,
    newest_holders,
    outdated_tags,
)
from swarmd.cluster.reducers import list_reducer
from swarmd.cluster.state import State
from swarmd.core.errors import Ambiguous, EngineUnreachable, NoSuchImage
from swarmd.core.names import PLACEHOLDER
from tests.cluster.fleet import NOW, fleet, key_of, seen, spec

A, B, C = ("sha256:" + two * 32 for two in ("ab", "ac", "cc"))


def put(state: State, number: int, image: str, *tags: str) -> None:
    entry = {"Id": image, "RepoTags": list(tags), "RepoDigests": []}
    state.dispatch(ImagesListed(key_of(number), [entry]))


@pytest.fixture
def state() -> State:
    state = fleet(3)
    put(state, 2, A, "app:1", "my/app:2")
    put(state, 1, A, "app:1")
    put(state, 3, B, "app:1", "other:latest")
    return state


def names(engines: list) -> list[str]:
    return [engine.name for engine in engines]


def test_a_tag_may_be_different_images(state: State) -> None:
    assert names(holders(state, "app:1")) == ["node-1", "node-2", "node-3"]
    assert names(holders(state, "docker.io/library/app:1")) == ["node-1", "node-2", "node-3"]


def test_an_id_may_not(state: State) -> None:
    assert names(holders(state, "abab")) == ["node-1", "node-2"]
    with pytest.raises(Ambiguous, match="multiple images found for a"):
        holders(state, "a")


def test_nowhere(state: State) -> None:
    with pytest.raises(NoSuchImage, match="No such image: app:9"):
        holders(state, "app:9")
    with pytest.raises(NoSuchImage, match="No such image: app9:latest"):
        holders(state, "app9")


def test_only_healthy_ones_can_be_asked(state: State) -> None:
    state.dispatch(EngineFailed(key_of(3), "no route", NOW, fatal=True))
    assert names(healthy_holders(state, "app:1")) == ["node-1", "node-2"]
    with pytest.raises(EngineUnreachable, match="node-3 is unreachable: no route"):
        healthy_holders(state, "other")


def test_a_bare_repository_means_all_its_tags(state: State) -> None:
    assert meant(state, "app") == meant(state, "docker.io/library/app") == ["app:1"]
    assert meant(state, "my/app") == ["my/app:2"]
    assert meant(state, "my") == ["my"] and meant(state, "app:9") == ["app:9"]
    assert meant(state, A) == [A]


OLD, NEW = {"Id": A, "Created": 100}, {"Id": B, "Created": 200}


def listed(state: State, number: int, image: dict[str, Any], at: float = math.inf) -> None:
    entry = {**image, "RepoTags": ["app:latest"], "RepoDigests": []}
    state.dispatch(ImagesListed(key_of(number), [entry], at))


def tagged(state: State, number: int, image: dict[str, Any], when: float) -> None:
    actor = {"ID": image["Id"], "Attributes": {"name": "app:latest"}}
    record = {"Type": "image", "Action": "tag", "Actor": actor, "timeNano": int(when * 1e9)}
    state.dispatch(seen(key_of(number), record, 1.0))


def last(state: State, ref: str = "app") -> list[str]:
    return names(latest(list(state.engines.values()), ref))


@pytest.fixture
def built() -> State:
    """``app`` was built twice; node-1 still has a copy of the first."""
    state = fleet(3)
    for number, image in ((1, OLD), (2, NEW), (3, NEW)):
        listed(state, number, image)
    return state


def test_a_name_is_that_of_the_image_made_last(built: State) -> None:
    assert last(built) == ["node-2", "node-3"]
    assert last(built, A) == ["node-1"]


def test_what_takes_a_name_for_another_swarmd_is_never_meant(built: State) -> None:
    taker = {"Id": C, "Created": NEW["Created"] + 1, "Labels": {PLACEHOLDER: "another's"}}
    listed(built, 1, taker)
    assert last(built) == ["node-2", "node-3"]
    assert outdated_tags(built) == {(key_of(1), "app:latest")}
    for number in (2, 3):
        listed(built, number, taker)
    assert len(last(built)) == 3, "else there is none"


def test_or_of_the_one_that_was_seen_to_get_it_last(built: State) -> None:
    tagged(built, 1, OLD, NOW)
    assert last(built) == last(built, "docker.io/library/app:latest") == ["node-1"]
    tagged(built, 3, NEW, NOW + 1)
    assert last(built) == ["node-2", "node-3"], "a copy is the same image"


@pytest.mark.parametrize("name", ["app:latest", "docker.io/library/app"])
def test_or_pulled_last(built: State, name: str) -> None:
    """The event tells the name, and the next list which image that is."""
    actor = {"ID": name, "Attributes": {"name": "app"}}
    record = {"Type": "image", "Action": "pull", "Actor": actor, "timeNano": int(NOW * 1e9)}
    built.dispatch(seen(key_of(1), record, 1.0))
    assert last(built) == ["node-2", "node-3"]
    listed(built, 1, OLD, at=1.5)
    assert last(built) == ["node-1"]
    assert newest_holders(built, "app") == [built.engines[key_of(1)]]


def test_by_the_clock_of_us_all(built: State) -> None:
    built.dispatch(EngineValidated(key_of(1), spec(1, clock_offset=-50.0), NOW))
    tagged(built, 1, OLD, NOW + 40)
    tagged(built, 2, NEW, NOW)
    assert last(built) == ["node-2", "node-3"]


def test_a_name_that_went_elsewhere_is_not_remembered(built: State) -> None:
    tagged(built, 1, OLD, NOW)
    listed(built, 1, NEW, at=0.5)
    assert built.engines[key_of(1)].named, "the list was asked for before"
    listed(built, 1, NEW, at=1.5)
    assert not built.engines[key_of(1)].named
    assert last(built) == ["node-1", "node-2", "node-3"]


def test_an_engine_cannot_fill_the_memory_with_names(
    built: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_reducer, "_MOST_NAMED", 10)
    tagged(built, 1, OLD, NOW)
    for number in range(100):
        built.image_named(key_of(1), f"app:{number}", A, NOW)
    built.image_named(key_of(1), "x" * 1000, A, NOW)
    assert len(built.engines[key_of(1)].named) == 10
    tagged(built, 1, NEW, NOW + 1)
    assert built.engines[key_of(1)].named["app:latest"] == (B, pytest.approx(NOW + 1))
