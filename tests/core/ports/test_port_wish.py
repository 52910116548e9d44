import pytest

from swarmd.core.ports.port_wish import PortWish, port_wishes


def wished(text: str, port: str = "80/tcp", ip: str = "") -> tuple[PortWish, ...]:
    return port_wishes({"PortBindings": {port: [{"HostIp": ip, "HostPort": text}]}})


def test_a_number_is_one_port_and_a_range_several() -> None:
    assert wished("8080") == (PortWish(80, "tcp", 8080, 8080),)
    assert wished("8000-8010", "53/udp") == (PortWish(53, "udp", 8000, 8010),)
    assert wished("8080", "80") == (PortWish(80, "tcp", 8080, 8080),)
    assert wished("8080")[0].fixed and not wished("1-2")[0].fixed


@pytest.mark.parametrize("text", ["", "0", "x", "9-8", "70000", "-1"])
def test_what_the_engine_may_choose_is_no_wish(text: str) -> None:
    assert wished(text) == ()


def test_every_address_is_none_in_particular() -> None:
    assert wished("80", ip="0.0.0.0")[0].ip == ""
    assert wished("80", ip="::")[0].ip == "::", "no IPv4 address leads there"
    assert wished("80", ip="127.0.0.1")[0].ip == "127.0.0.1"


def test_a_container_in_its_hosts_network_maps_nothing() -> None:
    bindings = {"80/tcp": [{"HostPort": "80"}]}
    assert port_wishes({"NetworkMode": "host", "PortBindings": bindings}) == ()
    assert port_wishes({"NetworkMode": "none", "PortBindings": bindings}) == ()
    assert port_wishes({}) == port_wishes({"PortBindings": {"80/tcp": None}}) == ()


def test_a_wish_allows_the_ports_that_it_names() -> None:
    (wish,) = wished("8000-8001")
    assert wish.allows(80, "tcp", 8001)
    assert not wish.allows(80, "tcp", 8002) and not wish.allows(80, "udp", 8000)
