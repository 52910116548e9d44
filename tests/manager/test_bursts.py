"""Whatever happens in whatever order: no name twice, no port twice, no limit broken, no leak."""

from __future__ import annotations

from collections import Counter
from typing import Any

import orjson
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from twisted.internet.defer import Deferred

from swarmd.cluster import actions as news
from swarmd.core.errors import ApiError
from swarmd.core.tally import Tally
from swarmd.manager.order import Order, read_body
from tests.cluster.fleet import NOW, key_of
from tests.manager.scripted import MEMORY, Call, ScriptedFleet

ENGINES = 3
numbers = st.integers(1, ENGINES)
picks = st.integers(0, 1000)


class Histories(RuleBasedStateMachine):
    """Creates, answers, lost answers, events, lists, removals and losses of nodes."""

    @initialize(strategy=st.sampled_from(["spread", "binpack"]))
    def stand_up(self, strategy: str) -> None:
        self.fleet = ScriptedFleet(ENGINES)
        self.creator = self.fleet.creator(strategy)
        self.results: list[Deferred[Any]] = []
        self.unexpected: list[BaseException] = []

    @rule(
        name=st.sampled_from(["", "", "aa", "bb", "cc"]),
        port=st.sampled_from(["", "", "80", "81", "80-81"]),
        memory=st.sampled_from([0, 0, 250, 400, 700]),
    )
    def create(self, name: str, port: str, memory: int) -> None:
        host: dict[str, Any] = {"Memory": memory}
        if port:
            host["PortBindings"] = {"9/tcp": [{"HostPort": port}]}
        body = orjson.dumps({"Image": "busybox", "HostConfig": host})
        order = Order(name, *read_body(body), "test", (1, 41))
        work = Deferred.fromCoroutine(self.creator.create(order))
        work.addErrback(self._failed)
        self.results.append(work)

    def _failed(self, failure: Any) -> None:
        if not failure.check(ApiError):
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
        self.fleet.dispatch(news.EventSeen(key_of(number), record, at, NOW))

    @rule(number=numbers, pick=picks, told=st.booleans())
    def remove(self, number: int, pick: int, told: bool) -> None:
        """Somebody removes a container on its engine."""
        there = self.fleet.there[number]
        if there:
            container_id = list(there)[pick % len(there)]
            del there[container_id]
            if told and self.fleet.healthy_engine(number):
                self._event(number, "destroy", container_id)

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

    @invariant()
    def no_port_twice_on_a_node(self) -> None:
        """Of ranges the engine chooses a free port itself."""
        for number, there in self.fleet.there.items():
            bindings = [one["HostConfig"].get("PortBindings") or {} for one in there.values()]
            asked = [port["9/tcp"][0]["HostPort"] for port in bindings if port]
            fixed = Counter(port for port in asked if port.isdecimal())
            assert max(fixed.values(), default=0) <= 1, (number, fixed)

    @invariant()
    def no_memory_over_the_limit(self) -> None:
        for number, there in self.fleet.there.items():
            taken = sum(inspect["HostConfig"].get("Memory") or 0 for inspect in there.values())
            assert taken <= MEMORY, (number, taken)

    @invariant()
    def nothing_unforeseen(self) -> None:
        assert self.unexpected == []

    def teardown(self) -> None:
        """Every create comes to an end, every node is heard; then nothing may be reserved."""
        if not hasattr(self, "fleet"):
            return
        while self.fleet.calls:
            self.refuse(0, 500)
        for number in self.fleet.there:
            self.fleet.bring_back(number)
        while self.fleet.calls:
            self.refuse(0, 500)
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


def _counted(containers: Any) -> Tally:
    tally = Tally()
    for container in containers:
        tally.add(container)
    return tally


TestHistories = Histories.TestCase
TestHistories.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
