"""Call by call: what is asked of engines, and what becomes of it where a call fails."""

from __future__ import annotations

from typing import Any

import pytest
from twisted.internet.defer import Deferred

from swarmd.cluster import actions as news
from swarmd.core.container.kept_identity import kept_identity
from swarmd.core.errors import ApiError
from swarmd.core.names import IDENTITY
from swarmd.manager.fleet.placer import Placer
from swarmd.manager.moving.follow import Follower, with_short_id
from swarmd.scheduler.registry import make_policy
from tests.cluster.fleet import key_of
from tests.manager.scripted import ScriptedFleet

NET = "e" * 64
WAY = [
    "GET 1 json",
    "GET 1 changes",
    "POST 2 create",
    "GET 2 json",
    "DELETE 1 {old}",
    "POST 2 rename",
    "GET 2 json",
]


class Rig:
    """A container ``web`` on the first engine, and a network in use on the second."""

    def __init__(self, **labels: str) -> None:
        self.fleet = ScriptedFleet()
        placer = Placer(self.fleet, make_policy(), lambda: 0)
        local = self.fleet.local_resources(placer)
        self.follower = Follower(self.fleet, self.fleet.creator(), local, lambda: "f00d")
        self.old = self.make(1, "web", **labels)
        listed = {"Id": NET, "Name": "net", "Driver": "bridge", "Scope": "local"}
        self.fleet.dispatch(news.NetworksListed(key_of(2), [listed]))
        user = self.fleet.make(2, {"Image": "busybox"}, "user")
        self.fleet.listing(2)
        used = self.fleet.state.containers[user]._replace(networks=(("net", NET),))
        self.fleet.state.catalogue.put(self.fleet.state.engines[key_of(2)], used)
        self.heard: list[dict[str, Any]] = []
        self.fleet.hub.subscribe(lambda event: self.heard.append(event.record))

    def make(self, number: int, name: str, **labels: str) -> str:
        body = {"Image": "busybox", "Labels": {k.replace("_", "."): v for k, v in labels.items()}}
        made = self.fleet.make(number, body, name)
        self.fleet.listing(number)
        return made

    def follow(self) -> list[Any]:
        results: list[Any] = []
        Deferred.fromCoroutine(self.follower.follow(self.old, NET, "net")).addBoth(results.append)
        return results

    def until(self, verb: str) -> Any:
        """The first call that ends so, still without an answer."""
        while not f"{self.fleet.calls[0].method} {self.fleet.calls[0].path}".endswith(verb):
            self.fleet.obey_one()
        return self.fleet.calls.pop(0)

    @property
    def shown(self) -> dict[str, str]:
        """ID -> node, of what clients see of the container."""
        state = self.fleet.state
        found = (one for one in state.containers.values() if one.name != "user")
        return {one.id: state.engines[one.engine].name for one in found}


def test_in_this_order() -> None:
    rig = Rig()
    results = rig.follow()
    assert rig.old in rig.fleet.state.handovers
    assert rig.fleet.obey() == [step.format(old=rig.old) for step in WAY]
    assert results == [None] and rig.old not in rig.fleet.state.handovers
    assert rig.shown == {rig.old: "node-2"}
    assert rig.fleet.names(1) == {} and rig.fleet.names(2) == {"user": "created", "web": "created"}
    new = rig.fleet.find(2, "web")
    assert new is not None and new["Id"] != rig.old
    kept = kept_identity(new["Config"]["Labels"])
    assert kept is not None and kept[:1] == (rig.old,) and kept[2:] == ("ENGINE-1", "web")
    state = rig.fleet.state
    assert not state.catalogue.interim and not state.reservations.pending
    assert state.catalogue.names.find("web") == (rig.old,)


def test_the_next_lists_change_nothing() -> None:
    rig = Rig()
    rig.follow()
    rig.fleet.obey()
    for _ in range(2):
        rig.fleet.listing(1)
        rig.fleet.listing(2)
        assert rig.shown == {rig.old: "node-2"}


def test_another_process_finds_it_by_its_label() -> None:
    rig = Rig()
    rig.follow()
    rig.fleet.obey()
    other = ScriptedFleet()
    other.there = rig.fleet.there
    other.listing(2)
    assert other.state.containers[rig.old].name == "web"
    assert other.state.engines[key_of(2)].ids.has(rig.old)


def test_it_keeps_its_swarm_id() -> None:
    rig = Rig(**{IDENTITY.replace(".", "_"): "cafe"})
    rig.follow()
    rig.fleet.obey()
    assert rig.fleet.state.containers[rig.old].labels[IDENTITY] == "cafe"


def test_two_calls_move_it_once() -> None:
    rig = Rig()
    results = [rig.follow(), rig.follow()]
    assert rig.fleet.obey().count("POST 2 create") == 1
    assert results == [[None], [None]]


@pytest.mark.parametrize("verb", ["json", "changes", "create"])
def test_a_refusal_before_anything_is_made(verb: str) -> None:
    rig = Rig()
    results = rig.follow()
    rig.until(verb).answer(400, {"message": "no"})
    rig.fleet.obey()
    assert isinstance(results[0].value, ApiError)
    assert rig.shown == {rig.old: "node-1"} and rig.fleet.names(2) == {"user": "created"}


def test_one_that_was_started_meanwhile_stays_and_its_copy_goes() -> None:
    rig = Rig()
    results = rig.follow()
    rig.until(rig.old).answer(409, {"message": "You cannot remove a running container"})
    rig.fleet.obey()
    assert "running container" in results[0].value.message
    assert rig.shown == {rig.old: "node-1"} and rig.fleet.names(2) == {"user": "created"}
    assert not rig.fleet.state.catalogue.interim


def test_an_image_whose_name_means_another_one_by_now() -> None:
    rig = Rig()
    results = rig.follow()
    found = rig.until("json") and rig.fleet.there[1][rig.old]
    assert found
    rig = Rig()
    results = rig.follow()
    rig.fleet.obey_one()
    rig.until("changes").answer(200, [])
    create = rig.until("create")
    rig.fleet.act(create)
    rig.until("json").answer(200, {"Id": "x", "Image": "sha256:other"})
    rig.fleet.obey()
    assert "is another one by now" in results[0].value.message
    assert rig.shown == {rig.old: "node-1"} and rig.fleet.names(2) == {"user": "created"}


def test_without_an_answer_to_the_removal_both_stay_until_it_is_known() -> None:
    rig = Rig()
    results = rig.follow()
    removal = rig.until(rig.old)
    removal.break_off()
    rig.until(rig.old).break_off()  # it is asked twice
    rig.fleet.obey()
    assert results[0].value.status == 503
    assert rig.shown == {rig.old: "node-1"} and len(rig.fleet.names(2)) == 2


@pytest.mark.parametrize(
    ("inspect", "words"),
    [
        ({"State": {"Status": "exited"}}, "it has been started before"),
        (
            {"State": {"Status": "created", "StartedAt": "2026-01-01T"}},
            "it has been started before",
        ),
        ({"HostConfig": {"PidMode": "container:x"}}, "another container's --pid"),
        ({"HostConfig": {"Links": ["/db:/web/db"]}}, "hangs on other containers by --link"),
        ({"HostConfig": {"Devices": [{"PathOnHost": "/dev/x"}]}}, "devices of its node"),
    ],
)
def test_what_stays(inspect: dict[str, Any], words: str) -> None:
    rig = Rig()
    rig.fleet.there[1][rig.old].update(inspect)
    results = rig.follow()
    assert rig.fleet.obey() == ["GET 1 json"]
    assert results[0].value.status == 400 and words in results[0].value.message
    assert "Name the network when" in results[0].value.message


def test_what_somebody_is_attached_to_stays() -> None:
    rig = Rig()
    release = rig.fleet.state.handovers.hold(rig.old)
    results = rig.follow()
    rig.fleet.obey()
    assert "a client is attached to it" in results[0].value.message
    release()
    results = rig.follow()
    rig.fleet.obey()
    assert results == [None]


def test_what_another_hangs_on_stays() -> None:
    rig = Rig()
    guest = rig.make(1, "guest")
    container = rig.fleet.state.containers[guest]._replace(tied=(rig.old[:12],), sized=True)
    rig.fleet.state.catalogue.put(rig.fleet.state.engines[key_of(1)], container)
    results = rig.follow()
    rig.fleet.obey()
    assert "container guest is tied to it" in results[0].value.message


def test_the_short_id_is_a_name_in_networks() -> None:
    assert with_short_id({"Aliases": ["a"]}, "b" * 64) == {"Aliases": ["a", "b" * 12]}
    assert with_short_id({}, "b" * 64) == {"Aliases": ["b" * 12]}
