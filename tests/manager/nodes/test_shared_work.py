"""Two swarmds, one book: each has its own picture of the engines, which are the same."""

from __future__ import annotations

from swarmd.cluster import actions as news
from swarmd.core.container.create_request import KINDS
from swarmd.manager.containers.pull_plans import PullPlans
from swarmd.manager.fleet.placer import Placer
from swarmd.manager.moving.drain import Drainer
from swarmd.manager.moving.mover import Mover
from swarmd.manager.moving.relocate import Relocation
from swarmd.manager.nodes.operator import NodeOperator
from swarmd.manager.nodes.operator_state import OperatorState
from swarmd.manager.nodes.shared_work import SharedWork
from swarmd.manager.nodes.watcher import NodeWatcher
from swarmd.manager.rescheduling.absent_nodes import Rules
from swarmd.manager.rescheduling.reschedule import Rescheduler
from swarmd.scheduler.registry import make_policy
from swarmd.store.memory import MemoryServer
from tests.cluster.fleet import key_of
from tests.manager.membership.rig import Member, server
from tests.manager.rig import result_of
from tests.manager.scripted import ScriptedFleet

GRACE = 10.0
ON = {KINDS["reschedule"]: '["on-node-failure"]'}


class Swarmd:
    """One of them; its engines may be those of the other."""

    def __init__(
        self, shared: MemoryServer, name: str, beside: ScriptedFleet | None = None
    ) -> None:
        self.fleet = fleet = ScriptedFleet(beside=beside)
        self.member = Member(shared, name, start=False)
        self.state = OperatorState(shared=self.member.book)
        mover = Mover(fleet, fleet.creator(), PullPlans(fleet.clock.seconds), self.state)
        mover.prove = self.member.election.step
        rules = Rules(grace=GRACE)
        clock = fleet.clock
        self.rescheduler = Rescheduler(fleet, mover, self.state, clock, lambda: 0.5, rules)
        local = fleet.local_resources(Placer(fleet, make_policy(), lambda: 0))
        self.drainer = Drainer(fleet, Relocation(fleet, mover), local, self.state)
        self.operator = NodeOperator(fleet, self.state, self.drainer, self.rescheduler)
        member = self.member
        SharedWork(
            fleet, member.book, member.election, member.reports, self.drainer, self.rescheduler
        )
        NodeWatcher(fleet.state, (self.operator, self.rescheduler, self.drainer))
        self.rescheduler.startService()
        self.drainer.startService()
        member.start()
        self.see(*fleet.there)

    def see(self, *numbers: int) -> None:
        for number in numbers:
            self.fleet.listing(number)
            self.fleet.dispatch(news.EngineAnswered(key_of(number), 0.0))

    def stop(self) -> None:
        self.member.stop()
        self.fleet.calls.clear()


class Two:
    def __init__(self) -> None:
        self.shared = server()
        self.a = Swarmd(self.shared, "a")
        self.b = Swarmd(self.shared, "b", self.a.fleet)
        self.both = (self.a, self.b)

    def run(self, name: str, labels: dict[str, str] | None = None) -> str:
        made = self.a.fleet.make(1, {"Image": "busybox", "Labels": labels or {}}, name)
        self.a.fleet.there[1][made]["State"] = {"Status": "running"}
        for each in self.both:
            each.fleet.listing(1)
        return made

    def lose(self, wait: float = GRACE) -> None:
        for each in self.both:
            each.fleet.lose(1)
            each.fleet.clock.advance(wait)


def test_a_word_at_one_counts_at_both() -> None:
    two = Two()
    result_of(two.b.operator.cordon("node-1", True))
    result_of(two.b.operator.label("node-1", {"zone": "a"}, []))
    for each in two.both:
        node = each.operator.inspect("node-1")
        assert (node["Availability"], node["OperatorLabels"]) == ("cordoned", {"zone": "a"})
        assert node["Lasting"]
    result_of(two.a.operator.cordon("node-1", False))
    assert two.b.operator.inspect("node-1")["Availability"] == "active"


def test_a_drain_that_is_asked_for_at_one_is_done_by_the_other_and_followed_here() -> None:
    two = Two()
    two.run("web")
    drain = result_of(two.b.operator.drain("node-1"))
    assert two.b.operator.inspect("node-1")["Availability"] == "draining"
    two.a.fleet.obey()
    assert two.b.fleet.calls == [] and two.a.fleet.names(2) == {"web": "running"}
    last = drain.lines[-1]
    assert last["Done"] and last["Moved"] == 1 and not last["Stopped"]
    assert two.b.operator.inspect("node-1")["Availability"] == "cordoned"


def test_a_drain_goes_on_where_its_leader_has_ended() -> None:
    two = Two()
    for number in range(3):
        two.run(f"web{number}")
    drain = result_of(two.b.operator.drain("node-1"))
    two.a.stop()
    assert two.b.member.election.leads and two.b.fleet.calls
    two.b.fleet.obey()
    assert two.b.fleet.names(1) == {} and drain.lines[-1]["Moved"] == 3


def test_an_uncordon_at_one_ends_the_drain_of_the_other() -> None:
    two = Two()
    for number in range(6):
        two.run(f"web{number}")
    drain = result_of(two.a.operator.drain("node-1"))
    result_of(two.b.operator.cordon("node-1", False))
    two.a.fleet.obey()
    assert drain.lines[-1]["Stopped"] and len(two.a.fleet.names(1)) == 2


def test_what_a_lost_node_had_is_made_again_once() -> None:
    two = Two()
    old = two.run("web", ON)
    two.lose()
    assert two.b.fleet.calls == [] and two.b.rescheduler.waiting(
        two.b.fleet.state.engines[key_of(1)]
    ) == ["web"]
    two.a.fleet.obey()
    two.b.see(2)
    two.a.stop()
    assert two.b.member.election.leads and two.b.fleet.calls == []
    assert two.b.rescheduler.waiting(two.b.fleet.state.engines[key_of(1)]) == []
    assert old not in two.b.fleet.state.containers
    assert two.b.fleet.names(2) == {"web": "running"}


def test_a_loss_goes_on_where_its_leader_has_ended() -> None:
    two = Two()
    two.run("web", ON)
    two.lose()
    assert len(two.a.fleet.calls) == 1
    two.a.stop()
    (create,) = two.b.fleet.calls
    assert create.method == "POST"
    two.b.fleet.obey()
    assert two.b.fleet.names(2) == {"web": "running"} and two.b.state.book.losses == {}


def test_who_does_not_lead_any_more_does_nothing_more() -> None:
    """The store says so, before it knows itself: the answer to its create comes late."""
    two = Two()
    two.run("web", ON)
    two.lose()
    for watch in two.a.member.store.watches[:]:
        watch.stop()
    two.shared.drop(two.shared.owners["leader"])
    two.b.fleet.obey()
    assert two.b.fleet.names(2) == {"web": "running"}
    (create,) = two.a.fleet.calls
    two.a.fleet.calls.clear()
    two.a.fleet.there = {number: {} for number in two.a.fleet.there}
    two.a.fleet.act(create)
    assert two.a.fleet.calls == [], "the new one is not started"


def test_an_operators_word_that_a_node_is_lost_counts_at_any() -> None:
    two = Two()
    two.run("web", ON)
    two.lose(wait=1.0)
    said = result_of(two.b.operator.lost_for_good("node-1"))
    assert said["Rescheduled"] == ["web"] and two.b.fleet.calls == []
    two.a.fleet.obey()
    assert two.a.fleet.names(2) == {"web": "running"}


def test_what_is_given_up_at_one_is_hidden_at_both() -> None:
    two = Two()
    old = two.run("web", ON)
    two.lose(wait=1.0)
    result_of(two.b.operator.forget("node-1", "web"))
    for each in two.both:
        assert old not in each.fleet.state.containers
        each.fleet.clock.advance(GRACE)
    assert two.a.fleet.calls == []
