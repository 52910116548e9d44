"""Whatever happens in whatever order: no name or GPU twice, no limit broken, no leak."""

from __future__ import annotations

from collections import Counter
from typing import Any

import orjson
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from twisted.internet.defer import CancelledError, Deferred

from swarmd.cluster import actions as news
from swarmd.core.engine_index import EngineIndex
from swarmd.core.errors import ApiError
from swarmd.core.resources import ONE_CPU
from swarmd.core.tally import Tally
from swarmd.manager.making import LOOKS, PAUSE
from swarmd.manager.order import Order, read_body
from tests.cluster.fleet import NOW, key_of, seen
from tests.manager.scripted import MEMORY, Call, ScriptedFleet

ENGINES = 3
numbers = st.integers(1, ENGINES)
picks = st.integers(0, 1000)
GPUS = ("0", "1")  # of each node
CPUS = 4
GPU = {"Driver": "", "Count": 1, "Capabilities": [["gpu"]]}


class Histories(RuleBasedStateMachine):
    """Creates, answers, lost answers, clients that leave, events, lists, starts, ends, lost nodes.

    Attributes:
        revived: Nodes on which something ended was started again, beside what was created since.
    """

    @initialize(strategy=st.sampled_from(["spread", "binpack"]))
    def stand_up(self, strategy: str) -> None:
        self.fleet = ScriptedFleet(ENGINES)
        for number in self.fleet.there:
            labels = {"resource.gpu": ",".join(GPUS)}
            self.fleet.dispatch(news.EngineLabelled(key_of(number), labels))
        self.creator = self.fleet.creator(strategy)
        self.results: list[Deferred[Any]] = []
        self.unexpected: list[BaseException] = []
        self.revived: set[int] = set()

    @rule(
        name=st.sampled_from(["", "", "aa", "bb", "cc"]),
        port=st.sampled_from(["", "", "80", "81", "80-81"]),
        address=st.sampled_from(["", "", "10.0.0.1", "10.0.0.2"]),
        memory=st.sampled_from([0, 0, 250, 400, 700]),
        cpus=st.sampled_from([0, 0, 1, 2]),
        gpus=st.sampled_from([0, 0, 1, 2, -1]),
    )
    def create(self, name: str, port: str, address: str, memory: int, cpus: int, gpus: int) -> None:
        host: dict[str, Any] = {"Memory": memory, "NanoCpus": cpus * ONE_CPU}
        if port:
            host["PortBindings"] = {"9/tcp": [{"HostPort": port, "HostIp": address}]}
        if gpus:
            host["DeviceRequests"] = [{**GPU, "Count": gpus}]
        body = orjson.dumps({"Image": "busybox", "HostConfig": host})
        order = Order(name, *read_body(body), "test", (1, 41))
        work = Deferred.fromCoroutine(self.creator.create(order))
        work.addErrback(self._failed)
        self.results.append(work)

    def _failed(self, failure: Any) -> None:
        if not failure.check(ApiError, CancelledError):
            self.unexpected.append(failure.value)

    def _take(self, pick: int) -> Call:
        return self.fleet.calls.pop(pick % len(self.fleet.calls))

    @precondition(lambda self: self.fleet.calls)
    @rule(pick=picks)
    def grant(self, pick: int) -> None:
        """The engine does what it is asked, and its answer arrives."""
        call = self._take(pick)
        if call.method == "POST":
            call.answer(201, {"Id": self._made(call), "Warnings": []})
        else:
            self._look_up(call)

    @precondition(lambda self: self.fleet.calls)
    @rule(pick=picks, status=st.sampled_from([400, 404, 409, 500]))
    def refuse(self, pick: int, status: int) -> None:
        call = self._take(pick)
        if call.method == "POST":
            call.answer(status)
        else:
            self._look_up(call)

    @precondition(lambda self: self.fleet.calls)
    @rule(pick=picks, done=st.booleans(), told=st.booleans())
    def lose_the_answer(self, pick: int, done: bool, told: bool) -> None:
        """The connection breaks; the engine may have acted, and may have told so by an event."""
        call = self._take(pick)
        made = self._made(call) if call.method == "POST" and done else ""
        if made and told:
            self._event(call.engine, "create", made)
        call.break_off()

    @precondition(lambda self: self.fleet.calls)
    @rule(pick=picks)
    def never_connect(self, pick: int) -> None:
        self._take(pick).break_off(sent=False)

    @precondition(lambda self: self.results)
    @rule(pick=picks)
    def the_client_leaves(self, pick: int) -> None:
        """What its create has asked an engine for may still be done, or not."""
        self.results[pick % len(self.results)].cancel()

    def _made(self, call: Call) -> str:
        """Engines hold no two of one name either."""
        return self.fleet.make(call.engine, call.body, call.query["name"])

    def _look_up(self, call: Call) -> None:
        name = "/" + call.path.split("/")[1]
        there = self.fleet.there[call.engine].values()
        found = [inspect for inspect in there if inspect["Name"] == name]
        call.answer(200, found[0]) if found else call.answer(404)

    def _event(self, number: int, action: str, container_id: str) -> None:
        record = {
            "Type": "container",
            "Action": action,
            "Actor": {"ID": container_id, "Attributes": {}},
            "timeNano": int(NOW * 1e9),
        }
        at = self.fleet.clock.seconds()
        self.fleet.dispatch(seen(key_of(number), record, at))

    @rule(number=numbers, pick=picks, told=st.booleans())
    def remove(self, number: int, pick: int, told: bool) -> None:
        """Somebody removes a container on its engine."""
        there = self.fleet.there[number]
        if there:
            container_id = list(there)[pick % len(there)]
            del there[container_id]
            if told and self.fleet.healthy_engine(number):
                self._event(number, "destroy", container_id)

    @rule(number=numbers, pick=picks, told=st.booleans())
    def end(self, number: int, pick: int, told: bool) -> None:
        """A container ends, which frees what it held."""
        there = self.fleet.there[number]
        if there:
            container_id = list(there)[pick % len(there)]
            there[container_id]["State"] = {"Status": "exited", "Running": False}
            if told and self.fleet.healthy_engine(number):
                self._event(number, "die", container_id)

    @rule(number=numbers, pick=picks, answered=st.booleans(), told=st.booleans())
    def start(self, number: int, pick: int, answered: bool, told: bool) -> None:
        """Engines judge ports then; swarmd what engines do not keep."""
        there = self.fleet.there[number]
        known = [one for one in there if one in self.fleet.state.containers]
        if not known or not self.fleet.healthy_engine(number):
            return
        container_id = known[pick % len(known)]
        inspect = there[container_id]
        if not self.creator.starter.begin(container_id):
            return
        if inspect["State"]["Status"] != "running" and self._port_is_held(number, inspect):
            self.creator.starter.end(container_id, done=False)
            return
        if inspect["State"]["Status"] == "exited":
            self.revived.add(number)
        inspect["State"] = {"Status": "running", "Running": True}
        if told:
            self._event(number, "start", container_id)
        self.creator.starter.end(container_id, done=True if answered else None)

    def _port_is_held(self, number: int, inspect: dict[str, Any]) -> bool:
        wanted = _binding(inspect["HostConfig"])
        held = [_binding(one) for one in self._running(number)]
        return any(wanted and one and _meet(wanted, one) for one in held)

    @rule(number=numbers)
    def list_again(self, number: int) -> None:
        if self.fleet.healthy_engine(number):
            self.fleet.listing(number)

    @rule(number=numbers)
    def lose_a_node(self, number: int) -> None:
        self.fleet.lose(number)

    @rule(number=numbers)
    def bring_a_node_back(self, number: int) -> None:
        if not self.fleet.healthy_engine(number):
            self.fleet.bring_back(number)

    @rule(number=numbers, cordoned=st.booleans())
    def cordon(self, number: int, cordoned: bool) -> None:
        self.fleet.dispatch(news.EngineCordoned(key_of(number), cordoned))

    # What always holds, for what really is on the engines

    @invariant()
    def no_name_twice(self) -> None:
        everything = [one for there in self.fleet.there.values() for one in there.values()]
        names = Counter(inspect["Name"] for inspect in everything)
        assert max(names.values(), default=0) <= 1, names

    def _running(self, number: int) -> list[dict[str, Any]]:
        """The host configs of what runs."""
        there = self.fleet.there[number].values()
        return [one["HostConfig"] for one in there if one["State"]["Status"] == "running"]

    def _holding(self, number: int) -> list[dict[str, Any]]:
        """Of what has not ended, too: what was created keeps its place, unless who had it before
        came back first."""
        if number in self.revived:
            return self._running(number)
        there = self.fleet.there[number].values()
        return [one["HostConfig"] for one in there if one["State"]["Status"] != "exited"]

    @invariant()
    def no_device_twice_on_a_node(self) -> None:
        """Each create names the devices that it was given."""
        for number in self.fleet.there:
            wishes = [w for one in self._holding(number) for w in one.get("DeviceRequests") or ()]
            held = Counter(device for wish in wishes for device in wish["DeviceIDs"])
            assert held.keys() <= set(GPUS) and max(held.values(), default=0) <= 1, held

    @invariant()
    def nothing_over_the_limit(self) -> None:
        for number in self.fleet.there:
            hosts = self._holding(number)
            assert sum(one.get("Memory") or 0 for one in hosts) <= MEMORY, number
            assert sum(one.get("NanoCpus") or 0 for one in hosts) <= CPUS * ONE_CPU, number

    @invariant()
    def sums_and_index_tell_what_is_there_and_under_way(self) -> None:
        state = self.fleet.state
        for engine in state.engines.values():
            pending = [r.container for r in state.reservations.pending.values()]
            here = [one for one in pending if one.engine == engine.key]
            assert engine.tally == _counted([*engine.containers.values(), *here])
        state.index.settle()
        anew = EngineIndex(state.engines.values())
        anew.settle()
        assert state.index._facts == anew._facts

    @invariant()
    def nothing_unforeseen(self) -> None:
        assert self.unexpected == []

    def _refuse_all(self) -> None:
        """Also what is asked after a pause: an engine may still have been at a lost create."""
        for _ in range(2 * LOOKS):
            while self.fleet.calls:
                self.refuse(0, 500)
            self.fleet.clock.advance(PAUSE)

    def teardown(self) -> None:
        """Every create comes to an end, every node is heard; then nothing may be reserved."""
        if not hasattr(self, "fleet"):
            return
        self._refuse_all()
        for number in self.fleet.there:
            self.fleet.bring_back(number)
        self._refuse_all()
        assert all(work.called for work in self.results)
        assert self.fleet.state.reservations.pending == {}
        for number, there in self.fleet.there.items():
            engine = self.fleet.state.engines[key_of(number)]
            assert engine.containers.keys() == there.keys()
            assert engine.tally == _counted(engine.containers.values())
        for name in ("aa", "bb", "cc"):
            held = any(f"/{name}" == one["Name"] for there in self.fleet.there.values()
                       for one in there.values())  # fmt: skip
            assert self.fleet.state.name_taken(name) == held


def _binding(host: dict[str, Any]) -> dict[str, str] | None:
    """None for a range, too, of which an engine takes another port."""
    bindings = host.get("PortBindings") or {}
    found: dict[str, str] | None = bindings["9/tcp"][0] if bindings else None
    return None if found is None or "-" in found["HostPort"] else found


def _meet(one: dict[str, str], other: dict[str, str]) -> bool:
    """Every address and one of them exclude each other."""
    addresses = {one["HostIp"], other["HostIp"]}
    return one["HostPort"] == other["HostPort"] and (len(addresses) == 1 or "" in addresses)


def _counted(containers: Any) -> Tally:
    tally = Tally()
    for container in containers:
        tally.add(container)
    return tally


TestHistories = Histories.TestCase
TestHistories.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
