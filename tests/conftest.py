"""Fixtures that stand for something real: Docker engines on this machine."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Generator, Iterator, Mapping
from typing import Literal

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.database import DirectoryBasedExampleDatabase

from tests.lab.engines import NO_PROGRAMS, Fleet, missing
from tests.lab.packages import Missing
from tests.lab.programs import NEWEST, NEXT, Program, as_release_29, dockerd
from tests.lab.waiting import eventually

# Whatever this machine's own swarmd is told, those of the tests are not.
os.environ["SWARMD_CONFIG"] = os.devnull
# How long an example takes says more of the machine than of the code. Each run draws the same
# inputs, so that a test is red for what was changed; make soak draws fresh ones, more of them, and
# keeps what failed.
settings.register_profile(
    "swarmd",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=True,
    database=None,
)
settings.register_profile(
    "soak",
    settings.get_profile("swarmd"),
    derandomize=False,
    database=DirectoryBasedExampleDatabase(".hypothesis/examples"),
    print_blob=True,
    max_examples=1000,
)
settings.load_profile("swarmd")

LEAVING = 10.0  # seconds
_standing: list[Fleet] = []
_REAL = frozenset({"fleet", "tls_fleet", "mixed_fleet", "containerd_fleet"})


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--blame", action="store_true", help="look after each test for what it left on engines"
    )


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Runners side by side take files in this order: those that wait for engines, then the many
    quick ones, which fill up the time of the runner that is done with its share of engines first.
    """
    for item in items:
        if _REAL.intersection(getattr(item, "fixturenames", ())):
            item.add_marker("engines")
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: item.get_closest_marker("engines") is None)


@pytest.fixture(scope="session", autouse=True)
def _swarmds_are_told_nothing() -> None:
    """Variables of this machine's swarmd, and those of tests, which have been read by now."""
    for name in [name for name in os.environ if name.startswith("SWARMD_")]:
        if name != "SWARMD_CONFIG":
            del os.environ[name]


@pytest.fixture(scope="module", autouse=True)
def _only_ours_to_look_through() -> None:
    """What was there before this file of tests is passed over when theirs is looked for."""
    gc.collect()
    gc.freeze()


def _blamed(fixture_name: str, config: pytest.Config) -> Literal["function", "module"]:
    return "function" if config.getoption("--blame") else "module"


@pytest.fixture(scope=_blamed, autouse=True)
def _leaves_engines_as_they_were(request: pytest.FixtureRequest) -> Iterator[None]:
    """Who leaves something on engines that others use next is guilty, and nobody else is."""
    before = {engine: engine.holds() for fleet in _standing for engine in fleet}
    yield

    def left() -> list[str]:
        return [
            f"{engine.name}: {words}"
            for fleet in _standing
            for engine in fleet
            for words in sorted(engine.holds() ^ before.get(engine, frozenset()))
        ]

    try:
        # What is on its way out, as what removes itself, may go.
        eventually(lambda: not left(), LEAVING)
    except AssertionError:
        words = ", ".join(left())
        for fleet in _standing:
            fleet.reset()
        pytest.fail(f"{request.node.nodeid} left behind, or took away: {words}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None]:
    """What a test dropped without closing it is found now, and told as its own error.

    It comes after all fixtures. What pytest itself collects of such, it has asked for already, and
    would tell as an error of the next test.
    """
    yield
    dropped: list[str] = []

    def note(found: sys.UnraisableHookArgs) -> None:
        dropped.append(f"{found.object!r}: {found.exc_value!r}")

    getattr(item, "funcargs", {}).clear()
    usual, sys.unraisablehook = sys.unraisablehook, note
    try:
        gc.collect()
    finally:
        sys.unraisablehook = usual
    if dropped:
        pytest.fail(f"dropped without being closed: {'; '.join(dropped)}")


@pytest.fixture(scope="session")
def fleet() -> Iterator[Fleet]:
    """Three engines without TLS, for the whole run; tests leave them healthy."""
    yield from _stand_up(3)


@pytest.fixture(scope="session")
def tls_fleet() -> Iterator[Fleet]:
    """Two engines that ask for a certificate of their fleet's authority."""
    yield from _stand_up(2, tls=True)


@pytest.fixture(scope="session")
def mixed_fleet() -> Iterator[Fleet]:
    """node-1 as this machine has it, node-2 of the next release, node-3 of the newest.

    Debian has no release 29 yet: the newest behaves as that one does, as far as settings go.
    """
    try:
        programs = {2: dockerd(NEXT), 3: as_release_29(dockerd(NEWEST))}
    except Missing as why:
        pytest.skip(f"no newer engine: {why}")
    yield from _stand_up(3, programs=programs)


@pytest.fixture(scope="module")
def containerd_fleet() -> Iterator[Fleet]:
    """Two engines of the newest release, whose stores keep images of several platforms."""
    try:
        program = as_release_29(dockerd(NEWEST))
    except Missing as why:
        pytest.skip(f"no newer engine: {why}")
    yield from _stand_up(2, programs={1: program, 2: program})


def _stand_up(
    count: int, *, tls: bool = False, programs: Mapping[int, Program] = NO_PROGRAMS
) -> Iterator[Fleet]:
    why = missing()
    if why and "CI" in os.environ:
        pytest.fail(why)
    if why:
        pytest.skip(why)
    fleet = Fleet(count, tls=tls, programs=programs)
    try:
        fleet.up()
        _standing.append(fleet)
        yield fleet
    finally:
        if fleet in _standing:
            _standing.remove(fleet)
        fleet.down()
