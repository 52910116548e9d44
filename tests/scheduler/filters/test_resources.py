import pytest

from swarmd.core.container.container_state import Container, Demand
from swarmd.core.container.resources import RESERVE_LABEL, DeviceWish
from swarmd.core.model import Engine
from swarmd.scheduler.claim import claim_devices
from swarmd.scheduler.placement import Counting, Placement
from swarmd.scheduler.policy import PlacementPolicy
from swarmd.scheduler.refusal import NoCandidate
from swarmd.scheduler.registry import make_policy
from tests.scheduler.fleet import (
    CPU,
    GIB,
    POLICY,
    conditions,
    make_engine,
    nodes,
    passing,
    rank,
    reasons,
    run,
)


@pytest.mark.parametrize(
    ("overcommit", "label", "memory", "passes"),
    [
        (0.0, None, 1 * GIB, True),
        (0.0, None, 1 * GIB + 1, False),
        (0.5, None, 3 * GIB, True),
        (0.5, None, 3 * GIB + 1, False),
        (0.5, "0", 1 * GIB + 1, False),
        (0.0, "1", 5 * GIB, True),
        (-0.5, None, 1, False),
    ],
)
def test_memory(overcommit: float, label: str | None, memory: int, passes: bool) -> None:
    one = make_engine("node-1", overcommit=label or "")
    run(one, memory=2 * GIB)
    run(one, memory=1 * GIB, state="created")
    run(one, memory=1 * GIB, state="exited")
    policy = make_policy(overcommit=overcommit)
    wanted = Placement(demand=Demand(memory=memory))
    assert bool(passing("resources", wanted, [one], policy)) is passes


@pytest.mark.parametrize(("cpus", "passes"), [(CPU // 2, True), (CPU // 2 + 1, False)])
def test_cpus_are_fractions(cpus: int, passes: bool) -> None:
    one = make_engine("node-1", cpus=2)
    run(one, cpus=CPU + CPU // 2)
    assert bool(passing("resources", Placement(demand=Demand(cpus=cpus)), [one])) is passes


def test_overcommit_of_a_few_percent_counts() -> None:
    """Classic Swarm rounded 5 % of 2 CPUs down to nothing."""
    one = make_engine("node-1", cpus=2)
    run(one, cpus=2 * CPU)
    wanted = Placement(demand=Demand(cpus=CPU // 10))
    assert passing("resources", wanted, [one], make_policy(overcommit=0.05)) == ["node-1"]
    assert passing("resources", wanted, [one]) == []


def test_who_asks_for_nothing_fits_on_a_full_engine() -> None:
    one = make_engine("node-1", cpus=1)
    run(one, cpus=9 * CPU, memory=99 * GIB)
    assert passing("resources", Placement(), [one]) == ["node-1"]


def test_cpuset_needs_that_many_cpus() -> None:
    engines = [make_engine("two", cpus=2), make_engine("four", cpus=4)]
    wanted = Placement(cpuset=4)
    assert passing("resources", wanted, engines) == ["four"]
    assert reasons("resources", wanted, engines) == ["has 2 CPUs, 4 are needed"]


def test_words() -> None:
    (one,) = nodes(1)
    run(one, cpus=3 * CPU + CPU // 2, memory=4 * GIB)
    cpus = Placement(demand=Demand(cpus=CPU))
    assert reasons("resources", cpus, [one]) == ["0.5 of 4 CPUs are free, 1 wanted"]
    memory = Placement(demand=Demand(memory=GIB))
    assert reasons("resources", memory, [one]) == ["0 B of 4 GiB of memory are free, 1 GiB wanted"]
    both = Placement(demand=Demand(cpus=CPU // 2, memory=GIB), cpuset=2)
    shown = ["cpus==0.5", "cpuset==0-1", "memory==1024MiB"]
    assert conditions("resources", both, []) == shown


def gpus(count: int, *ids: str) -> Placement:
    return Placement(device_wishes=(DeviceWish("gpu", count, ids),))


def test_devices() -> None:
    plain = make_engine("plain")
    busy = make_engine("busy", resource_gpu="0,1")
    free = make_engine("free", resource_gpu="0,1")
    run(busy, devices=[("gpu", "0")])
    engines = [plain, busy, free]
    assert passing("device", gpus(1), engines) == ["busy", "free"]
    assert passing("device", gpus(2), engines) == ["free"]
    assert passing("device", gpus(-1), engines) == ["free"]
    assert passing("device", gpus(0, "1"), engines) == ["busy", "free"]
    assert passing("device", gpus(0, "0"), engines) == ["free"]
    assert passing("device", Placement(), engines) == ["plain", "busy", "free"]
    assert reasons("device", gpus(2), engines) == [
        "no label resource.gpu declares a device",
        "1 of 2 gpu devices are free",
    ]


def test_a_device_asked_for_by_its_id_is_named() -> None:
    busy = make_engine("busy", resource_gpu="0,1")
    run(busy, devices=[("gpu", "0")])
    assert reasons("device", gpus(0, "0"), [busy]) == ["gpu 0 is in use"]
    assert reasons("device", gpus(0, "1", "7"), [busy]) == ["it has no gpu 7, but 0, 1"]


def test_device_conditions() -> None:
    assert conditions("device", gpus(2), []) == ["gpu=2"]
    assert conditions("device", gpus(-1), []) == ["gpu=all"]
    named = Placement(demand=Demand(devices=(("fpga", "x"),)))
    assert conditions("device", named, []) == ["fpga=x"]
    assert reasons("device", named, nodes(1)) == ["no label resource.fpga declares a device"]


@pytest.mark.parametrize(
    ("by", "kept"),
    [
        (Counting.HOLDING, ["node-3"]),
        (Counting.RUNNING, ["node-2", "node-3"]),
        (Counting.NOBODY, ["node-1", "node-2", "node-3"]),
    ],
)
@pytest.mark.parametrize("demand", [Demand(cpus=4 * CPU), Demand(memory=4 * GIB)])
def test_what_counts_as_held(by: Counting, kept: list[str], demand: Demand) -> None:
    one, two, three = nodes(3)
    run(one, cpus=CPU, memory=GIB)
    run(two, cpus=CPU, memory=GIB, state="created")
    wanted = Placement(demand=demand, taken_by=by)
    assert passing("resources", wanted, [one, two, three]) == kept
    more = Demand(demand.cpus + 1, demand.memory + 1)
    none = Placement(demand=more, taken_by=by)
    assert passing("resources", none, [one, two, three]) == [], "nothing frees what is not there"


def test_of_devices_that_others_have_the_fewest_have_the_first() -> None:
    one = make_engine("node-1", resource_gpu="0,1,2")
    run(one, devices=[("gpu", "0")])
    run(one, devices=[("gpu", "1")], state="created")
    run(one, devices=[("gpu", "2")])
    run(one, devices=[("gpu", "2")], state="created")

    def given(by: Counting, amount: int) -> object:
        return claim_devices(
            Placement(device_wishes=(DeviceWish("gpu", amount, ()),), taken_by=by), one
        )

    assert given(Counting.HOLDING, 1) is None
    assert given(Counting.RUNNING, 1) == (("gpu", "1"),)
    assert given(Counting.NOBODY, 2) == (("gpu", "1"), ("gpu", "0"))
    assert given(Counting.NOBODY, 4) is None


SOFT = make_policy(reserve="soft")


def wish(reserve: str = "", **demand: int) -> Placement:
    return Placement(demand=Demand(**demand, reserve=reserve))


def placed(wanted: Placement, engines: list[Engine], policy: PlacementPolicy = POLICY) -> list[str]:
    try:
        return [engine.name for engine in rank(wanted, engines, policy)]
    except NoCandidate:
        return []


def test_soft_limits_of_cpus_refuse_nothing() -> None:
    """1 + 1 + 0.5 on two CPUs, as on one host; what has room comes first."""
    full, free = make_engine("full", cpus=2), make_engine("free", cpus=2)
    run(full, cpus=2 * CPU)
    half = wish(cpus=CPU // 2)
    assert placed(half, [full]) == []
    assert placed(half, [full], SOFT) == ["full"]
    assert placed(half, [full, free], SOFT) == ["free"]


@pytest.mark.parametrize(
    ("policy", "label", "passes"),
    [("hard", "", False), ("hard", "soft", True), ("soft", "", True), ("soft", "hard", False)],
)
def test_the_label_goes_before_the_policy(policy: str, label: str, passes: bool) -> None:
    (one,) = nodes(1)
    run(one, cpus=4 * CPU, memory=GIB)
    chosen = make_policy(reserve=policy)
    assert bool(placed(wish(label, cpus=CPU), [one], chosen)) is passes
    memory = wish(label, memory=4 * GIB, least_memory=3 * GIB)
    assert bool(placed(memory, [one], chosen)) is passes


@pytest.mark.parametrize(
    ("policy", "label", "left"),
    [("hard", "", 1), ("hard", "soft", 3), ("soft", "", 3), ("soft", "hard", 1)],
)
def test_of_memory_the_reservation_is_kept_where_limits_are_not(
    policy: str, label: str, left: int
) -> None:
    (one,) = nodes(1)
    held = Demand(memory=3 * GIB, least_memory=GIB, reserve=label)
    one.tally.add(Container("c", one.key, demand=held))
    chosen = make_policy(reserve=policy)
    for wanted, passes in ((left * GIB, True), (left * GIB + 1, False)):
        assert bool(placed(wish(memory=wanted), [one], chosen)) is passes
    one.tally.remove(Container("c", one.key, demand=held))
    assert one.tally == nodes(1)[0].tally


def test_memory_without_a_reservation_is_kept_in_any_case() -> None:
    (one,) = nodes(1)
    run(one, memory=3 * GIB)
    assert placed(wish(memory=2 * GIB), [one], SOFT) == []


def test_a_refusal_names_the_option() -> None:
    (one,) = nodes(1)
    run(one, cpus=4 * CPU, memory=4 * GIB)
    for wanted, says in (
        (wish(cpus=CPU), True),
        (wish(memory=GIB), False),
        (wish(memory=GIB, least_memory=1), True),
        (wish("soft", memory=GIB, least_memory=1), False),
    ):
        with pytest.raises(NoCandidate) as refusal:
            rank(wanted, [one], POLICY)
        message = refusal.value.message
        assert ("--cluster-opt swarm.reserve=soft" in message) is says
        assert (f"{RESERVE_LABEL}=soft" in message) is says
