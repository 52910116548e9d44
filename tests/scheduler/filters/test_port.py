import pytest

from swarmd.core.container.container_state import Demand, HostPort
from swarmd.scheduler.claim import claim_ports
from swarmd.scheduler.placement import Counting, Placement, PortRange
from tests.scheduler.fleet import conditions, nodes, passing, reasons, run

CONFLICTS = [
    (HostPort(80), HostPort(80), True),
    (HostPort(80), HostPort(81), False),
    (HostPort(53, "udp"), HostPort(53, "tcp"), False),
    (HostPort(9, "sctp"), HostPort(9, "sctp"), True),
    (HostPort(80, ip="10.0.0.1"), HostPort(80), True),
    (HostPort(80), HostPort(80, ip="10.0.0.1"), True),
    (HostPort(80, ip="0.0.0.0"), HostPort(80, ip="10.0.0.1"), True),
    (HostPort(80, ip="10.0.0.1"), HostPort(80, ip="::"), True),
    (HostPort(80, ip="10.0.0.1"), HostPort(80, ip="10.0.0.1"), True),
    (HostPort(80, ip="10.0.0.1"), HostPort(80, ip="10.0.0.2"), False),
]


@pytest.mark.parametrize(("held", "wish", "conflict"), CONFLICTS)
def test_conflict(held: HostPort, wish: HostPort, conflict: bool) -> None:
    (one,) = nodes(1)
    run(one, ports=[held])
    wanted = Placement(demand=Demand(ports=(wish,)))
    assert passing("port", wanted, [one]) == ([] if conflict else ["node-1"])


@pytest.mark.parametrize(
    ("state", "free"), [("exited", True), ("dead", True), ("created", False), ("paused", False)]
)
def test_a_stopped_container_frees_its_port(state: str, free: bool) -> None:
    (one,) = nodes(1)
    run(one, state=state, ports=[HostPort(80)])
    wanted = Placement(demand=Demand(ports=(HostPort(80),)))
    assert bool(passing("port", wanted, [one])) is free


def test_every_port_narrows() -> None:
    one, two, three = nodes(3)
    run(one, ports=[HostPort(80)])
    run(two, ports=[HostPort(443, ip="10.0.0.2")])
    ports = (HostPort(80), HostPort(443, ip="10.0.0.2"))
    wanted = Placement(demand=Demand(ports=ports))
    assert passing("port", wanted, [one, two, three]) == ["node-3"]
    said = reasons("port", wanted, [one, two, three])
    assert said == ["port 80/tcp is in use", "port 10.0.0.2:443/tcp is in use"]


def test_conditions_are_worded_as_ever() -> None:
    demand = Demand(ports=(HostPort(80),))
    assert conditions("port", Placement(demand=demand), []) == ["port 80 (Bridge mode)"]
    host = Placement(demand=demand, host_mode=True)
    assert conditions("port", host, []) == ["port 80/tcp (Host mode)"]
    assert conditions("port", Placement(), []) == []


@pytest.mark.parametrize("fixed", [(), (HostPort(8001),)])
def test_a_range_beside_fixed_ports(fixed: tuple[HostPort, ...]) -> None:
    one, two, three = nodes(3)
    run(one, ports=[HostPort(8000)])
    run(two, ports=[HostPort(8000), HostPort(8001, ip="10.0.0.1")])
    wanted = Placement(demand=Demand(ports=fixed), port_ranges=(PortRange(8000, 8001),))
    assert passing("port", wanted, [one, two, three]) == (
        ["node-3"] if fixed else ["node-1", "node-3"]
    )


def test_a_range_wants_one_free_port() -> None:
    one, two = nodes(2)
    run(one, ports=[HostPort(8000), HostPort(8001)])
    run(two, ports=[HostPort(8000)])
    wanted = Placement(port_ranges=(PortRange(8000, 8001),))
    assert passing("port", wanted, [one, two]) == ["node-2"]
    assert reasons("port", wanted, [one, two]) == ["no port of 8000-8001/tcp is free"]


@pytest.mark.parametrize(
    ("by", "kept"),
    [
        (Counting.HOLDING, ["node-3"]),
        (Counting.RUNNING, ["node-2", "node-3"]),
        (Counting.NOBODY, ["node-1", "node-2", "node-3"]),
    ],
)
@pytest.mark.parametrize("ip", ["", "10.0.0.1"])
def test_what_counts_as_held(by: Counting, kept: list[str], ip: str) -> None:
    one, two, three = nodes(3)
    run(one, ports=[HostPort(80, ip=ip)])
    run(two, state="created", ports=[HostPort(80, ip=ip)])
    fixed = Placement(demand=Demand(ports=(HostPort(80),)), taken_by=by)
    assert passing("port", fixed, [one, two, three]) == kept
    a_range = Placement(port_ranges=(PortRange(80, 80),), taken_by=by)
    assert passing("port", a_range, [one, two, three]) == kept
    assert all(claim_ports(a_range, each) for each in (one, two, three) if each.name in kept)


def test_of_many_ports_each_counts() -> None:
    """Beyond the first they share one rule."""
    one, two, three = nodes(3)
    run(one, ports=[HostPort(1900)])
    run(two, ports=[HostPort(1950, ip="10.0.0.1")])
    run(three, ports=[HostPort(1900, "udp"), HostPort(1950, ip="10.0.0.2")])
    ports = tuple(HostPort(number, ip="10.0.0.1") for number in range(1800, 2000))
    wanted = Placement(demand=Demand(ports=ports))
    assert passing("port", wanted, [one, two, three]) == ["node-3"]
    assert conditions("port", wanted, [])[-1] == "136 more ports"
    assert reasons("port", wanted, [one]) == ["port 10.0.0.1:1900/tcp is in use"]
    assert reasons("port", wanted, [two]) == ["port 10.0.0.1:1950/tcp is in use"]


def test_ranges_on_nodes_that_hold_none_of_their_ports() -> None:
    one, two = nodes(2)
    run(one, ports=[HostPort(8000), HostPort(9999)])
    wanted = Placement(port_ranges=(PortRange(8000, 8000), PortRange(8000, 8001)))
    assert passing("port", wanted, [one, two]) == ["node-2"]
    too_many = Placement(port_ranges=(PortRange(8000, 8001),) * 3)
    assert passing("port", too_many, [one, two]) == []
