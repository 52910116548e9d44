"""Ranking as a whole, and what must hold for every fleet and every wish."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarmd.core.container.container_state import Demand, HostPort
from swarmd.core.container.resources import DeviceWish
from swarmd.core.index.engine_index import EngineIndex
from swarmd.core.model import Engine, Health, Volume
from swarmd.scheduler import place
from swarmd.scheduler.claim import claim
from swarmd.scheduler.place import MOST
from swarmd.scheduler.placement import Pin, Placement
from swarmd.scheduler.policy import PlacementPolicy
from swarmd.scheduler.refusal import NoCandidate, Verdict
from swarmd.scheduler.registry import make_policy
from tests.scheduler.fleet import GIB, POLICY, explain, expressions, make_engine, nodes, rank, run


def refused(wanted: Placement, engines: list[Engine]) -> str:
    with pytest.raises(NoCandidate) as caught:
        rank(wanted, engines, POLICY)
    assert caught.value.status == 500
    assert set(caught.value.verdicts) == {engine.name for engine in engines}
    return caught.value.message


def test_first_lines_of_classic_swarm() -> None:
    one, two = nodes(2)
    one.cordoned = True
    two.health, two.error = Health.UNHEALTHY, "timeout"
    assert refused(Placement(), []) == "No healthy node available in the cluster"
    assert refused(Placement(), [two]) == (
        "No healthy node available in the cluster\nnode-2: is unhealthy: timeout (health)"
    )
    assert refused(Placement(), [one]) == (
        "No nodes available in the cluster\nnode-1: is cordoned (cordon)"
    )
    two.health = Health.HEALTHY
    assert refused(Placement(demand=Demand(memory=8 * GIB)), [two]) == (
        "no resources available to schedule container\n"
        "node-2: 4 GiB of 4 GiB of memory are free, 8 GiB wanted (resources)"
    )
    pin = Pin("--link=nope:x", frozenset(), "container nope is not there")
    assert refused(Placement(dependencies=(pin,)), [two]) == (
        "Unable to find a node that satisfies the following conditions \n"
        "[--link=nope:x]\n"
        "node-2: container nope is not there (dependency)"
    )


def test_best_first_up_to_a_limit() -> None:
    engines = nodes(40)
    assert [e.name for e in rank(Placement(), engines, POLICY, limit=2)] == ["node-1", "node-2"]
    assert len(rank(Placement(), engines, POLICY)) == MOST
    assert len(rank(Placement(), engines, POLICY, limit=99)) == 40


def test_engines_tried_in_vain_are_left_out_but_keep_their_volumes() -> None:
    engines = nodes(3)
    engines[0].volumes["data"] = Volume("data")
    names = [e.name for e in rank(Placement(), engines, POLICY, without={"node-1:2375"})]
    assert names == ["node-2", "node-3"]
    with pytest.raises(NoCandidate, match="volume data is not there, but on node-1"):
        rank(Placement(volumes=("data",)), engines, POLICY, without={"node-1:2375"})


def test_explanation_of_a_choice() -> None:
    engines = one, two, three = nodes(3)
    run(one)
    three.cordoned = True
    wanted = Placement(image="busybox", constraints=expressions("zone==~a"))
    found = explain(wanted, engines, POLICY)
    assert (found.chosen, found.error) == ("node-2", "")
    assert found.ignored == ("constraint zone==a",)
    assert [(each.engine, each.place) for each in found.standings] == [
        ("node-2", 1),
        ("node-1", 2),
        ("node-3", 0),
    ]
    assert found.standings[0].score == {"failures": 0, "containers": 0, "pull": 1}
    assert found.standings[2].removed == Verdict("cordon", "is cordoned")
    assert rank(wanted, engines, POLICY)[0] is two


def test_explanation_of_a_refusal() -> None:
    engines = nodes(2)
    wanted = Placement(constraints=expressions("rank==1"))
    found = explain(wanted, engines, POLICY)
    assert found.chosen == ""
    assert found.error == refused(wanted, engines)
    assert {each.removed for each in found.standings} == {
        Verdict("constraint", "has no label rank")
    }
    assert explain(Placement(), [], POLICY).error == "No healthy node available in the cluster"


# What holds for every fleet and every wish. The checks below are written anew, from the words of
# the rules, not by calling the filters.

ZONES = st.sampled_from(["a", "b", "c"])
PORTS = st.sampled_from([HostPort(80), HostPort(80, "udp"), HostPort(80, ip="10.0.0.1")])
STATES = st.sampled_from(["running", "created", "exited", "paused"])


@st.composite
def engines_(draw: st.DrawFn) -> Engine:
    number = draw(st.integers(0, 10**9))
    labels = {"zone": draw(ZONES)}
    if draw(st.booleans()):
        labels["resource_gpu"] = "0,1"
    if draw(st.booleans()):
        labels["overcommit"] = draw(st.sampled_from(["0.5", "-0.5", "x"]))
    if draw(st.booleans()):
        labels["containerslots"] = str(draw(st.integers(0, 4)))
    engine = make_engine(f"n{number}", memory=10, cpus=1, **labels)
    engine.health = draw(st.sampled_from([Health.HEALTHY] * 3 + list(Health)))
    engine.cordoned = draw(st.sampled_from([False, False, True]))
    engine.failures = draw(st.integers(0, 1))
    for _ in range(draw(st.integers(0, 3))):
        devices = [("gpu", "0")] if draw(st.booleans()) else []
        ports = draw(st.lists(PORTS, max_size=1))
        memory = draw(st.integers(0, 5))
        run(engine, state=draw(STATES), memory=memory, ports=ports, devices=devices)
    return engine


FLEETS = st.lists(engines_(), max_size=6, unique_by=lambda engine: engine.key)


@st.composite
def wishes(draw: st.DrawFn) -> Placement:
    return Placement(
        demand=Demand(
            memory=draw(st.integers(0, 6)), ports=tuple(draw(st.lists(PORTS, max_size=1)))
        ),
        constraints=expressions(*draw(st.lists(st.sampled_from(CONSTRAINTS), max_size=2))),
        device_wishes=tuple(draw(st.lists(st.just(DeviceWish("gpu", 1, ())), max_size=2))),
        spread=draw(st.sampled_from(["", "zone"])),
    )


CONSTRAINTS = ["zone==a", "zone!=a", "zone==~b", "zone!=~c"]
POLICIES = st.sampled_from(["spread", "binpack", "random", "spread:zone"]).map(
    lambda strategy: make_policy(strategy, overcommit=0.2)
)


def fits(wanted: Placement, engine: Engine) -> bool:
    """Every hard rule, naively."""
    ratio = {"0.5": 1.5, "-0.5": 0.5}.get(engine.labels.get("overcommit", ""), 1.2)
    held = {(p, proto, ip) for (p, proto), ips in engine.tally.ports.items() for ip in ips}
    free = [gpu for gpu in ("0", "1") if ("gpu", gpu) not in engine.tally.devices]
    gpus = len(free) if "resource.gpu" in engine.labels else 0
    slots = int(engine.labels.get("containerslots", "99"))
    hard = [each for each in wanted.constraints if not each.soft]
    memory = wanted.demand.memory
    return (
        engine.health is Health.HEALTHY
        and not engine.cordoned
        and (memory == 0 or engine.tally.memory + memory <= 10 * ratio)
        and all((engine.labels["zone"] == e.value) == e.equal for e in hard)
        and gpus >= len(wanted.device_wishes)
        and engine.tally.total < slots
        and not any(
            port.port == number and port.proto == proto and (not ip or not port.ip or ip == port.ip)
            for port in wanted.demand.ports
            for number, proto, ip in held
        )
    )


@given(wishes(), FLEETS, POLICIES)
def test_candidates_are_exactly_those_that_fit_but_for_soft_rules(
    wanted: Placement, engines: list[Engine], policy: PlacementPolicy
) -> None:
    fitting = {engine.name for engine in engines if fits(wanted, engine)}
    try:
        ranked = {engine.name for engine in rank(wanted, engines, policy)}
    except NoCandidate as error:
        assert not fitting
        assert set(error.verdicts) == {engine.name for engine in engines}
        return
    assert ranked and ranked <= fitting
    if not any(each.soft for each in wanted.constraints):
        assert ranked == fitting


@given(wishes(), FLEETS, POLICIES, st.integers(0, 9))
def test_rank_and_explain_agree_and_repeat(
    wanted: Placement, engines: list[Engine], policy: PlacementPolicy, seed: int
) -> None:
    found = explain(wanted, engines, policy, seed=seed)
    assert {each.engine for each in found.standings} == {engine.name for engine in engines}
    assert all((each.place > 0) == (each.removed is None) for each in found.standings)
    places = [each.engine for each in found.standings if each.place]
    if found.error:
        assert not places
        return
    for _ in range(2):
        ranked = rank(wanted, engines, policy, seed=seed)
        assert [engine.name for engine in ranked] == places
    scores = [tuple(each.score.values()) for each in found.standings if each.place]
    assert scores == sorted(scores)


@given(FLEETS)
def test_spread_picks_a_least_loaded_engine(engines: list[Engine]) -> None:
    clean = [e for e in engines if fits(Placement(), e) and not e.failures]
    if clean:
        best = rank(Placement(), engines, POLICY)[0]
        assert best.failures == 0
        assert best.tally.active == min(engine.tally.active for engine in clean)


@given(st.lists(wishes(), max_size=12), FLEETS, POLICIES)
def test_a_burst_never_exceeds_capacity(
    burst: list[Placement], engines: list[Engine], policy: PlacementPolicy
) -> None:
    """Each create reserves what it claimed before the next is placed."""
    for wanted in burst:
        try:
            best = rank(wanted, engines, policy)[0]
        except NoCandidate:
            continue
        before = dict(best.tally.devices)
        demand = claim(wanted, best)
        assert fits(wanted, best)
        assert not set(demand.devices) & set(before)
        assert len(demand.devices) == len(wanted.device_wishes)
        run(best, state="created", memory=demand.memory, ports=demand.ports, devices=demand.devices)
        if wanted.demand.memory:
            ratio = {"0.5": 1.5, "-0.5": 0.5}.get(best.labels.get("overcommit", ""), 1.2)
            assert best.tally.memory <= 10 * ratio


def test_equals_are_drawn_by_chance_where_several_place_at_once() -> None:
    fleet = EngineIndex()
    for engine in nodes(3):
        fleet.add(engine)

    def drawn(seed: int) -> list[str]:
        ranked = place.rank(Placement(), fleet, POLICY, seed=seed, by_chance=True)
        return [engine.name for engine in ranked]

    assert {drawn(seed)[0] for seed in range(3)} == {"node-1", "node-2", "node-3"}
    assert all(sorted(drawn(seed)) == ["node-1", "node-2", "node-3"] for seed in range(4))
