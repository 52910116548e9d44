from __future__ import annotations

from typing import Any

import orjson
import pytest

from swarmd.cluster.actions import EngineFailed, ImagesListed, NetworksListed
from swarmd.cluster.state import State
from swarmd.cluster.views import container_list as views
from swarmd.cluster.views.container_list import container_chunks
from swarmd.cluster.views.filters import ListQuery
from swarmd.core.names import KEPT_ID
from swarmd.core.predefined import IDS
from swarmd.core.request.version import OLDEST, Version
from tests.cluster.fleet import NOW, fleet, happened, item, join, key_of, listed


def container_list(
    state: State, query: ListQuery, now: float, version: Version = OLDEST
) -> list[bytes]:
    return list(container_chunks(state, query, now, version))


def shown(state: State, query: ListQuery | None = None, now: float = NOW) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = orjson.loads(
        b"".join(container_list(state, query or ListQuery(all=True), now))
    )
    return items


def test_an_empty_list() -> None:
    assert b"".join(container_list(State(), ListQuery(), NOW)) == b"[]\n"


def test_an_item_is_what_the_engine_sent_but_for_what_must_change() -> None:
    state = fleet(1)
    sent = item(1, "web", Annotations={"new": "field"}, Labels={"ü": "ß"})
    listed(state, 1, sent)
    networks = {"bridge": {"NetworkID": IDS["bridge"]}}
    changed = {"Names": ["/web", "/node-1/web"], "NetworkSettings": {"Networks": networks}}
    assert shown(state) == [{**sent, **changed, "Status": "Up 5 minutes"}]


def test_status_is_of_the_moment_of_reading() -> None:
    state = fleet(1)
    listed(state, 1, item(1))
    happened(state, 1, "start", at=1.0, when=NOW)
    texts = [shown(state, now=NOW + age)[0]["Status"] for age in (0, 5, 75, 7200)]
    assert texts == ["Up Less than a second", "Up 5 seconds", "Up About a minute", "Up 2 hours"]
    happened(state, 1, "die", at=2.0, when=NOW + 10, exitCode="3")
    [one] = shown(state, now=NOW + 13)
    assert (one["State"], one["Status"]) == ("exited", "Exited (3) 3 seconds ago")


def test_status_goes_by_the_clock_of_the_engine() -> None:
    state = State()
    join(state, clock_offset=3600.0)
    listed(state, 1, item(1, Status="Up 10 seconds"))
    assert shown(state)[0]["Status"] == "Up 10 seconds"


def test_containers_of_a_lost_node_say_so() -> None:
    state = fleet(2)
    listed(state, 1, item(1, "web"))
    listed(state, 2, item(2, "db"))
    state.dispatch(EngineFailed(key_of(1), "lost", NOW, fatal=True))
    assert [one["Status"] for one in shown(state)] == ["Up 5 minutes", "Host Down"]


def test_a_long_list_comes_in_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "SLICE", 2)
    state = fleet(1)
    listed(state, 1, *(item(number) for number in range(1, 6)))
    chunks = container_list(state, ListQuery(all=True), NOW)
    assert len(chunks) == 5
    assert len(shown(state)) == 5


def test_rows_that_are_large_come_in_chunks_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Joining all of them at once would hold the reactor: each may have megabytes of labels."""
    monkeypatch.setattr(views, "BYTES", 4000)
    state = fleet(1)
    listed(state, 1, *(item(number, Labels={"a": "x" * 3000}) for number in range(1, 8)), item(8))
    chunks = container_list(state, ListQuery(all=True), NOW)
    assert max(map(len, chunks)) < 6000
    assert len(shown(state)) == 8


def test_a_network_that_was_moved_keeps_its_id_in_the_list() -> None:
    state = fleet(2)
    kept, own = "4" * 64, "5" * 64
    listed(state, 1, item(1, "web", NetworkSettings={"Networks": {"n": {"NetworkID": own}}}))
    listed(state, 2, item(2, "db"))
    network = {"Id": own, "Name": "n", "Labels": {KEPT_ID: kept}}
    state.dispatch(NetworksListed(key_of(1), [network], 1.0))
    by_name = {one["Names"][0]: one for one in shown(state)}
    assert by_name["/web"]["NetworkSettings"]["Networks"]["n"]["NetworkID"] == kept
    assert by_name["/web"]["Status"] == by_name["/db"]["Status"] == "Up 5 minutes"


def test_what_is_shown_is_decided_at_once() -> None:
    state = fleet(1)
    listed(state, 1, item(1, "web"))
    chunks = container_chunks(state, ListQuery(all=True), NOW, (1, 41))
    happened(state, 1, "destroy", at=1.0)
    assert len(orjson.loads(b"".join(chunks))) == 1


def test_since_api_1_52_a_list_tells_health() -> None:
    state = fleet(2)
    bad = {"Status": "unhealthy", "FailingStreak": 3}
    unhealthy = item(1, Status="Up 5 minutes (unhealthy)", Health=bad)
    listed(state, 1, unhealthy, item(2))
    listed(state, 2, item(3, Status="Up 5 minutes (healthy)", Health={"Status": "healthy"}))
    state.dispatch(EngineFailed(key_of(2), "lost", NOW, fatal=True))
    new = orjson.loads(b"".join(container_list(state, ListQuery(all=True), NOW, (1, 52))))
    nobody = {"Status": "none", "FailingStreak": 0}
    assert {one["Names"][0]: one["Health"] for one in new} == {
        "/c1": bad,
        "/c2": nobody,
        "/c3": nobody,  # nobody knows how it is doing
    }
    assert not any("Health" in one for one in shown(state))
    happened(state, 1, "health_status: healthy", at=1.0)
    new = orjson.loads(b"".join(container_list(state, ListQuery(all=True), NOW, (1, 52))))
    assert next(one["Health"] for one in new if one["Names"][0] == "/c1") == {
        "Status": "healthy",
        "FailingStreak": 0,
    }


def test_an_image_whose_name_means_another_is_shown_by_its_id() -> None:
    state = fleet(3)
    old, new = "sha256:" + "a" * 64, "sha256:" + "b" * 64
    for number, image in ((1, new), (2, old), (3, old)):
        entry = {"Id": image, "RepoTags": ["app:latest"], "Created": number}
        state.dispatch(ImagesListed(key_of(number), [entry]))
        listed(
            state, number, item(number, f"c{number}", Image="docker.io/library/app", ImageID=image)
        )
    state.image_named(key_of(1), "app:latest", new, NOW)
    images = {one["Names"][0]: one["Image"] for one in shown(state)}
    assert images == {"/c1": "docker.io/library/app", "/c2": old, "/c3": old}
