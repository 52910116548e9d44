from __future__ import annotations

from typing import Any

import pytest

from swarmd.core.errors import BadParameter
from swarmd.core.ports.port_range import PortRange, port_ranges
from swarmd.core.request.bounds import RANGES


def bound(port: str, *numbers: Any, ip: str = "") -> dict[str, Any]:
    return {port: [{"HostPort": one, "HostIp": ip} for one in numbers]}


@pytest.mark.parametrize(
    ("bindings", "ranges"),
    [
        (None, ()),
        ({"80/tcp": None}, ()),
        ({"80/tcp": [None, {}]}, ()),
        (bound("80/tcp", "8000-8010"), (PortRange(8000, 8010, "tcp", ""),)),
        (bound("53/udp", "53-53", ip="10.0.0.1"), (PortRange(53, 53, "udp", "10.0.0.1"),)),
        (bound("", "1-2", ip="0.0.0.0"), (PortRange(1, 2, "tcp", ""),)),
        (bound("80", "80", "", "x", "80-", "-80", "80-90-100", "8080/tcp", " 80-90", None), ()),
    ],
)
def test_ranges(bindings: Any, ranges: tuple[PortRange, ...]) -> None:
    assert port_ranges(bindings) == ranges


def test_a_range_that_holds_nothing() -> None:
    with pytest.raises(BadParameter) as caught:
        port_ranges(bound("80/tcp", "90-80"))
    assert caught.value.message == 'invalid port specification: "90-80"'


@pytest.mark.parametrize("far", ["1-99999999999", "1-" + "9" * 5000])
def test_one_that_no_host_has(far: str) -> None:
    """It was looked through port by port, and nobody else was served again."""
    assert port_ranges(bound("80/tcp", far)) == ()


def test_so_many_of_them() -> None:
    assert len(port_ranges(bound("80/tcp", *["1-2"] * RANGES))) == RANGES
    with pytest.raises(BadParameter, match=f"has {RANGES + 1} ranges of host ports"):
        port_ranges(bound("80/tcp", *["1-2"] * (RANGES + 1)))
