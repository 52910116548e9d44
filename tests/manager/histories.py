"""A machine of histories: what clients, engines and networks may do, in whatever order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Coroutine
from itertools import combinations
from typing import Any, cast

import orjson
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from twisted.internet.defer import CancelledError, Deferred

from swarmd.cluster import actions as news
from swarmd.core.container.resources import ONE_CPU
from swarmd.core.errors import ApiError
from swarmd.core.index.engine_index import EngineIndex
from swarmd.core.index.tally import Tally
from swarmd.manager.containers.attempt import LOOKS, PAUSE
from swarmd.manager.containers.create_order import CreateOrder, read_body
from swarmd.manager.moving.mover import Mover
from tests.cluster.fleet import NOW, key_of, seen
from tests.manager.scripted import MEMORY, Call, ScriptedFleet, binding, is_probe, meet

ENGINES = 3
numbers = st.integers(1, ENGINES)
picks = st.integers(0, 1000)
GPUS = ("0", "1")  # of each node
CPUS = 4
GPU = {"Driver": "", "Count": 1, "Capabilities": [["gpu"]]}


class Histories(RuleBasedStateMachine):
    """No name or GPU twice, no limit broken, no leak.

    Creates and renames, answers and lost ones, engines that go on with what nobody waits for,
    clients that leave, events, lists that are late, starts, ends, removals, and nodes that are
    lost, restarted, or emptied and taken off the list for a while.

    Attributes:
        late: Answers to lists that are on their way, with the number of the engine.
        revived: Nodes on which something ended was started again, beside what was created since.
    """

    @initialize(strategy=st.sampled_from(["spread", "binpack"]))
    def stand_up(self, strategy: str) -> None:
        self.fleet = ScriptedFleet(ENGINES)
        for number in self.fleet.there:
            self._label(number)
        self.creator = self.fleet.creator(strategy)
        self.mover = Mover(self.fleet, self.creator, cast(Any, None), cast(Any, None))
        self.results: list[Deferred[Any]] = []
        self.revived: set[int] = set()
        self.late: list[tuple[int, Callable[[], None]]] = []
        self.unexpected: list[BaseException] = []

    def _label(self, number: int) -> None:
        labels = {"resource.gpu": ",".join(GPUS)}
        self.fleet.dispatch(news.EngineLabelled(key_of(number), labels))

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
        order = CreateOrder(name, *read_body(body), "test", (1, 41))
        self._begin(self.creator.create(order))

    @rule(number=numbers, pick=picks, name=st.sampled_from(["aa", "bb", "cc"]))
    def rename(self, number: int, pick: int, name: str) -> None:
        """A client gives one that swarmd knows another name."""
        engine = self.fleet.state.engines.get(key_of(number))
        known = list(engine.containers.values()) if engine is not None and engine.healthy else []
        if known:
            container = known[pick % len(known)]
            self._begin(self.mover.rename(container, name))

    def _begin(self, work: Coroutine[Any, Any, Any]) -> None:
        running = Deferred.fromCoroutine(work)
        running.addErrback(self._failed)
        self.results.append(running)

    def _failed(self, failure: Any) -> None:
        if not failure.check(ApiError, CancelledError):
            self.unexpected.append(failure.value)

    def _take(self, pick: int) -> Call:
        return self.fleet.calls.pop(pick % len(self.fleet.calls))

    @precondition(lambda self: self.fleet.calls)
    @rule(pick=picks)
    def grant(self, pick: int) -> None:
        """The engine does what it is asked, and its answer arrives."""
        self.fleet.act(self._take(pick))

    @precondition(lambda self: self.fleet.calls)
    @rule(pick=picks, status=st.sampled_from([400, 404, 409, 500]))
    def refuse(self, pick: int, status: int) -> None:
        call = self._take(pick)
        if call.takes_name and not is_probe(call):
            call.answer(status)
        else:
            self.fleet.act(call)

    @precondition(lambda self: self.fleet.calls)
    @rule(pick=picks, done=st.sampled_from(["no", "yes", "later"]), heard=st.booleans())
    def lose_the_answer(self, pick: int, done: str, heard: bool) -> None:
        """The connection breaks; the engine may have acted, or may still be at it."""
        call = self._take(pick)
        if call.takes_name and not is_probe(call) and self._may_take(call):
            if done == "yes":
                self._do(call, heard)
            elif done == "later":
                self.fleet.busy[call.engine][call.query["name"]] = call
        call.break_off()

    def _may_take(self, call: Call) -> bool:
        renamed = call.path.endswith("/create") or self._renamed(call) is not None
        return renamed and not self.fleet.holds(call.engine, call.query["name"])

    def _renamed(self, call: Call) -> dict[str, Any] | None:
        return self.fleet.find(call.engine, call.path.split("/")[1])

    def _do(self, call: Call, heard: bool) -> None:
        """The engine carries it out, and tells of it by an event, or that is lost."""
        name, renamed = call.query["name"], self._renamed(call)
        if call.path.endswith("/create"):
            made, verb = self.fleet.make(call.engine, call.body, name), "create"
        elif renamed is not None:
            made, verb = str(renamed["Id"]), "rename"
            renamed["Name"] = f"/{name}"
        else:
            return
        if heard and self._hears(call.engine):
            self._event(call.engine, verb, made)

    @precondition(lambda self: any(self.fleet.busy.values()))
    @rule(number=numbers, pick=picks, heard=st.booleans(), fails=st.booleans())
    def finish(self, number: int, pick: int, heard: bool, fails: bool) -> None:
        """An engine is done at last with what nobody waits for."""
        busy = self.fleet.busy[number]
        if busy:
            call = busy.pop(list(busy)[pick % len(busy)])
            if not fails:
                self._do(call, heard)

    @precondition(lambda self: self.fleet.calls)
    @rule(pick=picks)
    def never_connect(self, pick: int) -> None:
        self._take(pick).break_off(sent=False)

    @precondition(lambda self: self.results)
    @rule(pick=picks)
    def the_client_leaves(self, pick: int) -> None:
        """What its create or rename has asked an engine for may still be done, or not."""
        self.results[pick % len(self.results)].cancel()

    @rule(seconds=st.sampled_from([0.25, 1.0, 11.0]))
    def wait(self, seconds: float) -> None:
        self.fleet.clock.advance(seconds)

    def _hears(self, number: int) -> bool:
        engine = self.fleet.state.engines.get(key_of(number))
        return engine is not None and engine.healthy

    def _event(self, number: int, action: str, container_id: str) -> None:
        record = {
            "Type": "container",
            "Action": action,
            "Actor": {"ID": container_id, "Attributes": {}},
            "timeNano": int(NOW * 1e9),
        }
        at = self.fleet.clock.seconds()
        self.fleet.dispatch(seen(key_of(number), record, at))

    @rule(number=numbers, pick=picks, heard=st.booleans())
    def remove(self, number: int, pick: int, heard: bool) -> None:
        """Somebody removes a container on its engine."""
        there = self.fleet.there[number]
        if there:
            container_id = list(there)[pick % len(there)]
            del there[container_id]
            if heard and self._hears(number):
                self._event(number, "destroy", container_id)

    @rule(number=numbers, pick=picks, heard=st.booleans())
    def end(self, number: int, pick: int, heard: bool) -> None:
        """A container ends, which frees what it held."""
        there = self.fleet.there[number]
        if there:
            container_id = list(there)[pick % len(there)]
            there[container_id]["State"] = {"Status": "exited", "Running": False}
            if heard and self._hears(number):
                self._event(number, "die", container_id)

    @rule(number=numbers, pick=picks, answered=st.booleans(), heard=st.booleans())
    def start(self, number: int, pick: int, answered: bool, heard: bool) -> None:
        """Engines judge ports then; swarmd what engines do not keep."""
        there = self.fleet.there[number]
        known = [one for one in there if one in self.fleet.state.containers]
        if not known or not self._hears(number):
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
        if heard:
            self._event(number, "start", container_id)
        self.creator.starter.end(container_id, done=True if answered else None)

    def _port_is_held(self, number: int, inspect: dict[str, Any]) -> bool:
        wanted = binding(inspect["HostConfig"])
        held = [binding(one) for one in self._running(number)]
        return any(wanted and one and meet(wanted, one) for one in held)

    @rule(number=numbers)
    def list_again(self, number: int) -> None:
        if self._hears(number):
            self.fleet.listing(number)

    @rule(number=numbers)
    def ask_for_a_list(self, number: int) -> None:
        if self._hears(number):
            self.late.append((number, self.fleet.begin_listing(number)))

    @precondition(lambda self: self.late)
    @rule(pick=picks)
    def a_list_is_late(self, pick: int) -> None:
        """Much may have happened since the engine said what it had."""
        self.late.pop(pick % len(self.late))[1]()

    @rule(number=numbers)
    def lose_a_node(self, number: int) -> None:
        if self._hears(number):
            self.fleet.lose(number)
            self._forget_lists(number)

    def _forget_lists(self, number: int) -> None:
        self.late = [one for one in self.late if one[0] != number]

    @rule(number=numbers)
    def bring_a_node_back(self, number: int) -> None:
        if key_of(number) in self.fleet.state.engines and not self._hears(number):
            self.fleet.bring_back(number)

    @rule(number=numbers)
    def restart_an_engine(self, number: int) -> None:
        """What it was at is never done."""
        self.lose_a_node(number)
        self.fleet.busy[number].clear()
        self.bring_a_node_back(number)

    @rule(number=numbers)
    def empty_a_node_and_unlist_it(self, number: int) -> None:
        self._forget_lists(number)
        self.fleet.unlist(number)
        for call in [call for call in self.fleet.calls if call.engine == number]:
            self.fleet.calls.remove(call)
            call.break_off()
        self.fleet.there[number].clear()
        self.fleet.busy[number].clear()

    @rule(number=numbers)
    def list_a_node(self, number: int) -> None:
        key = key_of(number)
        if key not in self.fleet.state.engines:
            self.fleet.dispatch(news.EngineListed(key, key))
            self._label(number)
            self.fleet.bring_back(number)

    @rule(number=numbers, pick=picks)
    def remove_through_swarmd(self, number: int, pick: int) -> None:
        """Its engine has acknowledged it."""
        there = self.fleet.there[number]
        if there and self._hears(number):
            container_id = list(there)[pick % len(there)]
            del there[container_id]
            self.fleet.forget(container_id)

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
    def no_port_twice_on_a_node(self) -> None:
        """Of ranges the engine chooses itself."""
        for number in self.fleet.there:
            held = [one for host in self._holding(number) if (one := binding(host))]
            assert not any(meet(*pair) for pair in combinations(held, 2)), (number, held)

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
    def sums_and_index_hold_what_is_there_and_under_way(self) -> None:
        state = self.fleet.state
        for engine in state.engines.values():
            pending = state.reservations.pending.values()
            here = [container for container, on in pending if on is engine]
            assert engine.tally == _counted([*engine.containers.values(), *here])
        state.index.refresh()
        anew = EngineIndex(state.engines.values())
        anew.refresh()
        assert _facts(state.index) == _facts(anew)

    @invariant()
    def nothing_unforeseen(self) -> None:
        assert self.unexpected == []

    def _answer_all(self) -> None:
        """Also what is asked after a pause: an engine may still have been at a lost create."""
        for _ in range(2 * LOOKS):
            while self.fleet.calls:
                self.refuse(0, 500)
            self.fleet.clock.advance(PAUSE)

    def teardown(self) -> None:
        """Every create comes to an end, every node is heard; then nothing may be reserved."""
        if not hasattr(self, "fleet"):
            return
        self._answer_all()
        for number, busy in self.fleet.busy.items():
            busy.clear()
            self.list_a_node(number)
            self.fleet.bring_back(number)
        self._answer_all()
        for number in self.fleet.there:
            self.fleet.listing(number)
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


def _facts(index: EngineIndex) -> dict[str, Any]:
    return {key: index._facts[slot] for key, slot in index._slots.items()}


def _counted(containers: Any) -> Tally:
    tally = Tally()
    for container in containers:
        tally.add(container)
    return tally
