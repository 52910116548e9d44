"""Fixtures that stand for something real: Docker engines on this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.lab.engines import Fleet, missing

_REAL = frozenset({"fleet", "tls_fleet"})


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if _REAL.intersection(getattr(item, "fixturenames", ())):
            item.add_marker("engines")


@pytest.fixture(scope="session")
def fleet() -> Iterator[Fleet]:
    """Three engines without TLS, for the whole run; tests leave them healthy."""
    yield from _stand_up(3, tls=False)


@pytest.fixture(scope="session")
def tls_fleet() -> Iterator[Fleet]:
    """Two engines that ask for a certificate of their fleet's authority."""
    yield from _stand_up(2, tls=True)


def _stand_up(count: int, *, tls: bool) -> Iterator[Fleet]:
    why = missing()
    if why and "CI" in os.environ:
        pytest.fail(why)
    if why:
        pytest.skip(why)
    fleet = Fleet(count, tls=tls)
    try:
        fleet.up()
        yield fleet
    finally:
        fleet.down()
