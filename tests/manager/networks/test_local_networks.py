"""Networks over scripted engines: unique names, and when one may move."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

import orjson
import pytest
from twisted.internet.defer import Deferred

from swarmd.cluster import actions
from swarmd.core.container.create_request import CreateRequest
from swarmd.core.errors import BadParameter, Conflict, EngineRefused, EngineUnreachable, NotFound
from swarmd.core.names import KEPT_ID
from swarmd.manager.containers.attachments import Attachments
from swarmd.manager.containers.create_order import NotMadeError, read_body
from swarmd.manager.containers.local_resources import LocalResources
from swarmd.manager.fleet.placer import CONSTRAINTS, Placer
from swarmd.manager.images.copying.supply import Supply
from swarmd.manager.networks.local_networks import CHANGE, LOOKS, PAUSE, LocalNetworks
from swarmd.manager.volumes.local_volumes import LocalVolumes
from swarmd.scheduler.placement import Placement
from swarmd.scheduler.registry import make_policy
from tests.manager.rig import Rig, result_of

ID, NEW = "a" * 64, "b" * 64
LOST = EngineUnreachable("node-2", "connection lost", sent=True)


class Case(Rig):
    def __init__(self, engines: int = 2, **spec: Any) -> None:
        super().__init__(engines, **spec)
        placer = Placer(self.fleet, make_policy("spread"), lambda: 0)
        self.networks = LocalNetworks(self.fleet, placer)
        self.volumes = LocalVolumes(self.fleet, placer)
        self.local = LocalResources(self.fleet, self.networks, self.volumes, Supply(self.fleet))
        self.on_all("POST", "/networks/create", (201, {"Id": NEW, "Warning": ""}))
        self.on_all("DELETE", "/networks/.*", (204, None))
        self.on_all("GET", f"/networks/{ID}", (200, self.shown()))

    @staticmethod
    def shown(**fields: Any) -> dict[str, Any]:
        entry = {"Id": ID, "Name": "net", "Driver": "bridge", "Scope": "local", "Labels": {}}
        return {**entry, "IPAM": {"Config": [{"Subnet": "10.9.0.0/24"}]}, **fields}

    def has(self, number: int, **fields: Any) -> None:
        entries = [self.shown(**fields)]
        self.fleet.dispatch(actions.NetworksListed(self.engine(number).key, entries))

    def ways(self, wanted: Placement, named: CreateRequest) -> list[Placement]:
        return Attachments(self.local, named).ways(wanted)

    def claimed(self, network: str, number: int) -> AbstractContextManager[None]:
        return self.local.claimed([self.networks.identity(network)], self.engine(number))

    async def brought(self, named: CreateRequest, number: int) -> None:
        on = Attachments(self.local, named).on(self.engine(number), lambda: False, lambda: None)
        async with on:
            pass

    def create(self, **body: Any) -> Any:
        return result_of(self.networks.create(orjson.dumps(body), (1, 41)))

    def begin(self, **body: Any) -> Deferred[Any]:
        return Deferred.fromCoroutine(self.networks.create(orjson.dumps(body), (1, 41)))

    def asked(self, method: str) -> list[str]:
        return [
            name
            for name, wire in sorted(self.wires.items())
            for asked, _ in wire.asked
            if asked == method
        ]


def outcome(begun: Deferred[Any]) -> int:
    """The status of one that has come to an end."""
    statuses: list[int] = []
    begun.addCallbacks(lambda answer: answer.status, lambda refused: refused.value.status)
    begun.addCallback(statuses.append)
    return statuses[0]


def config(*networks: str, **body: Any) -> Any:
    mode = {"NetworkMode": networks[0]} if networks else {}
    return read_body(orjson.dumps({"Image": "app", "HostConfig": mode, **body}))[1]


class TestCreate:
    def test_the_engine_gets_the_plain_name_and_a_driver(self) -> None:
        case = Case(1)
        assert case.create(Name="net", Options={"a": "b"}).status == 201
        body = {"Name": "net", "Options": {"a": "b"}, "Driver": "bridge"}
        assert case.wire(1).bodies == [body]
        assert "networks" in case.engine(1).stale

    def test_a_node_may_be_named_and_is_kept(self) -> None:
        case = Case()
        case.create(Name="node-2/net")
        (body,) = case.wire(2).bodies
        assert body["Name"] == "net" and body["Labels"] == {CONSTRAINTS: '["node==node-2"]'}

    def test_a_node_that_is_not_there_is_no_part_of_the_name(self) -> None:
        case = Case(1)
        with pytest.raises(NotFound, match="No such node: node-9"):
            case.create(Name="node-9/net")
        assert case.wire(1).bodies == []

    def test_names_are_taken_also_on_lost_nodes(self) -> None:
        case = Case()
        case.has(2)
        case.lose(2)
        with pytest.raises(Conflict, match="network with name net already exists"):
            case.create(Name="net")

    def test_names_are_taken_while_they_are_made(self) -> None:
        case = Case(1)
        answer: Deferred[Any] = Deferred()
        case.wire(1).on("POST", "/networks/create", answer)
        Deferred.fromCoroutine(case.networks.create(b'{"Name":"net"}', (1, 41)))
        others = [case.begin(Name="net") for _ in range(3)]
        assert case.asked("POST") == ["node-1"], "they wait for what becomes of the first"
        case.wire(1).on("POST", "/networks/create", second := Deferred())
        answer.callback((404, {"message": "could not find plugin nope"}))
        assert case.asked("POST") == ["node-1"] * 2, "the name is free after all, for one"
        second.callback((201, {"Id": NEW}))
        assert [outcome(one) for one in others] == [201, 409, 409]
        case.wire(1).on("POST", "/networks/create", Deferred())
        first, late = case.begin(Name="other"), case.begin(Name="other")
        case.clock.advance(CHANGE)
        assert outcome(late) == 409
        first.addErrback(lambda _: None)

    def test_it_goes_on_when_its_client_leaves(self) -> None:
        case = Case()
        answer: Deferred[Any] = Deferred()
        case.on_all("POST", "/networks/create", answer)
        leaving = Deferred.fromCoroutine(case.networks.create(b'{"Name": "net"}', None))
        leaving.addErrback(lambda _: None).cancel()
        other, leaver = case.begin(Name="net"), case.begin(Name="net")
        leaver.addErrback(lambda _: None).cancel()
        case.has(1)
        answer.callback((201, {"Id": NEW}))
        assert outcome(other) == 409
        assert "networks" in case.engine(1).stale

    def test_one_whose_answer_was_lost_is_made_nowhere_else(self) -> None:
        """That engine may have it, or be at it still; it refuses a second one of the name."""
        case = Case()
        case.wire(1).on("POST", "/networks/create", LOST)
        with pytest.raises(EngineUnreachable):
            case.create(Name="net", Labels={CONSTRAINTS: '["node==node-1"]'})
        with pytest.raises(Conflict, match="may just be made on node-1"):
            case.create(Name="node-2/net")
        taken = (409, {"message": "network with name net already exists"})
        case.wire(1).on("POST", "/networks/create", taken)
        assert case.create(Name="net").status == 409
        assert case.wire(1).bodies[-1]["CheckDuplicate"] is True
        assert case.asked("POST") == ["node-1", "node-1"]

    def test_an_engine_that_is_off_the_list_keeps_no_name(self) -> None:
        case = Case()
        case.wire(1).on("POST", "/networks/create", LOST)
        with pytest.raises(EngineUnreachable):
            case.create(Name="net", Labels={CONSTRAINTS: '["node==node-1"]'})
        case.fleet.apply([case.entry(2)])
        assert case.create(Name="net").status == 201

    def test_overlays_are_for_managers(self) -> None:
        case = Case()
        refused = (403, {"message": "This node is not a swarm manager."})
        case.wire(1).on("POST", "/networks/create", refused)
        assert case.create(Name="net", Driver="overlay").status == 403  # an engine's own words
        case.add(3, swarm_manager=True)
        case.on_all("POST", "/networks/create", (201, {"Id": NEW}))
        case.create(Name="net", Driver="overlay")
        assert case.asked("POST") == ["node-1", "node-3"]

    @pytest.mark.parametrize("body", [b"", b"{", b"[]", b"7"])
    def test_bodies_that_are_none(self, body: bytes) -> None:
        with pytest.raises(BadParameter):
            result_of(Case().networks.create(body, None))

    def test_a_name_is_a_text(self) -> None:
        with pytest.raises(BadParameter, match="is a string"):
            Case().create(Name=5)

    def test_a_network_needs_a_name(self) -> None:
        with pytest.raises(BadParameter):
            Case().create()


class TestMovable:
    def test_while_it_is_nobodys(self) -> None:
        case = Case()
        case.has(1)
        assert case.networks.movable("net") == case.networks.movable(ID[:9])
        assert case.networks.movable("net") is not None

    @pytest.mark.parametrize(
        "fields",
        [{"Scope": "swarm"}, {"Name": "bridge"}, {"Labels": {CONSTRAINTS: '["node==node-1"]'}}],
    )
    def test_not_what_is_everywhere_or_was_put_there(self, fields: dict[str, Any]) -> None:
        case = Case()
        case.has(1, **fields)
        assert case.networks.movable(fields.get("Name", "net")) is None

    def test_not_with_a_container_even_one_that_ended(self) -> None:
        case = Case()
        case.has(1)
        attached = {"Networks": {"net": {"NetworkID": ID}}}
        case.has_container(1, "c" * 64, "web", State="exited", NetworkSettings=attached)
        assert case.networks.movable("net") is None

    def test_not_what_is_unknown(self) -> None:
        assert Case().networks.movable("nope") is None
        assert Case().networks.identity("nope") == "network nope"


class TestMove:
    def moved(self, case: Case) -> dict[str, Any]:
        found = case.networks.movable("net")
        assert found is not None
        result_of(case.networks.move(found, case.engine(2)))
        body: dict[str, Any] = [body for body in case.wire(2).bodies if body][-1]
        return body

    def test_as_it_was_under_the_id_that_clients_know(self) -> None:
        case = Case()
        case.has(1)
        body = self.moved(case)
        assert body["Labels"] == {KEPT_ID: ID} and body["Name"] == "net"
        assert body["IPAM"]["Config"] == [{"Subnet": "10.9.0.0/24"}]
        assert case.asked("DELETE") == ["node-1"]

    def test_with_another_subnet_if_that_is_taken(self) -> None:
        case = Case()
        case.has(1)

        def picky(target: str, body: bytes) -> Any:
            if orjson.loads(body)["IPAM"]["Config"]:
                return 403, {"message": "Pool overlaps with other one on this address space"}
            return 201, {"Id": NEW}

        case.wire(2).on("POST", "/networks/create", picky)
        assert self.moved(case)["IPAM"]["Config"] == []

    def test_the_copy_goes_if_the_old_one_stays(self) -> None:
        case = Case()
        case.has(1)
        case.wire(1).on("DELETE", "/networks/.*", (403, {"message": "has active endpoints"}))
        with pytest.raises(EngineRefused, match="active endpoints"):
            self.moved(case)
        assert case.wire(2).asked[-1] == ("DELETE", f"/v1.41/networks/{NEW}")

    @pytest.mark.parametrize("second", [(204, None), (404, {"message": "not found"}), LOST])
    def test_a_removal_whose_answer_was_lost_costs_no_network(self, second: Any) -> None:
        case = Case()
        case.has(1)
        replies = iter([LOST, second])
        case.wire(1).on("DELETE", "/networks/.*", lambda target, body: next(replies))
        self.moved(case)
        assert case.asked("DELETE") == ["node-1", "node-1"]
        assert "networks" in case.engine(1).stale

    def test_one_that_was_made_although_nobody_heard_of_it(self) -> None:
        case = Case()
        case.has(1)
        case.wire(2).on("POST", "/networks/create", LOST)
        case.wire(2).on("GET", "/networks/net", (200, {"Id": NEW, "Labels": {KEPT_ID: ID}}))
        self.moved(case)
        assert case.asked("DELETE") == ["node-1"]

    @pytest.mark.parametrize("shown", [(404, {"message": "no"}), (200, {"Id": NEW}), LOST])
    def test_it_stays_where_it_was_if_nobody_knows(self, shown: Any) -> None:
        case = Case()
        case.has(1)
        case.wire(2).on("POST", "/networks/create", LOST)
        case.wire(2).on("GET", "/networks/net", shown)
        found = case.networks.movable("net")
        assert found is not None
        work = Deferred.fromCoroutine(case.networks.move(found, case.engine(2)))
        case.clock.pump([PAUSE] * LOOKS)
        with pytest.raises(EngineUnreachable):
            work.result.raiseException()
        work.addErrback(lambda _: None)
        assert case.asked("DELETE") == []

    def test_nothing_changes_if_it_cannot_be_made(self) -> None:
        case = Case()
        case.has(1)
        case.wire(2).on("POST", "/networks/create", (500, {"message": "no"}))
        with pytest.raises(EngineRefused):
            self.moved(case)
        assert case.asked("DELETE") == []


class TestTidy:
    def test_an_unused_copy_goes_where_others_have_one(self) -> None:
        case = Case()
        case.has(1)
        case.has(2, Id=NEW, Labels={KEPT_ID: ID})
        result_of(case.local.tidy(case.engine(2)))
        assert case.wire(2).asked[-1] == ("DELETE", f"/v1.41/networks/{NEW}")

    def test_not_the_last_one_that_answers(self) -> None:
        case = Case()
        case.has(1)
        case.has(2, Id=NEW, Labels={KEPT_ID: ID})
        case.lose(1)
        result_of(case.local.tidy(case.engine(2)))
        assert case.asked("DELETE") == []

    def test_not_what_a_container_is_about_to_use(self) -> None:
        case = Case()
        case.has(1)
        case.has(2, Id=NEW, Labels={KEPT_ID: ID})
        with case.claimed("net", 2):
            result_of(case.local.tidy(case.engine(2)))
        assert case.asked("DELETE") == []


class TestBeforeACreate:
    def test_what_is_nobodys_does_not_bind(self) -> None:
        case = Case()
        case.has(1)
        wanted = Placement(networks=("net",), volumes=("vol",))
        assert case.ways(wanted, config("net")) == [wanted, Placement(volumes=("vol",))]

    def test_what_another_create_claims_binds(self) -> None:
        case = Case()
        case.has(1)
        wanted = Placement(networks=("net",))
        with case.claimed(ID, 1):
            assert case.ways(wanted, config("net")) == [wanted]
        assert case.ways(wanted, config("net")) == [wanted, Placement()]
        assert not case.local._claims and not case.local._heading

    def test_it_is_brought(self) -> None:
        case = Case()
        case.has(1)
        result_of(case.brought(config("net"), 2))
        assert case.asked("POST") == ["node-2"]

    def test_two_that_want_it_elsewhere(self) -> None:
        case = Case(3)
        case.has(1)
        with case.claimed("net", 2), pytest.raises(NotMadeError, match="just being taken") as no:
            result_of(case.brought(config("net"), 3))
        assert isinstance(no.value.error, Conflict)

    def test_a_volume_in_the_making_pins(self) -> None:
        case = Case()
        mounts = config(HostConfig={"Binds": ["vol:/x"]})
        with case.local.claimed([case.volumes.identity("vol")], case.engine(2)):
            (pin,) = case.ways(Placement(), mounts)[0].pins
            assert pin.engines == frozenset({case.engine(2).key})
        assert case.ways(Placement(), mounts) == [Placement()]

    def test_who_may_go_anywhere_lets_others_go_first(self) -> None:
        case = Case()
        case.has(1)
        waits = Deferred.fromCoroutine(case.local.settle(config("net")))
        case.state.mark_stale(case.engine(1).key, "networks")
        assert not waits.called and not case.asked("GET")
        case.clock.advance(1)
        assert waits.called and case.asked("GET") == ["node-1"], "it looks again after a wait"
        bound = config("net", Env=["constraint:node==node-1"])
        result_of(case.local.settle(bound))

    def test_a_create_waits_for_what_is_on_its_way(self) -> None:
        case = Case()
        case.has(1)
        answer: Deferred[Any] = Deferred()
        case.wire(2).on("POST", "/networks/create", answer)
        Deferred.fromCoroutine(case.brought(config("net"), 2))
        bound = config("net", Env=["constraint:node==node-1"])
        waits = Deferred.fromCoroutine(case.local.settle(bound))
        assert not waits.called
        answer.callback((201, {"Id": NEW}))
        assert waits.called

    def test_a_network_follows_a_container_that_is_connected(self) -> None:
        case = Case()
        case.has(1)
        assert result_of(case.local.follow("net", case.engine(1))) is False
        assert result_of(case.local.follow("net", case.engine(2))) is True
        with case.claimed("net", 1):
            assert result_of(case.local.follow("net", case.engine(2))) is False


def test_no_client_gives_a_network_the_id_of_another() -> None:
    case = Case()
    labels = {KEPT_ID: ID, "a": "b"}
    assert case.create(Name="copy", Labels=labels).status == 201
    sent = [body for wire in case.wires.values() for body in wire.bodies if body]
    assert [body["Labels"] for body in sent] == [{"a": "b"}]
