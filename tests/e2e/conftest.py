"""The Docker host under test: swarmd in front of the fleet, or an engine alone."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.lab.certificates import Certificate
from tests.lab.cli import Docker, command_lines
from tests.lab.daemon import Swarmd
from tests.lab.engines import Fleet
from tests.lab.http import Api
from tests.lab.waiting import eventually

BARE = os.environ.get("SWARMD_E2E_TARGET") == "bare"
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Host:
    """Where the clients of a test go; ``swarmd`` is None when that is an engine itself."""

    url: str
    tls: Certificate | None
    fleet: Fleet
    swarmd: Swarmd | None

    @property
    def api(self) -> Api:
        return Api(self.url, self.tls)

    def wait_until_clean(self) -> None:
        """Waits until it shows what is: all nodes healthy, no container left of another test."""
        eventually(lambda: self.api.get("/containers/json?all=1") == [], what="an empty host")
        if self.swarmd is not None:
            healthy, everyone = self.swarmd.healthy, len(self.fleet.engines)
            eventually(lambda: len(healthy()) == everyone, what="all healthy")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "fleet: speaks of several nodes, so it needs swarmd")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in (item for item in items if item.path.is_relative_to(here)):
        item.add_marker("engines")
        if BARE and item.get_closest_marker("fleet"):
            item.add_marker(pytest.mark.skip(reason="an engine alone is under test"))


@pytest.fixture(scope="session")
def plain_swarmd(fleet: Fleet, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Swarmd]:
    swarmd = Swarmd(tmp_path_factory.mktemp("swarmd"), fleet)
    yield from _serving(swarmd, fleet)


@pytest.fixture(scope="session")
def tls_swarmd(tls_fleet: Fleet, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Swarmd]:
    """TLS with certificates of one authority towards clients and towards engines."""
    mine = tls_fleet.client
    folder = tmp_path_factory.mktemp("swarmd-tls")
    yield from _serving(Swarmd(folder, tls_fleet, tls=mine, engine_tls=mine), tls_fleet)


def _serving(swarmd: Swarmd, fleet: Fleet) -> Iterator[Swarmd]:
    try:
        swarmd.start(len(fleet.engines))
        yield swarmd
    finally:
        swarmd.close()


@pytest.fixture
def host(request: pytest.FixtureRequest) -> Iterator[Host]:
    """Without TLS, unless the test is parametrized with "tls"; emptied after the test."""
    host = _host(request, getattr(request, "param", "plain"))
    host.wait_until_clean()
    yield host
    host.fleet.remove_all()
    if host.swarmd is not None:
        assert host.swarmd.running(), f"swarmd died:\n{host.swarmd.log.read_text()[-3000:]}"
        alarms = host.swarmd.alarms()
        assert not alarms, f"swarmd complained:\n{alarms}"


def _host(request: pytest.FixtureRequest, kind: str) -> Host:
    fleet: Fleet = request.getfixturevalue("tls_fleet" if kind == "tls" else "fleet")
    tls = fleet.client if kind == "tls" else None
    if BARE:
        return Host(f"tcp://{fleet.engines[0].address}", tls, fleet, None)
    swarmd: Swarmd = request.getfixturevalue(f"{kind}_swarmd")
    return Host(swarmd.url, tls, fleet, swarmd)


@pytest.fixture
def api(host: Host) -> Api:
    return host.api


@pytest.fixture
def docker(host: Host, request: pytest.FixtureRequest, tmp_path: Path) -> Docker:
    """The distribution's CLI, unless the test is parametrized with another program."""
    program = getattr(request, "param", None) or command_lines()[0]
    return Docker(program, host.url, host.tls, tmp_path)


@pytest.fixture
def name() -> str:
    """A container name that no other test of this run has used."""
    return f"t{next(_numbers)}"


@pytest.fixture
def swarmd_for(fleet: Fleet, tmp_path: Path) -> Iterator[Callable[..., Swarmd]]:
    """Starts further swarmds for one test: ``swarmd_for(engines, healthy=2, options=…)``."""
    started: list[Swarmd] = []

    def start(engines: Any = None, *, healthy: int | None = None, **settings: Any) -> Swarmd:
        chosen = list(fleet.engines if engines is None else engines)
        swarmd = Swarmd(tmp_path / f"swarmd-{len(started)}", chosen, **settings)
        started.append(swarmd)
        swarmd.start(len(chosen) if healthy is None else healthy)
        return swarmd

    yield start
    for swarmd in started:
        swarmd.close()
    fleet.remove_all()
