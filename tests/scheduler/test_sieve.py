from swarmd.core.container.container_state import Demand, HostPort
from swarmd.scheduler.placement import Placement
from swarmd.scheduler.sieve import refusal, sift, verdicts
from tests.scheduler.fleet import POLICY, expressions, indexed, make_engine, nodes, run


def soft(*texts: str) -> tuple[list[str], list[str]]:
    engines = [
        make_engine("a1", zone="a", disk="ssd"),
        make_engine("a2", zone="a", disk="hdd"),
        make_engine("b1", zone="b", disk="hdd"),
    ]
    fleet = indexed(engines)
    sifted = sift(Placement(constraints=expressions(*texts)), fleet.everyone, fleet, POLICY)
    return [engine.name for engine in fleet.engines(sifted.kept)], [
        each.condition for each in sifted.ignored
    ]


def test_soft_rules_that_can_be_met_hold() -> None:
    assert soft("zone==~a", "disk==~ssd") == (["a1"], [])


def test_of_two_that_exclude_each_other_the_last_gives_way() -> None:
    assert soft("zone==~b", "disk==~ssd") == (["b1"], ["disk==ssd"])
    assert soft("disk==~ssd", "zone==~b") == (["a1"], ["zone==b"])


def test_one_that_cannot_be_met_takes_no_other_along() -> None:
    assert soft("zone==~nowhere", "disk==~hdd", "zone==~b") == (["b1"], ["zone==nowhere"])


def test_hard_rules_go_first_wherever_they_stand() -> None:
    assert soft("zone==~b", "disk==ssd") == (["a1"], ["zone==b"])


def test_soft_affinity_gives_way_to_ports() -> None:
    one, two = nodes(2)
    run(one, "web", ports=[HostPort(80)])
    demand = Demand(ports=(HostPort(80),))
    wanted = Placement(demand=demand, affinities=expressions("container==~web"))
    fleet = indexed([one, two])
    sifted = sift(wanted, fleet.everyone, fleet, POLICY)
    assert [engine.name for engine in fleet.engines(sifted.kept)] == ["node-2"]


def test_verdicts_name_the_first_rule_that_failed() -> None:
    one, two, three = nodes(3)
    one.cordoned = True
    run(two, ports=[HostPort(80)])
    wanted = Placement(demand=Demand(ports=(HostPort(80),)), constraints=expressions("node!=x"))
    fleet = indexed([one, two, three])
    everyone = fleet.everyone
    sifted = sift(wanted, everyone, fleet, POLICY)
    found = {each.name: rule for each, rule in verdicts(sifted, everyone, fleet)}
    assert found == {
        "node-1": ("cordon", "is cordoned"),
        "node-2": ("port", "port 80/tcp is in use"),
    }


def test_conditions_end_with_the_rule_that_left_nothing() -> None:
    demand = Demand(ports=(HostPort(80),))
    wanted = Placement(demand=demand, constraints=expressions("rank==9", "zone==~a"))
    fleet = indexed(nodes(2))
    error = refusal(sift(wanted, fleet.everyone, fleet, POLICY), fleet.everyone, fleet)
    assert error.message == (
        "Unable to find a node that satisfies the following conditions \n"
        "[rank==9]\n"
        "node-1, node-2: has no label rank (constraint)"
    )


def test_a_big_fleet_keeps_its_order() -> None:
    engines = nodes(1500)
    fleet = indexed(engines)
    wanted = Placement(constraints=expressions("node!=/7/"))
    kept = fleet.engines(sift(wanted, fleet.everyone, fleet, POLICY).kept)
    assert [e.name for e in kept] == [e.name for e in engines if "7" not in e.name]
