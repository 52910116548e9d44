"""Volumes over scripted engines: one of a name, and when one may move."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from twisted.internet.defer import Deferred

from swarmd.cluster import actions
from swarmd.core.errors import Ambiguous, ApiError, EngineRefused, EngineUnreachable, NotFound
from swarmd.manager.fleet.placer import CONSTRAINTS, Placer
from swarmd.manager.volumes.local_volumes import LocalVolumes
from swarmd.scheduler.registry import make_policy
from tests.cluster.fleet import seen
from tests.manager.rig import Rig, result_of

LOST = EngineUnreachable("node-1", "connection lost", sent=True)


class Case(Rig):
    def __init__(self, engines: int = 2, *, everywhere: bool = False) -> None:
        super().__init__(engines)
        placer = Placer(self.fleet, make_policy("spread"), lambda: 0)
        self.volumes = LocalVolumes(self.fleet, placer, everywhere=everywhere)
        self.on_all("POST", "/volumes/create", self.made)
        self.on_all("DELETE", "/volumes/.*", (204, None))

    @staticmethod
    def made(target: str, body: bytes) -> Any:
        return 201, {"Name": orjson.loads(body)["Name"] or "f" * 64}

    def has(self, number: int, *names: str, **item: Any) -> None:
        entries = [{"Name": name, "Driver": "local", **item} for name in names]
        self.fleet.dispatch(actions.VolumesListed(self.engine(number).key, entries))

    def create(self, **body: Any) -> Any:
        return result_of(self.volumes.create(orjson.dumps(body), (1, 41)))

    def asked(self) -> list[tuple[str, str, str]]:
        return [
            (name, method, target)
            for name, wire in sorted(self.wires.items())
            for method, target in wire.asked
            if method != "GET"
        ]

    def event(self, number: int, action: str, name: str) -> None:
        event = {"Type": "volume", "Action": action, "Actor": {"ID": name}}
        key = self.engine(number).key
        self.fleet.dispatch(seen(key, event, self.clock.seconds(), self.now))


def test_an_existing_one_is_asked_for_again_where_it_is() -> None:
    case = Case()
    case.has(2, "vol")
    assert case.create(Name="vol").status == 201
    assert [asked[:2] for asked in case.asked()] == [("node-2", "POST")]
    assert case.volumes.movable("vol") is None


def test_it_is_known_before_its_engine_lists_it() -> None:
    """That list takes long where a volume driver is gone."""
    case = Case()
    assert case.create(Name="vol").status == 201
    assert case.volumes.exists("vol")


def test_a_node_may_be_named_and_then_it_stays() -> None:
    case = Case()
    case.create(Name="node-2/vol")
    assert case.wire(2).bodies[-1]["Name"] == "vol"
    case.has(2, "vol")
    assert case.volumes.movable("vol") is None


def test_creates_of_one_name_take_turns() -> None:
    case = Case()
    answer: Deferred[Any] = Deferred()
    case.on_all("POST", "/volumes/create", answer)
    work = [case.volumes.create(b'{"Name":"vol"}', (1, 41)) for _ in range(2)]
    running = [Deferred.fromCoroutine(each) for each in work]
    assert len(case.asked()) == 1
    case.has(int(case.asked()[0][0][-1]), "vol")
    answer.callback((201, {"Name": "vol"}))
    case.on_all("POST", "/volumes/create", case.made)
    assert [each.result.status for each in running] == [201, 201]
    assert len({asked[0] for asked in case.asked()}) == 1


class TestMoving:
    def made(self) -> tuple[Case, int]:
        case = Case()
        case.create(Name="vol", Labels={"a": "b"})
        number = int(case.asked()[0][0][-1])
        case.has(number, "vol", Labels={"a": "b"}, Options={"o": "1"})
        return case, number

    def test_as_it_was_described(self) -> None:
        case, number = self.made()
        found = case.volumes.movable("vol")
        assert found is not None
        other = case.engine(3 - number)
        result_of(case.volumes.move(found, other))
        assert case.wire(3 - number).bodies[0] == {
            "Name": "vol",
            "Driver": "local",
            "DriverOpts": {"o": "1"},
            "Labels": {"a": "b"},
        }
        assert (f"node-{number}", "DELETE", "/v1.41/volumes/vol") in case.asked()

    def test_the_copy_goes_if_the_old_one_stays(self) -> None:
        case, number = self.made()
        found = case.volumes.movable("vol")
        assert found is not None
        case.wire(number).on("DELETE", "/volumes/vol", (409, {"message": "volume is in use"}))
        with pytest.raises(EngineRefused, match="in use"):
            result_of(case.volumes.move(found, case.engine(3 - number)))
        assert (f"node-{3 - number}", "DELETE", "/v1.41/volumes/vol") in case.asked()

    @pytest.mark.parametrize("second", [(204, None), (404, {"message": "no such volume"}), LOST])
    def test_a_removal_whose_answer_was_lost_costs_no_volume(self, second: Any) -> None:
        case, number = self.made()
        found = case.volumes.movable("vol")
        assert found is not None
        replies = iter([LOST, second])
        case.wire(number).on("DELETE", "/volumes/vol", lambda target, body: next(replies))
        result_of(case.volumes.move(found, case.engine(3 - number)))
        assert [asked for asked in case.asked() if asked[1] == "DELETE"] == [
            (f"node-{number}", "DELETE", "/v1.41/volumes/vol")
        ] * 2

    def test_one_that_could_not_be_made_may_try_again(self) -> None:
        case, number = self.made()
        found = case.volumes.movable("vol")
        assert found is not None
        case.wire(3 - number).on("POST", "/volumes/create", LOST)
        with pytest.raises(EngineUnreachable):
            result_of(case.volumes.move(found, case.engine(3 - number)))
        assert case.volumes.movable("vol") == found
        assert "volumes" in case.engine(3 - number).stale

    def test_not_once_it_was_mounted(self) -> None:
        case, number = self.made()
        case.volumes.mounted(case.engine(number), ("vol",))
        assert case.volumes.movable("vol") is None
        assert "volumes" in case.engine(number).stale

    @pytest.mark.parametrize("action", ["mount", "destroy"])
    def test_not_after_that_event(self, action: str) -> None:
        case, number = self.made()
        case.event(3 - number, action, "vol")
        case.event(number, action, "other")
        case.event(number, "unmount", "vol")
        assert case.volumes.movable("vol") is not None
        case.event(number, action, "vol")
        assert case.volumes.movable("vol") is None

    def test_not_with_a_container_that_has_it(self) -> None:
        case, number = self.made()
        mounts = [{"Type": "volume", "Name": "vol", "Destination": "/x"}]
        case.has_container(number, "a" * 64, "web", Mounts=mounts)
        assert case.volumes.movable("vol") is None

    def test_what_is_unknown_moves_nowhere(self) -> None:
        assert Case().volumes.movable("nope") is None


def test_two_of_a_name_must_be_told_apart() -> None:
    case = Case()
    case.has(1, "vol")
    case.has(2, "vol")
    with pytest.raises(Ambiguous):
        case.volumes.find("vol", case.state)
    assert case.volumes.find("node-2/vol", case.state).engine.name == "node-2"
    with pytest.raises(NotFound, match="get nope: no such volume"):
        case.volumes.find("nope", case.state)


class TestEverywhere:
    def test_on_each_node(self) -> None:
        case = Case(everywhere=True)
        assert case.create(Name="vol").status == 201
        assert [asked[0] for asked in case.asked()] == ["node-1", "node-2"]

    def test_one_for_clients(self) -> None:
        case = Case(everywhere=True)
        case.has(1, "vol")
        case.has(2, "vol")
        assert len(case.volumes.find("vol", case.state).engines) == 2
        assert len(case.volumes.find("node-1/vol", case.state).engines) == 1

    def test_a_node_that_failed_is_named(self) -> None:
        case = Case(everywhere=True)
        case.wire(2).on("POST", "/volumes/create", (500, {"message": "disk full"}))
        with pytest.raises(ApiError, match=r"node-2: disk full \(created on node-1\)"):
            case.create(Name="vol")


def test_one_whose_answer_was_lost_is_made_nowhere_else() -> None:
    case = Case()
    case.wire(1).on("POST", "/volumes/create", LOST)
    with pytest.raises(EngineUnreachable):
        case.create(Name="vol", Labels={CONSTRAINTS: '["node==node-1"]'})
    case.wire(1).on("POST", "/volumes/create", case.made)
    case.fleet.dispatch(actions.EngineCordoned(case.engine(1).key, True))
    for _ in range(2):
        assert case.create(Name="vol").status == 201
    assert [asked[0] for asked in case.asked()] == ["node-1", "node-1", "node-1"]


def test_a_create_goes_on_when_its_client_leaves() -> None:
    """So that the next of that name finds it, and no second one is made elsewhere."""
    case = Case()
    answer: Deferred[Any] = Deferred()
    case.on_all("POST", "/volumes/create", answer)
    leaving = Deferred.fromCoroutine(case.volumes.create(b'{"Name": "vol"}', None))
    leaving.addErrback(lambda _: None).cancel()
    next_one = Deferred.fromCoroutine(case.volumes.create(b'{"Name": "vol"}', None))
    assert len(case.asked()) == 1 and not next_one.called
    answer.callback((201, {"Name": "vol"}))
    assert [asked[0] for asked in case.asked()] == ["node-1", "node-1"]
    next_one.addErrback(lambda _: None).cancel()
