from dataclasses import replace

import pytest

from swarmd.core.model import Engine
from swarmd.scheduler.filters.platform import parse_platform
from swarmd.scheduler.placement import Placement, Platform
from tests.scheduler.fleet import conditions, make_engine, passing, reasons


def engine(os_type: str, architecture: str) -> Engine:
    made = make_engine("node-1")
    made.spec = replace(made.spec, os_type=os_type, architecture=architecture)
    return made


@pytest.mark.parametrize(
    ("text", "os", "architecture"),
    [
        ("", "", ""),
        ("linux", "linux", ""),
        ("linux/amd64", "linux", "amd64"),
        ("Linux/AARCH64", "linux", "arm64"),
        ("linux/arm/v7", "linux", "arm"),
    ],
)
def test_parse(text: str, os: str, architecture: str) -> None:
    assert parse_platform(text) == Platform(os, architecture)


@pytest.mark.parametrize(
    ("has", "wish", "passes"),
    [
        (("linux", "x86_64"), ("linux", "amd64"), True),
        (("linux", "x86_64"), ("linux", "arm64"), False),
        (("linux", "x86_64"), ("linux", "386"), True),
        (("linux", "aarch64"), ("linux", "arm"), True),
        (("linux", "armv7l"), ("linux", "arm64"), False),
        (("linux", "x86_64"), ("windows", "amd64"), False),
        (("windows", "x86_64"), ("windows", ""), True),
        (("linux", ""), ("linux", "arm64"), True),
        (("linux", "riscv64"), ("", "riscv64"), True),
    ],
)
def test_kept(has: tuple[str, str], wish: tuple[str, str], passes: bool) -> None:
    wanted = Placement(platform=Platform(*wish))
    assert bool(passing("platform", wanted, [engine(*has)])) is passes


def test_a_node_that_has_the_image_for_it() -> None:
    other = engine("linux", "x86_64")
    arm = Platform("linux", "arm64")
    for holders, passes in (((other.key,), True), (("elsewhere",), False), ((), False)):
        wanted = Placement(platform=arm, platform_holders=frozenset(holders))
        assert bool(passing("platform", wanted, [other])) is passes


def test_words_and_nothing_where_nothing_is_known() -> None:
    wanted = Placement(platform=Platform("linux", "aarch64"))
    assert reasons("platform", wanted, [engine("linux", "x86_64")]) == ["is linux/amd64"]
    assert conditions("platform", wanted, []) == ["platform==linux/arm64"]
    assert conditions("platform", Placement(), []) == []


@pytest.mark.parametrize(
    ("said", "wish", "passes"),
    [
        ("linux/arm64", ("linux", "arm64"), True),
        ("linux/riscv64, linux/arm64", ("linux", "arm64"), True),
        ("linux/arm64", ("linux", "arm"), True),
        ("linux/riscv64", ("linux", "arm64"), False),
        ("", ("linux", "arm64"), False),
        ("linux/arm64", ("linux", "amd64"), True),  # its own
    ],
)
def test_what_a_node_emulates_its_operator_says(
    said: str, wish: tuple[str, str], passes: bool
) -> None:
    node = engine("linux", "x86_64")
    node.labels = {"platforms": said} if said else {}
    assert bool(passing("platform", Placement(platform=Platform(*wish)), [node])) is passes
