import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarmd.core.container.container_state import Demand, HostPort
from swarmd.core.container.resources import DeviceWish
from swarmd.scheduler.claim import claim, claim_devices, claim_ports, port_is_free
from swarmd.scheduler.placement import Placement, PortRange
from tests.scheduler.fleet import make_engine, nodes, run


def test_fixed_ports_come_first_and_ranges_avoid_them() -> None:
    (one,) = nodes(1)
    run(one, ports=[HostPort(8001)])
    wanted = Placement(
        demand=Demand(cpus=5, ports=(HostPort(8000),)),
        port_ranges=(PortRange(8000, 8009), PortRange(8000, 8002), PortRange(8000, 8000, "udp")),
    )
    ports = (HostPort(8000), HostPort(8003), HostPort(8002), HostPort(8000, "udp"))
    assert claim(wanted, one) == Demand(cpus=5, ports=ports)


def test_no_port_left() -> None:
    (one,) = nodes(1)
    wanted = Placement(port_ranges=(PortRange(1, 2),) * 3)
    assert claim_ports(wanted, one) is None
    with pytest.raises(ValueError, match="node-1"):
        claim(wanted, one)


def test_devices_are_concrete_and_distinct() -> None:
    one = make_engine("node-1", resource_gpu="0-3", resource_fpga="x")
    run(one, devices=[("gpu", "0")])
    wanted = Placement(
        device_wishes=(
            DeviceWish("gpu", 0, ("2",)),
            DeviceWish("gpu", 2, ()),
            DeviceWish("fpga", -1, ()),
        )
    )
    assert claim_devices(wanted, one) == (("gpu", "2"), ("gpu", "1"), ("gpu", "3"), ("fpga", "x"))


def test_devices_named_twice_are_one() -> None:
    one = make_engine("node-1", resource_gpu="0")
    demand = Demand(devices=(("gpu", "0"),))
    wanted = Placement(demand=demand, device_wishes=(DeviceWish("gpu", 0, ("0",)),))
    assert claim(wanted, one).devices == (("gpu", "0"),)


@pytest.mark.parametrize("wish", [DeviceWish("gpu", 2, ()), DeviceWish("gpu", 0, ("9",))])
def test_too_few_devices(wish: DeviceWish) -> None:
    one = make_engine("node-1", resource_gpu="0")
    assert claim_devices(Placement(device_wishes=(wish,)), one) is None


def test_all_of_nothing_is_not_enough() -> None:
    (one,) = nodes(1)
    assert claim_devices(Placement(device_wishes=(DeviceWish("gpu", -1, ()),)), one) is None


def _ranges_can_be_met(ranges: list[PortRange], taken: frozenset[int]) -> bool:
    """By trying everything."""
    if not ranges:
        return True
    first, *rest = ranges
    free = [number for number in range(first.first, first.last + 1) if number not in taken]
    return any(_ranges_can_be_met(rest, taken | {number}) for number in free)


@given(
    st.lists(st.tuples(st.integers(1, 5), st.integers(0, 3)), max_size=4),
    st.frozensets(st.integers(1, 8), max_size=4),
)
def test_ranges_are_served_exactly_when_they_can_be(
    spans: list[tuple[int, int]], held: frozenset[int]
) -> None:
    (one,) = nodes(1)
    run(one, ports=[HostPort(number) for number in held])
    ranges = [PortRange(first, first + more) for first, more in spans]
    ports = claim_ports(Placement(port_ranges=tuple(ranges)), one)
    assert (ports is not None) == _ranges_can_be_met(ranges, held)
    if ports is not None:
        assert len(set(ports)) == len(ranges)
        assert all(port_is_free(one.tally, port) for port in ports)
        pairs = zip(ranges, ports, strict=True)
        assert all(wish.first <= port.port <= wish.last for wish, port in pairs)
